"""The lines that keep a script: they run as they are printed, and lose no answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from textwrap import indent
from typing import Any

import aiohttp
import httpx
import openai
import pytest
import requests

from inflight_lab.recipes.snippet import snippet
from inflight_lab.watch.lines import lines_to_keep
from inflight_lab.watch.practice import AnyApi
from inflight_lab.watch.request_log import LimitUse
from tests.support.watching import run_of

ALLOWED = {"--rate": "20", "--period": "2"}
CHATS = "https://a.test/v1/chat/completions"
MESSAGES = "https://a.test/v1/messages"
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
SENDERS: dict[str, dict[str, Any]] = {
    "httpx": {},
    "aiohttp": {"library": "aiohttp"},
    "AsyncOpenAI": {"url": CHATS},
    "AsyncAnthropic": {"url": MESSAGES},
}
"""How a request looks that each of them sends."""


def of_an_sdk(client: str) -> dict[str, str]:
    """What the package of an API adds to the headers."""
    return {"x-stainless-lang": "python", "user-agent": f"{client}/Python 3.1"}


def lines_for(name: str, *, is_async: bool = True, **how: Any) -> list[str]:
    """The code alone, as it is printed for a script that sends such requests."""
    if "url" in how:
        how["sent_headers"] = of_an_sdk(name)
    (request,) = run_of([200], is_async=is_async, **how).requests
    lines = lines_to_keep(request, ALLOWED)
    return [line[2:] for line in lines if line.startswith("  ")]


@pytest.fixture
def used() -> Iterator[AnyApi]:
    """A server whose quota is used up when the script begins."""
    with AnyApi(latency=0.01, quota="sliding-window", rate=20, period=2) as server:
        for number in range(20):
            httpx.get(f"{server.url}?before={number}")
        yield server


@pytest.mark.anyio
@pytest.mark.parametrize("name", SENDERS)
async def test_every_answer_comes_from_a_quota_that_is_used(
    name: str, used: AnyApi
) -> None:
    """A refusal waits its turn and is sent again, whatever the script sends with."""
    base = used.url.replace("/get", "/v1" if "OpenAI" in name else "")
    names: dict[str, Any] = {"url": used.url, "body": QUESTION | {"max_tokens": 5}}
    account = f"max_retries=0, api_key='k', base_url={base!r}"
    text = "\n".join(lines_for(name, **SENDERS[name])).replace("max_retries=0", account)
    once, asked = re.split("(?m)(?=^response = )", text)
    (*_, result) = re.findall(r"(?m)^(\w+) = ", asked)
    ask = f"async def ask():\n{indent(asked, '    ')}\n    return {result}"
    body = f"{once}\n{ask}\nreturn ask, client"
    exec("def main(client, session):\n" + indent(body, "    "), names)
    async with httpx.AsyncClient() as client, aiohttp.ClientSession() as session:
        ask, client_of_sdk = names["main"](client, session)
        answers = await asyncio.gather(*(ask() for _ in range(30)))
        if name.startswith("Async"):
            await client_of_sdk.close()
    assert all(hasattr(answer, "headers") or answer.model for answer in answers)
    assert used.stats().accepted == 50


@pytest.mark.parametrize("name", ["requests", "OpenAI"])
def test_every_answer_comes_to_threads(name: str, used: AnyApi) -> None:
    """Their clients can wait and try again themselves, once they are told to."""
    how = {"url": CHATS} if name == "OpenAI" else {"library": "requests"}
    text = "\n".join(lines_for(name, is_async=False, **how))
    account = f"max_retries=8, api_key='k', base_url={used.url.replace('get', 'v1')!r}"
    text = text.replace("max_retries=8", account).replace("https://", "http://")
    names: dict[str, Any] = {"openai": openai, "session": requests.Session()}
    exec(f"{text}\n    pass", names)
    client = names.get("client", names["session"])

    def ask(_: int) -> object:
        with names["pacer"]:
            if name == "requests":
                return client.get(used.url).raise_for_status()
            return client.chat.completions.create(**QUESTION)

    with client, ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(ask, range(30)))) == 30
    assert used.stats().accepted == 50


@pytest.mark.parametrize(
    ("options", "pacer", "turn"),
    [
        ({"--limit": "20"}, "Pacer(20, 2, limit=20)", "pacer"),
        (
            {"--tokens": "9000"},
            "Budgets(requests=(20, 2), tokens=(9000, 2))",
            "pacer.turn(tokens=500)",
        ),
    ],
)
def test_what_the_api_allows_stands_there(
    options: dict[str, str], pacer: str, turn: str
) -> None:
    """In flight, and in tokens; a POST stays one, and the script's semaphore goes."""
    (request,) = run_of([200], method="POST").requests
    semaphore = LimitUse(50, "main.py:12")
    text = "\n".join(lines_to_keep(request, ALLOWED | options, semaphore))
    assert pacer in text
    assert f"patiently({turn}, client.post, url)" in text
    assert "in place of the semaphore (main.py:12)" in text


def test_without_a_rate_there_are_no_lines() -> None:
    """A pace is not guessed."""
    (request,) = run_of([200]).requests
    assert lines_to_keep(request, {}) == []


@pytest.mark.parametrize("is_async", [True, False])
def test_who_does_not_install_finds_the_files(is_async: bool) -> None:
    """Each name that the lines import is in a file that a command prints."""
    (request,) = run_of([200], is_async=is_async).requests
    lines = lines_to_keep(request, ALLOWED)
    files = re.findall(r"snippet (\w+)|same for (\w+)", lines[-1])
    printed = [snippet(file or other) for file, other in files]
    (imports,) = (line for line in lines if line.startswith("  from inflight_lab"))
    for name in imports.partition(" import ")[2].split(", "):
        assert any(f"class {name}" in text for text in printed)

"""The lines that keep a script: they run as they are printed, and lose no answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from textwrap import indent
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from inflight_lab import NoAnswer, PracticeServer
from inflight_lab.commands.snippet.script import snippet
from inflight_lab.commands.watch.practice.server import AnyApi
from inflight_lab.commands.watch.saying.allowed import Allowed
from inflight_lab.commands.watch.saying.commands import lines_to_keep
from tests.support.watching import run_of

ALLOWED = Allowed(20, 2.0)
OF_TOKENS = replace(ALLOWED, tokens=9000)
CHATS = "https://a.test/v1/chat/completions"
MESSAGES = "https://a.test/v1/messages"
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
Asking = AsyncIterator[Any]
SENDERS: dict[str, dict[str, Any]] = {
    "httpx": {},
    "httpx2": {"library": "httpx2"},
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
    allowed = ALLOWED
    if "url" in how:
        allowed = OF_TOKENS
        how["sent_headers"] = of_an_sdk(name)
    (request,) = run_of([200], is_async=is_async, **how).requests
    lines = lines_to_keep([request], allowed)
    return [line[2:] for line in lines if line.startswith("  ")]


@pytest.fixture
def used() -> Iterator[AnyApi]:
    """A server whose quota is used up when the script begins."""
    with AnyApi(latency=0.01, quota="sliding-window", rate=20, period=2) as server:
        with httpx.Client() as before:
            for _ in range(20):
                before.get(server.url)
        yield server


@asynccontextmanager
async def asking(
    name: str, url: str, patience: str = "Patience("
) -> AsyncIterator[Any]:
    """What the lines do for one request, as a function; a client is open meanwhile."""
    base = url.replace("/get", "/v1" if "OpenAI" in name else "")
    account = f"max_retries=0, api_key='k', base_url={base!r}"
    text = "\n".join(lines_for(name, **SENDERS[name]))
    text = text.replace("max_retries=0", account).replace("Patience(", patience)
    once, each_time = re.split("(?m)(?=^response = )", text)
    (*_, result) = re.findall(r"(?m)^(\w+) = ", each_time)
    ask = f"async def ask():\n{indent(each_time, '    ')}\n    return {result}"
    body = f"{once}\n{ask}\nreturn ask, client"
    names: dict[str, Any] = {"aiohttp": aiohttp, "httpx2": httpx2, "url": url}
    names["body"] = QUESTION | {"max_tokens": 5}
    exec("def main(client, session):\n" + indent(body, "    "), names)
    library: Any = httpx2 if name == "httpx2" else httpx
    async with library.AsyncClient() as client, aiohttp.ClientSession() as session:
        ask, used_client = names["main"](client, session)
        yield ask
        if used_client is not client:
            await used_client.close()


@pytest.mark.anyio
@pytest.mark.parametrize("name", SENDERS)
async def test_every_answer_comes_from_a_quota_that_is_used(
    name: str, used: AnyApi
) -> None:
    """A refusal waits its turn and is sent again, whatever the script sends with."""
    async with asking(name, used.url) as ask:
        answers = await asyncio.gather(*(ask() for _ in range(15)))
    assert all(hasattr(answer, "headers") or answer.model for answer in answers)
    assert used.stats().accepted == 35


@pytest.mark.anyio
@pytest.mark.parametrize("name", SENDERS)
async def test_a_lost_connection_may_be_tried_again(name: str) -> None:
    """Each library has errors of its own for it: they end one attempt, not the run."""
    nobody = "http://127.0.0.1:9/get"
    async with asking(name, nobody, "Patience(attempts=1, ") as ask:
        with pytest.raises(NoAnswer, match=r"Conn"):
            await ask()


@pytest.mark.anyio
async def test_what_is_not_found_is_the_librarys_own(server: PracticeServer) -> None:
    """A response of aiohttp, an error of openai: what comes after the lines stays."""
    import openai

    nowhere = server.url.replace("/get", "/nowhere/get")
    async with asking("aiohttp", nowhere) as ask:
        response = await ask()
        with pytest.raises(aiohttp.ClientResponseError):
            response.raise_for_status()
    async with asking("AsyncOpenAI", nowhere) as ask:
        with pytest.raises(openai.NotFoundError):
            await ask()


@pytest.mark.parametrize("name", ["requests", "OpenAI"])
def test_every_answer_comes_to_threads(name: str, used: AnyApi) -> None:
    """Their clients can wait and try again themselves, once they are told to."""
    import openai
    import requests

    how: dict[str, Any] = {"library": "requests"}
    if name == "OpenAI":
        how = {"url": CHATS}
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
        assert len(list(threads.map(ask, range(15)))) == 15
    assert used.stats().accepted == 35


ALLOWANCES: dict[str, tuple[Allowed, dict[str, Any], str]] = {
    "a limit in flight": (Allowed(20, 2.0, limit=20), {}, "Pacer(20, 2, limit=20)"),
    "tokens of each turn": (OF_TOKENS, {}, "turn(tokens=most_tokens(body)), "),
    "threads, whose number is a limit": (
        replace(OF_TOKENS, limit=20),
        {"is_async": False},
        "ThreadPacer(20, 2)",
    ),
    "another method": (ALLOWED, {"method": "POST"}, "patiently(pacer, client.post,"),
    "an hour's pause": (
        ALLOWED,
        {"status": 429, "headers": {"retry-after": "1800"}},
        "Patience(longest_pause=3600)",
    ),
    "a pause": (
        ALLOWED,
        {"status": 429, "headers": {"retry-after": "600"}},
        "Patience()",
    ),
}


@pytest.mark.parametrize("case", ALLOWANCES)
def test_what_the_api_allows_stands_there(case: str) -> None:
    """The script keeps to it, and waits as long as it is asked to."""
    allowed, how, words = ALLOWANCES[case]
    (request,) = run_of([200], **how).requests
    assert words in "\n".join(lines_to_keep([request], allowed))


def test_fewer_threads_need_no_lines() -> None:
    """It is their number that is less."""
    (request,) = run_of([200], is_async=False).requests
    assert lines_to_keep([request], Allowed(limit=20)) == []


@pytest.mark.parametrize("kind", [ALLOWED, OF_TOKENS])
@pytest.mark.parametrize("is_async", [True, False])
def test_who_does_not_install_finds_the_files(kind: Allowed, *, is_async: bool) -> None:
    """Each name that the lines import is in a file that is named there."""
    (request,) = run_of([200], is_async=is_async).requests
    *lines, last = lines_to_keep([request], kind)
    printed = re.split(", | or ", last.partition(" snippet ")[2])
    files = "".join(map(snippet, printed))
    (imports,) = (line for line in lines if re.match("  from .*(Pacer|Budgets)", line))
    for name in imports.partition(" import ")[2].split(", "):
        assert f"class {name}" in files

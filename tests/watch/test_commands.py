"""The command that a finding prints: it runs as it is, with what was seen."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inflight_lab.recipes import RECIPES
from inflight_lab.watch.noting.quota import Quota
from inflight_lab.watch.saying.commands import FOR_ASYNCIO, FOR_MODELS, command_for
from inflight_lab.watch.saying.commands import RECIPES as RECIPES_BY_LIBRARY
from inflight_lab.watch.saying.start import Start
from tests.support.paged_server import PagedServer
from tests.support.watching import (
    commands_in,
    findings_in,
    note,
    run_of,
    watch,
    watch_text,
)

START = Start(Quota(15, 1.0), "as its documentation says")
CHATS_URL = "https://a.test/v1/chat/completions"
HEADERS = {
    "x-api-key": "s3cret-value",
    "accept": "application/json",
    "anthropic-version": "2023-06-01",
    "accept-encoding": "gzip",
    "user-agent": "python-httpx/0.28",
    "x-tenant": "42",
}
GITHUBS = {"accept": "application/vnd.github+json", "user-agent": "python-httpx/0.28"}
FETCHES = {
    "aiohttp": """
import asyncio
import aiohttp

async def main():
    headers = {"X-Api-Key": "s3cret-value", "Accept": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        urls = [f"https://api.shop.test/items/{n}.json?lang=en" for n in range(30)]
        await asyncio.gather(*(session.get(url) for url in urls))

asyncio.run(main())
""",
    "requests": """
import requests
from concurrent.futures import ThreadPoolExecutor

with requests.Session() as session, ThreadPoolExecutor(10) as pool:
    session.headers.update({"X-Api-Key": "s3cret-value", "Accept": "application/json"})
    urls = [f"https://api.shop.test/items/{n}.json?lang=en" for n in range(30)]
    list(pool.map(session.get, urls))
""",
}
"""By its library, which the new script keeps."""


def run_commands(said: str, folder: Path) -> None:
    """Run the printed commands of the first finding, one after the other."""
    program = [sys.executable, "-c", "from inflight_lab.cli import main; main()"]
    for command in commands_in(said):
        words = shlex.split(command)
        if words[0] == "inflight-lab":
            subprocess.run([*program, *words[1:]], cwd=folder, check=True)
        else:
            subprocess.run(["sh", "-c", command], cwd=folder, check=True)


@pytest.mark.parametrize("library", FETCHES)
def test_the_printed_command_writes_a_script_that_runs(
    library: str, tmp_path: Path
) -> None:
    """With the rate, the address and the headers that were seen, and no secret; run in
    practice, that script is refused nothing.
    """
    done = watch_text(tmp_path, FETCHES[library], practice="20/s")
    assert findings_in(done.stderr)[0] == "certain: Over the quota"
    url = "https://api.shop.test/items/{id}.json?lang=en"
    assert (
        f'--rate 20 --period 1 --url "{url}" '
        "--header X-Api-Key --output fixed.py" in done.stderr
    )
    assert "s3cret" not in done.stderr
    run_commands(done.stderr, tmp_path)
    fixed = tmp_path / "fixed.py"
    text = fixed.read_text()
    assert f"import {library}" in text
    fixed.write_text(re.sub(r"(?m)^IDS: .*", "IDS = range(30)", text))
    environment = os.environ | {"X_API_KEY": "s3cret-value"}
    done = watch("--practice", "20/s", fixed, cwd=tmp_path, env=environment)
    assert "30 accepted, 0 refused" in done.stderr
    assert findings_in(done.stderr) == []
    assert "may be in results.jsonl." in done.stderr


CHATS = """
import asyncio, openai

client = openai.AsyncOpenAI(
    api_key="s3cret-value", base_url="https://models.shop.test/v1", max_retries=0
)

async def ask(number):
    hello = [{"role": "user", "content": f"hello {number}"}]
    return await client.chat.completions.create(model="m", messages=hello, max_tokens=3)

async def main():
    await asyncio.gather(*map(ask, range(30)), return_exceptions=True)

asyncio.run(main())
"""


def test_the_commands_for_chats_write_a_script_that_runs(tmp_path: Path) -> None:
    """It asks the same API, with the same client; the questions are the reader's."""
    said = watch_text(tmp_path, CHATS, practice="20/s").stderr
    assert "snippet ask_model --rate 20 --period 1" in said
    assert '--url "https://models.shop.test/v1/chat/completions"' in said
    run_commands(said, tmp_path)
    fixed = tmp_path / "fixed.py"
    prompts = 'PROMPTS = {n: f"hello {n}" for n in range(20)}'
    text = re.sub(r"(?m)^PROMPTS: .*", prompts, fixed.read_text())
    assert "import openai" in text
    fixed.write_text(text.replace('MODEL = ""', 'MODEL = "m"'))
    environment = os.environ | {"API_TOKEN": "s3cret-value"}
    done = watch("--practice", "20/s", fixed, cwd=tmp_path, env=environment)
    assert "20 accepted" in done.stderr, done.stderr


PAGES = """
import sys
import httpx

with httpx.Client() as client:
    for name in "abcdef":
        url = f"{sys.argv[1]}/get?list={name}"
        while url:
            response = client.get(url)
            url = response.links.get("next", {}).get("url")
"""


def test_a_real_run_over_pages_has_a_command_too(tmp_path: Path) -> None:
    """Of the pages only the first ones are asked for: the edit follows the others."""
    github: dict[str, Any] = {"quota": "fixed-window", "rate": 10, "dialect": "github"}
    with PagedServer(pages=2, latency=0, period=3600, **github) as server:
        said = watch_text(tmp_path, PAGES, f"http://127.0.0.1:{server.port}").stderr
    assert f'--url "http://127.0.0.1:{server.port}/get?list={{id}}"' in said
    run_commands(said, tmp_path)
    assert "response.links" in (tmp_path / "fixed.py").read_text()
    assert "follow pages (practice has none" in said


def test_headers_are_named() -> None:
    """Secrets come from variables, the others are the reader's to fill in; what the
    client itself adds is not needed.
    """
    log = run_of([200] * 5, sent_headers=HEADERS)
    command = command_for(log.requests, None, START)
    assert "--header X-Api-Key --output" in command
    assert command.endswith("IDS, for {id}; HEADERS: Anthropic-Version, X-Tenant")
    assert "s3cret" not in command


@pytest.mark.parametrize(
    ("url", "words", "options"),
    [
        (CHATS_URL, "", "--rate 20 --tokens 4000 --url"),
        (CHATS_URL, "on tokens per min (TPM): Limit 6000", "--tokens 6000 --period 60"),
        (
            "https://a.test/v1/messages",
            "exceed your rate limit of 50,000 input tokens per minute",
            "Budgets(requests=(20, 60), tokens=(50000, 60))",
        ),
    ],
)
def test_budgets_that_the_answers_announce_are_filled_in(
    url: str, words: str, options: str
) -> None:
    """Headers count by the minute; what the words of a refusal say comes first."""
    limits = {"x-ratelimit-limit-requests": "20", "x-ratelimit-limit-tokens": "4000"}
    body = f'{{"error": {{"message": "{words}"}}}}'.encode()
    log = run_of([429] * 5, url=url, method="POST", headers=limits, body=body)
    assert options in command_for(log.requests, None, START)


def test_a_quota_of_a_day_is_no_budget_of_a_minute() -> None:
    """Else the tokens of a minute would have to last for a day."""
    headers = {"x-ratelimit-limit-tokens": "4000"}
    log = run_of([429] * 5, url=CHATS_URL, method="POST", headers=headers)
    assert "= Pacer(200, 86400)," in command_for(
        log.requests, Quota(200, 86400.0), START
    )


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("Bearer s3cret-value", "--header Authorization@GH_TOKEN "),
        ("token s3cret-value", "--header Authorization@GH_TOKEN "),
        ("Bearer another", "--header Authorization "),
    ],
)
def test_a_key_comes_from_the_variable_that_has_it(
    value: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that the reader's environment knows."""
    monkeypatch.setenv("GH_TOKEN", "s3cret-value")
    log = run_of([200] * 5, sent_headers={"authorization": value})
    assert option in command_for(log.requests, None, START)


def test_another_accept_than_usual_is_named() -> None:
    """The API may answer otherwise without it."""
    log = run_of([200] * 5, sent_headers=GITHUBS)
    assert command_for(log.requests, None, START).endswith("HEADERS: Accept")


def test_answers_that_are_no_text_are_said_to_be_the_readers() -> None:
    """The printed script keeps JSON, and would fail for each of them."""
    log = run_of([200] * 5, headers={"content-type": "image/png"})
    command = command_for(log.requests, None, START)
    assert (
        "response.json(), which fails for image/png: write response.content" in command
    )


def test_a_name_that_the_script_gives_itself_is_kept() -> None:
    """A few APIs ask for one with an address."""
    log = run_of([200] * 5, sent_headers={"user-agent": "prices/2.0 (me@shop.test)"})
    assert "HEADERS: User-Agent" in command_for(log.requests, None, START)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (CHATS_URL, "TOKENS; MODEL; PROMPTS; MAX_TOKENS, and what else you"),
        ("https://a.test/items/{n}.json", "IDS, for {id}"),
        ("https://a.test/items", "URL, with {id} where the requests"),
    ],
)
def test_what_is_the_readers_to_fill_in_is_said(url: str, words: str) -> None:
    """Nobody else can know it, and without it the new script does nothing."""
    log = run_of([])
    for number in range(1000, 1120, 2):
        note(log, 0.0, url=url.replace("{n}", f"{number}"))
    command = command_for(log.requests, None, START)
    assert f"then fill in, in fixed.py: {words}" in command


def test_every_recipe_that_a_command_names_is_there() -> None:
    """Whatever library the script uses."""
    named = {FOR_ASYNCIO, FOR_MODELS, *RECIPES_BY_LIBRARY.values()}
    assert named <= set(RECIPES)


@pytest.mark.parametrize(
    ("url", "is_known"),
    [
        ("https://a.test/items/{n}.json?lang=en", True),
        ("https://a.test/items?page={n}", True),
        ("https://a.test/{n}/items/{n}", False),
        ("https://a.test/items/{n}?key=a4b5c6d7e8f9a4b5c6d7", False),
    ],
)
def test_the_address_has_one_place_that_differs(url: str, is_known: bool) -> None:
    """Where two do, or it holds what may be a secret, it is the reader's to fill in."""
    log = run_of([])
    for number in range(7, 12):
        note(log, 0.0, url=url.replace("{n}", f"{number}"))
    command = command_for(log.requests, None, START)
    address = url.replace("{n}", "{id}")
    assert (f'--url "{address}"' in command) is is_known
    assert ("fill in, in fixed.py: URL" in command) is not is_known


def test_the_command_runs_where_fixed_py_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes another file."""
    monkeypatch.chdir(tmp_path)
    log = run_of([200] * 5, sent_headers={"authorization": "Bearer s3cret"})
    for name in ("fixed.py", "fixed_2.py"):
        command = command_for(log.requests, Quota(20, 1.0), START, limit=5)
        assert "--limit 5 " in command
        assert f" --header Authorization --output {name}" in command
        run_commands(f"  {command}", tmp_path)
        assert (tmp_path / name).is_file()

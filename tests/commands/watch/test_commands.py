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

from inflight_lab.commands.watch.noting.quota import Quota
from inflight_lab.commands.watch.saying.commands import (
    FOR_ASYNCIO,
    FOR_MODELS,
    command_for,
)
from inflight_lab.commands.watch.saying.commands import RECIPES as RECIPES_BY_LIBRARY
from inflight_lab.recipes import RECIPES
from tests.support.watching import (
    commands_in,
    findings_in,
    run_of,
    watch,
    watch_text,
)

CHATS_URL = "https://a.test/v1/chat/completions"
ITEMS = "https://a.test/items"
FETCH = """
import asyncio
import aiohttp

async def main():
    headers = {"X-Api-Key": "s3cret-value", "Accept": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        urls = [f"https://api.shop.test/items/{n}.json?lang=en" for n in range(30)]
        await asyncio.gather(*(session.get(url) for url in urls))

asyncio.run(main())
"""


def run_commands(said: str, folder: Path) -> None:
    """Run the printed commands of the first finding, one after the other."""
    program = [
        sys.executable,
        "-c",
        "from inflight_lab.commands.cli import main; main()",
    ]
    for command in commands_in(said):
        _, *words = shlex.split(command)
        subprocess.run([*program, *words], cwd=folder, check=True)


def test_the_printed_command_writes_a_script_that_runs(tmp_path: Path) -> None:
    """With the rate, the address and the headers that were seen, and no secret; run in
    practice, that script is refused nothing.
    """
    done = watch_text(tmp_path, FETCH, practice="20/s")
    assert findings_in(done.stderr)[0] == "certain: Over the quota"
    url = "https://api.shop.test/items/{id}.json?lang=en"
    assert (
        f'--rate 20 --period 1 --url "{url}" '
        "--header X-Api-Key --output fixed.py" in done.stderr
    )
    assert "s3cret" not in done.stderr
    run_commands(done.stderr, tmp_path)
    fixed = tmp_path / "fixed.py"
    text = re.sub(r"(?m)^IDS: .*", "IDS = range(30)", fixed.read_text())
    fixed.write_text(text)
    environment = os.environ | {"X_API_KEY": "s3cret-value"}
    done = watch("--practice", "20/s", fixed, cwd=tmp_path, env=environment)
    assert "30 accepted, 0 refused" in done.stderr
    assert findings_in(done.stderr) == []
    assert "may be in results.jsonl." in done.stderr


HEADERS = {
    "x-api-key": "s3cret-value",
    "accept": "application/vnd.github+json",
    "accept-encoding": "gzip",
    "user-agent": "python-httpx/0.28",
    "x-tenant": "42",
}
BUDGETS = {"x-ratelimit-limit-requests": "20", "x-ratelimit-limit-tokens": "4000"}
SMALLER = {"x-ratelimit-limit-requests": "3", "x-ratelimit-limit-tokens": "900"}
CHAT: dict[str, Any] = {"url": CHATS_URL, "method": "POST"}
TPM = b'{"message": "on tokens per min (TPM): Limit 6000"}'
INPUT = b'{"message": "exceed your rate limit of 50,000 input tokens per minute"}'


def page_of_a_list(number: int) -> str:
    """The addresses of three pages of each list."""
    page = f"&page={number % 3}" if number % 3 else ""
    return f"{ITEMS}?list={number // 3}{page}"


def next_page_of_a_list(number: int) -> dict[str, str]:
    """The header that names it, but for the last page."""
    url = page_of_a_list(number + 1)
    return {"link": f'<{url}>; rel="next"'} if number % 3 < 2 else {}


COMMANDS: dict[str, tuple[dict[str, Any], str]] = {
    "a secret is the variable's, other headers are the reader's": (
        {"sent_headers": HEADERS},
        "--header X-Api-Key --output fixed.py\n  your script also sends these, for its "
        "HEADERS: Accept, X-Tenant\n  its edits, such as fetch_all-pages: inflight-lab",
    ),
    "a script may have a name": (
        {"sent_headers": {"user-agent": "prices/2.0 (me@shop.test)"}},
        "HEADERS: User-Agent",
    ),
    "a variable has the key": (
        {"sent_headers": {"authorization": "Bearer held-value"}},
        "--header Authorization@GH_TOKEN ",
    ),
    "headers announce budgets of a minute, of which the largest counts": (
        CHAT | {"headers": lambda number: [BUDGETS, SMALLER][number % 2]},
        "--rate 20 --period 60 --tokens 4000 --url",
    ),
    "a minute is assumed where nothing names the time of tokens": (
        CHAT | {"headers": BUDGETS, "quota": Quota(10, 10.0)},
        "for tokens, 60 s are assumed: no answer says how long",
    ),
    "words say more than headers": (
        CHAT | {"headers": BUDGETS, "body": TPM},
        "--period 60 --tokens 6000",
    ),
    "Anthropic's tokens": (
        {"method": "POST", "body": INPUT, "quota": Quota(20, 60.0)},
        "Budgets(requests=(20, 60), tokens=(50000, 60))",
    ),
    "a minute's tokens are not spread over a day": (
        CHAT | {"headers": BUDGETS, "quota": Quota(200, 86400.0)},
        "= Pacer(200, 86400),",
    ),
    "a script for models has an edit of its own": (
        CHAT,
        "its edits, such as ask_model-openai: inflight-lab snippet",
    ),
    "an address may differ in a parameter": (
        {"url": lambda number: f"{ITEMS}?page={number}", "library": "aiohttp"},
        f'--url "{ITEMS}?page={{id}}" --output fixed.py\n  its edits, such as '
        "fetch_all-aiohttp: ",
    ),
    "of pages only the first are asked for": (
        {"url": page_of_a_list, "headers": next_page_of_a_list},
        f'--url "{ITEMS}?list={{id}}" ',
    ),
    "an address that differs in two places is the reader's": (
        {"url": lambda number: f"{ITEMS}/{number}/of/{number}"},
        "--period 10 --output",
    ),
    "so is one that may hold a secret": (
        {"url": lambda number: f"{ITEMS}/{number}?key=a4b5c6d7e8f9a4b5c6d7"},
        "--period 10 --output",
    ),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_what_was_seen_stands_in_the_command(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No secret is in it."""
    monkeypatch.setenv("GH_TOKEN", "held-value")
    seen, words = COMMANDS[case]
    how = {"url": "", "quota": None, **seen}
    quota = how.pop("quota")
    command = command_for(run_of([429] * 6, **how).requests, quota)
    assert words in command
    assert not re.search("s3cret|held-value|a4b5", command)


def test_no_edit_is_named_that_is_for_another_recipe() -> None:
    """The script for threads has none."""
    log = run_of([429] * 6, library="requests", is_async=False)
    command = command_for(log.requests, Quota(20, 1.0))
    assert "snippet with_requests --rate 20" in command
    assert "edits" not in command


def test_every_recipe_that_a_command_names_is_there() -> None:
    """Whatever library the script uses."""
    named = {FOR_ASYNCIO, FOR_MODELS, *RECIPES_BY_LIBRARY.values()}
    assert named <= set(RECIPES)


def test_the_command_runs_where_fixed_py_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes another file."""
    monkeypatch.chdir(tmp_path)
    key = {"authorization": "Bearer s3cret"}
    items = run_of([200] * 5, sent_headers=key)
    chats = run_of([200] * 5, **CHAT, sent_headers=key, headers=BUDGETS)
    for name, log in {"fixed.py": items, "fixed_2.py": chats}.items():
        command = command_for(log.requests, Quota(20, 1.0), limit=5)
        assert "--limit 5 " in command
        assert f" --header Authorization --output {name}" in command
        run_commands(f"  {command}", tmp_path)
        assert "Set API_KEY" in (tmp_path / name).read_text()

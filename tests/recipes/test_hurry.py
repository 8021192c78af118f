"""Notebook 08: its few lines for somebody in a hurry do what they say."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import Any

import httpx
import pytest
import requests

from inflight_lab import PracticeServer
from inflight_lab.commands.cli import main
from inflight_lab.recipes import RECIPES
from tests.support.notebooks.notebook_tools import code_cell, notebook

PAGE = notebook("08")
CODE = re.compile(r"(?<=```python\n).*?(?=```)", re.S)


def test_each_recipe_has_a_row_and_each_row_a_command() -> None:
    """The table of what you may have names every recipe with its file, and no other."""
    table = code_cell(PAGE, "text-hurry")
    row = r"^\|.*`inflight-lab snippet (\w+)` \(\[(\w+)\.py\]\(.*\)\)\. \|$"
    rows = re.findall(row, table, re.M)
    assert sorted(rows) == sorted((name, name) for name in RECIPES)


@pytest.mark.anyio
async def test_the_lines_for_asyncio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command writes takes a semaphore's place, and nothing is refused."""
    run_the_command("text-hurry-asyncio", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    shown = names_in("text-hurry-asyncio", "async def send(client, url)")
    api = PracticeServer(latency=0.01, quota="sliding-window", rate=100)
    async with api, httpx.AsyncClient() as client:
        await asyncio.gather(*(shown["send"](client, api.url) for _ in range(150)))
    assert (api.stats().accepted, api.stats().refused) == (150, 0)


def test_the_lines_for_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command writes paces the requests of sixteen threads."""
    run_the_command("text-hurry-threads", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    shown = names_in("text-hurry-threads", "def send(session, url)")
    api = PracticeServer(latency=0.01, quota="sliding-window", rate=100)
    with api, requests.Session() as session, ThreadPoolExecutor(16) as threads:
        list(threads.map(partial(shown["send"], session), [api.url] * 150))
    assert (api.stats().accepted, api.stats().refused) == (150, 0)


@pytest.mark.anyio
async def test_the_lines_for_an_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call is one request, at the pace that is shown."""
    run_the_command("text-hurry-asyncio", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    api = PracticeServer(latency=0.01)
    async with api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url.replace("/get", "/v1"))
        monkeypatch.setenv("OPENAI_API_KEY", "practice")
        shown = names_in("text-hurry-sdk", "async def ask(question)")
        question = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
        async with shown["client"]:
            await asyncio.gather(*(shown["ask"](question) for _ in range(20)))
    assert api.stats().accepted == 20
    assert api.stats().elapsed > 1  # 500 a minute


def test_the_lines_for_a_long_job(tmp_path: Path) -> None:
    """The three settings stand in the script that the command writes, as shown."""
    run_the_command("text-hurry-job", tmp_path)
    script = (tmp_path / "my_script.py").read_text("utf-8")
    (settings,) = CODE.findall(code_cell(PAGE, "text-hurry-job"))
    for line in settings.splitlines():
        name, _, _ = line.partition(" = ")
        assert re.search(rf"^{name}(: Any)? = ", script, re.MULTILINE)


def run_the_command(cell_id: str, folder: Path) -> None:
    """Run the first command that a cell shows, in a folder."""
    shown = re.search(r"```sh\ninflight-lab (.*)\n", code_cell(PAGE, cell_id))
    assert shown
    with contextlib.chdir(folder):
        main(shlex.split(shown[1]))


def names_in(cell_id: str, signature: str) -> dict[str, Any]:
    """What a cell shows, with its last lines, which send, in a function."""
    (code,) = CODE.findall(code_cell(PAGE, cell_id))
    once, _, each_time = code.rstrip().rpartition("\n\n")
    names: dict[str, Any] = {}
    exec(f"{once}\n\n\n{signature}:\n{indent(each_time, '    ')}\n", names)
    return names

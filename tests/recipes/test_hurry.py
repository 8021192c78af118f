"""Notebook 08: its few lines for somebody in a hurry do what they say."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from textwrap import indent
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import requests

from inflight_lab import PracticeServer
from inflight_lab.recipes import RECIPES
from tests.support.notebook_tools import code_cell, notebook

PAGE = notebook("08")
CODE = re.compile(r"(?<=```python\n).*?(?=```)", re.S)


def test_each_recipe_has_a_row_and_each_row_a_command() -> None:
    """The table of what you may have names every recipe, and no other."""
    rows = re.findall(
        r"^\|.*\| `inflight-lab snippet (\w+)` \|$",
        code_cell(PAGE, "text-hurry"),
        re.M,
    )
    assert sorted(rows) == sorted(RECIPES)


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
    """Each call is one request, and none is refused."""
    run_the_command("text-hurry-asyncio", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    api = PracticeServer(latency=0.01, quota="sliding-window", rate=20)
    async with api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url.replace("/get", "/v1"))
        monkeypatch.setenv("OPENAI_API_KEY", "practice")
        shown = names_in(
            "text-hurry-sdk", "async def ask(question)", {"500, 60": "20, 1"}
        )
        question = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
        async with shown["client"]:
            await asyncio.gather(*(shown["ask"](question) for _ in range(30)))
    assert (api.stats().accepted, api.stats().refused) == (30, 0)


def test_the_lines_for_a_long_job(tmp_path: Path) -> None:
    """The three settings stand in the script that the command writes, as shown."""
    run_the_command("text-hurry-job", tmp_path)
    script = (tmp_path / "my_script.py").read_text("utf-8")
    (settings,) = CODE.findall(code_cell(PAGE, "text-hurry-job"))
    for line in settings.splitlines():
        name, _, _ = line.partition(" = ")
        assert f"\n{name} = " in script


def run_the_command(cell_id: str, folder: Path) -> None:
    """Run the first command that a cell shows, in a folder."""
    shown = re.search(r"```sh\n(.*)\n", code_cell(PAGE, cell_id))
    assert shown
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": scripts}
    subprocess.run(shown[1], shell=True, cwd=folder, env=env, check=True)


def names_in(
    cell_id: str, signature: str, changes: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """What a cell shows, with its last lines, which send, in a function."""
    (code,) = CODE.findall(code_cell(PAGE, cell_id))
    for before, after in changes.items():
        assert before in code
        code = code.replace(before, after)
    once, _, each_time = code.rstrip().rpartition("\n\n")
    names: dict[str, Any] = {}
    exec(f"{once}\n\n\n{signature}:\n{indent(each_time, '    ')}\n", names)
    return names

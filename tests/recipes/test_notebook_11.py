"""Notebook 11: what it shows of the recipes is what they are, and what they do."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from textwrap import indent
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest
import requests
from inflight_lab.recipes.api import Api, patient_retries
from inflight_lab.recipes.results_file import Record, open_results
from inflight_lab.recipes.two_files import two_files

from inflight_lab import PracticeServer
from inflight_lab.recipes import RECIPES, fetch_all
from inflight_lab.recipes.snippet import snippet
from inflight_lab.runners import RUNGS
from tests.support.notebook_tools import code_cell, kernel, notebook
from tests.support.pasting import run_cell
from tests.support.run_all import RUN_ALL
from tests.support.shown_recipes import CODE, SHOWN_IN, code_in, source_of
from tests.support.virtual_clock import run


@pytest.mark.parametrize("recipe", SHOWN_IN)
def test_the_page_shows_a_recipe_as_it_is(recipe: str) -> None:
    """It is copied there with ``python -m tests.support.shown_recipes``."""
    assert code_in(SHOWN_IN[recipe]) == [source_of(recipe)]


def test_each_recipe_has_a_row_and_each_row_a_command() -> None:
    """The first table names every recipe, the second only rungs, and neither has a
    command that prints nothing.
    """
    scripts, parts = commands_in("text-scripts"), commands_in("text-which")
    for named in (scripts, parts):
        assert len(named) == len(set(named))
    assert RECIPES.keys() <= set(scripts) <= {*RECIPES, *RUNGS}
    assert set(parts) <= set(RUNGS)


def commands_in(cell_id: str) -> list[str]:
    """What each row of a table says to print."""
    table = code_cell(notebook("11"), cell_id)
    return re.findall(r"^\|.*\| `inflight-lab snippet (\w+)` \|$", table, re.M)


# ---- The few lines for somebody in a hurry


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
    (settings,) = code_in("text-hurry-job")
    for line in settings.splitlines():
        assert f"\n{line}" in script


def run_the_command(cell_id: str, folder: Path) -> None:
    """Run the first command that a cell shows, in a folder."""
    shown = re.search(r"```sh\n(.*)\n", code_cell(notebook("11"), cell_id))
    assert shown
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": scripts}
    subprocess.run(shown[1], shell=True, cwd=folder, env=env, check=True)


def names_in(
    cell_id: str, signature: str, changes: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """What a cell shows, with its last lines, which send, in a function."""
    (code,) = code_in(cell_id)
    for before, after in changes.items():
        assert before in code
        code = code.replace(before, after)
    once, _, each_time = code.rstrip().rpartition("\n\n")
    names: dict[str, Any] = {}
    exec(f"{once}\n\n\n{signature}:\n{indent(each_time, '    ')}\n", names)
    return names


# ---- What is tried again


class Row(NamedTuple):
    """A status of the table, with what comes with it, and what the table says."""

    status: int
    names_a_limit: bool
    code: str
    """Of the error in the body; empty without one."""
    is_tried_again: bool


def rows() -> list[Row]:
    """Each status of the table."""
    found = []
    table = code_cell(notebook("11"), "text-retried")
    for what, again in re.findall(r"^\| ([^|]+) \| (yes|no) \|", table, flags=re.M):
        if "pause" in what or "JSON" in what:
            continue
        code = "".join(re.findall("`([a-z_]+)`", what))
        for status in re.findall(r"\b\d{3}\b", what):
            names_a_limit = "sign of a limit" in what
            found.append(Row(int(status), names_a_limit, code, again == "yes"))
    return found


@pytest.mark.parametrize("row", rows(), ids=str)
def test_the_table_says_what_is_tried_again(row: Row, tmp_path: Path) -> None:
    """Each status that comes back is tried again, or is not, as the page says, and as
    often as it says.
    """
    headers = {"Retry-After": "1"} if row.names_a_limit else {}
    sent = 0

    async def answer(item: Record) -> httpx.Response:
        nonlocal sent
        sent += 1
        error = {"error": {"code": row.code}} if row.code else {}
        return httpx.Response(row.status, headers=headers, json=error)

    async def main() -> None:
        path = str(tmp_path / "results.jsonl")
        with open_results(path, [{"key": "1"}]) as results:
            api = Api(
                ask=answer,
                results=results,
                quotas=[(100, 1)],
                limit=5,
                not_there=fetch_all.NOT_THERE,
            )
            await api.ask_for(results.missing())

    run(main())
    assert sent == (8 if row.is_tried_again else 1)
    assert "eight times" in code_cell(notebook("11"), "text-retried-why")


def test_the_longest_pause_is_as_the_table_says() -> None:
    """Ten minutes, unless a quota's period is longer."""
    assert "more than ten minutes" in code_cell(notebook("11"), "text-retried")
    assert patient_retries().longest_pause == 600


@pytest.mark.anyio
async def test_answers_in_sqlite(
    server: PracticeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the page shows is all it takes: the second start finds the answers of the
    first one in the database, and the report names it.
    """
    path = tmp_path / "results.jsonl"
    settings = {"URL": f"{server.url}?id={{id}}", "RESULTS": str(path)}
    code = snippet("fetch_all", notebook=True, IDS=range(5), **settings)
    for _ in range(2):
        results = (await run_cell(with_sqlite(code)))["results"]
        assert [outcome["data"]["args"]["id"] for outcome in results] == list("01234")
        assert server.stats().started == 5
        assert capsys.readouterr().out == f"5 of 5 have an answer in {path}.db.\n"
    with closing(sqlite3.connect(f"{path}.db")) as database:
        (rows,) = database.execute("SELECT count(*) FROM answers").fetchone()
    assert rows == 5
    assert path.read_bytes() == b""


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:.*unclosed database")
async def test_a_file_that_is_no_database_ends_the_script(
    server: PracticeServer, tmp_path: Path
) -> None:
    """With a sentence that names it, and before anything is sent."""
    path = tmp_path / "results.jsonl"
    (tmp_path / "results.jsonl.db").write_text("something else " * 100, "utf-8")
    settings = {"URL": f"{server.url}?id={{id}}", "RESULTS": str(path)}
    code = snippet("fetch_all", notebook=True, IDS=range(5), **settings)
    with pytest.raises(Exception, match=f"^cannot read {path}.db: file is not a data"):
        await run_cell(with_sqlite(code))
    assert server.stats().started == 0
    gc.collect()  # closes the database, as the end of the script does


def test_all_changes_for_sqlite_are_in_one_of_two_files() -> None:
    """The import has its place, and the methods are there, in the file beside."""
    files = two_files("fetch_all", Path("my_script.py"))
    assert with_sqlite(files.script) == files.script
    changed = with_sqlite(files.parts)
    assert "\nimport re\nimport sqlite3\n" in changed
    for part in ("sqlite3.connect(", "INSERT OR REPLACE", "self.database.close()"):
        assert changed.count(part) == 1


def with_sqlite(code: str) -> str:
    """The script after what the page says was done to it."""
    (shown,) = CODE.findall(code_cell(notebook("11"), "text-sqlite"))
    for name in ("read", "write", "close"):
        method = method_in(shown, name)
        where = rf"(?s)class ResultsFile:.*?(    def {name}\(self.*?)\n\n"
        for old in re.findall(where, code):
            code = code.replace(old, method)
    return code.replace("\nimport re\n", "\nimport re\nimport sqlite3\n", 1)


def method_in(shown: str, name: str) -> str:
    """A method of those that the page shows, with the helpers below it."""
    _, _, begun = shown.partition(f"    def {name}(")
    method = re.split(r"\n\n    def (?:write|close)\(", begun)[0]
    return f"    def {name}({method.rstrip()}"


GENEROUS = (
    "server = PracticeServer(latency=0.3, quota='sliding-window', rate=150).start()"
)
"""Allows more than the page's, so that a busy machine is not refused anything."""


def test_pasted_as_the_page_says() -> None:
    """The notebook form, with the two lines that the page prints: 300 answers, and no
    429.
    """
    cells = [cell_of_11("code-imports"), GENEROUS, cell_of_11("code-lines")]
    with kernel() as fresh:
        *_, printed = fresh.run_all(cells, within=RUN_ALL)
        assert printed.text
        code = snippet("paced", notebook=True)
        for line in printed.text.splitlines():
            name, _, _ = line.partition(" = ")
            code = re.sub(rf"^{name} = .*", lambda _, line=line: line, code, flags=re.M)
        *_, tried = fresh.run_all([code, cell_of_11("code-tried")], within=RUN_ALL)
    assert tried.text.startswith("300 answers, 0 429s\n")


def cell_of_11(cell_id: str) -> str:
    """The source of a cell of the page."""
    return code_cell(notebook("11"), cell_id)

"""Edits that people make, as diffs: each fits the printed script, and works."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inflight_lab import PracticeServer
from inflight_lab.commands.snippet.__main__ import IMPORT, main
from inflight_lab.commands.snippet.script import snippet
from inflight_lab.recipes import RECIPES
from tests.recipes.paged_server import PagedServer
from tests.support.children import START_UP
from tests.support.recipes.faulty_path import FaultyPath
from tests.support.recipes.pasting import run, start
from tests.support.recipes.printed import (
    EDITS,
    FETCH_ALL,
    VARIANTS,
    WITH_REQUESTS,
    Job,
    edited,
    lines_in,
    run_here,
    write_script,
)
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
ALL = sorted(path.stem for path in EDITS.glob("*.diff"))
RUFF = str(Path(sys.executable).with_name("ruff"))
WELL = "All checks passed!\n"
SETTING = re.compile(r"(?m)^(?:URL|IDS|RATE|REQUESTS|PERIOD|TOKENS|LIMIT|HEADERS)\b.*")
OPTIONS = (
    "--url https://api.shop.test/v1/{id} --rate 20 --period 5 --limit 7 "
    "--header authorization"
)


def fetch_all_with(edit: str) -> Job:
    """The script after an edit."""
    return replace(FETCH_ALL, edit=edit)


def patch(script: Path, name: str) -> bool:
    """Apply an edit as a reader does.  Returns whether `patch` says that it fits."""
    diff = str(EDITS / f"{name}.diff")
    return subprocess.run(["patch", "-F0", str(script), diff]).returncode == 0


@pytest.mark.parametrize("name", [*RECIPES, *ALL])
async def test_nothing_is_sent_before_a_script_is_told_where(
    name: str, tmp_path: Path
) -> None:
    """With its sample settings, and after an edit, it ends with a sentence."""
    text = snippet(name.partition("-")[0])
    if name in ALL:
        text = edited(text, name)
    said = await run_here(write_script(tmp_path, text, {}))
    assert re.match("ValueError: (URL|ORDERS)", str(said))
    assert os.listdir(tmp_path) == ["my_script.py"]


@pytest.mark.parametrize("name", ALL)
def test_an_edit_fits_a_script_with_any_settings(name: str, tmp_path: Path) -> None:
    """As `patch` applies it, none of the settings lost."""
    recipe = name.partition("-")[0]
    own = "--tokens 4000" if recipe == "ask_model" else "--ids 1-30"
    script = tmp_path / f"{recipe}.py"
    main([recipe, *OPTIONS.split(), *own.split(), "--output", str(script)])
    before = script.read_text("utf-8")
    assert patch(script, name)
    changed = script.read_text("utf-8")
    compile(changed, str(script), "exec")
    assert changed == edited(before, name)
    assert set(SETTING.findall(before)) <= set(SETTING.findall(changed))


@pytest.mark.parametrize("name", ALL)
def test_an_edit_lands_where_it_belongs_or_says_so(name: str, tmp_path: Path) -> None:
    """The reader names another file for the answers, and has a key among the headers:
    where `patch` says that all is well, the script is one that runs.
    """
    script = tmp_path / "my_script.py"
    main([name.partition("-")[0], *OPTIONS.split(), "--output", str(script)])
    text = re.sub(r"(?m)^RESULTS = .*", 'RESULTS = "mine.jsonl"', script.read_text())
    script.write_text(text)
    assert patch(script, name) is (name != "fetch_all-sqlite")
    if name != "fetch_all-sqlite":  # that changes the name itself
        compile(script.read_text(), str(script), "exec")
        assert script.read_text() == edited(text, name)


@pytest.mark.parametrize("name", ALL)
def test_an_edit_of_the_page_alone_breaks_nothing(name: str, tmp_path: Path) -> None:
    """Either `patch` says that it does not fit, and so does the help, or each name that
    it uses is there.
    """
    page = tmp_path / "page.py"
    page.write_text(snippet(name.partition("-")[0], keep_imports=True), "utf-8")
    fits = patch(page, name)
    recipe, _, kind = name.partition("-")
    assert fits is not (recipe == "fetch_all" and f" {kind} " in IMPORT)
    if fits:
        check = [RUFF, "check", "--isolated", "--select=E9,F821", str(page)]
        assert subprocess.run(check, capture_output=True, text=True).stdout == WELL


@pytest.mark.parametrize(
    "names",
    ["pages hosts", "hosts pages"]
    + [f"sqlite {other}" for other in ("pages", "hosts", "post", "aiohttp")],
)
def test_edits_that_fit_together(names: str, tmp_path: Path) -> None:
    """What notebook 15 says of two changes to one script."""
    script = write_script(tmp_path, snippet("fetch_all"), {})
    for name in names.split():
        assert patch(script, f"fetch_all-{name}")
    compile(script.read_text("utf-8"), str(script), "exec")


async def test_openai_gets_the_key(server: PracticeServer, tmp_path: Path) -> None:
    """It stands where the script has it, among the headers."""
    job = VARIANTS["ask_model with openai"]
    async with FaultyPath(server, b"", harmed=()) as path:
        await run_here(job.script(path.url, tmp_path))
    assert len(path.heads) == len(job.items)
    assert all(
        "authorization: bearer secret\r\n" in each.lower() for each in path.heads
    )


async def test_pages(tmp_path: Path) -> None:
    """A list has the items of all its pages, and few lists are unfinished at a time."""
    lists = [str(number) for number in range(20)]
    with PagedServer(pages=3, latency=0.02) as server:
        async with FaultyPath(server, b"", harmed=()) as path:
            url = f"{path.url}?list={{id}}"
            settings = {"URL": url, "IDS": lists, "LIMIT": 50}
            script = fetch_all_with("pages").script(path.url, tmp_path, **settings)
            assert not await run_here(script)
    found = {line["data"][0]: line["data"][1::3] for line in lines_in(tmp_path)}
    assert found == {each: [1, 2, 3] for each in lists}
    asked = re.findall(r"list=(\d+)", " ".join(path.heads))
    unfinished = [set(asked[:sent]) & set(asked[sent:]) for sent in range(len(asked))]
    assert max(map(len, unfinished)) == 5


async def test_a_page_that_is_no_list(
    server: PracticeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in practice: one sentence says what came instead."""
    assert await run_here(fetch_all_with("pages").script(server.url, tmp_path))
    assert 'ValueError("a page must be a list, got {' in capsys.readouterr().out


class OneHasMore(PracticeServer):
    """Its first answer names a next page; the others are under way then."""

    asked = 0

    async def get(self, request: Request) -> Response:
        """Answer."""
        self.asked += 1
        if self.asked > 1:
            await asyncio.sleep(0.5)
            return await super().get(request)
        await until(lambda: self.asked == 3)
        more = {"Link": '<https://a.test/2>; rel="next"'}
        return await self._serve(request, JSONResponse([], headers=more))


@pytest.mark.parametrize("job", [FETCH_ALL, WITH_REQUESTS], ids=lambda job: job.recipe)
async def test_the_first_of_several_pages_is_not_kept_as_the_answer(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the edit a script says that there are more; what is whole, and under way
    already, it keeps.
    """
    with OneHasMore(latency=0) as server:
        assert await run_here(job.script(server.url, tmp_path, LIMIT=3))
        assert server.asked == 3
    assert ["args" in line["data"] for line in lines_in(tmp_path)] == [True, True]
    assert "more pages" in capsys.readouterr().out


async def test_sqlite(server: PracticeServer, tmp_path: Path) -> None:
    """The second start asks for nothing that the database has, and neither is there a
    second one at the same time.
    """
    path = tmp_path / "results.sqlite"
    script = fetch_all_with("sqlite").script(server.url, tmp_path, RESULTS=str(path))
    for _ in range(2):
        assert not await run_here(script)
        assert server.stats().started == 12
    with closing(sqlite3.connect(path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM answers").fetchone()
        assert rows == 12
        database.execute("BEGIN EXCLUSIVE")
        text = script.read_text("utf-8")
        script.write_text(text.replace("connect(path, ", "connect(path, timeout=0, "))
        status, _, err = await run(script)  # at once, and not after five seconds
    assert status == 1
    assert re.search("ValueError: cannot open .* database is locked", err)


async def test_a_slow_host_does_not_hold_up_the_other(tmp_path: Path) -> None:
    """Each has a pace and connections of its own."""
    with PracticeServer(latency=60) as slow, PracticeServer(latency=0) as quick:
        settings = {"OTHERS": [f"{quick.url}?id={{id}}"], "LIMIT": 1}
        script = fetch_all_with("hosts").script(slow.url, tmp_path, **settings)
        child = await start(script)
        await until(lambda: quick.stats().accepted == 12, patience=START_UP)
        child.kill()
        await child.communicate()


async def test_post(tmp_path: Path) -> None:
    """An order whose answer was lost is sent again with the same key; one whose fields
    come in another sequence is the same one, and done.
    """
    orders = [{"messages": [{"content": f"order {n}"}], "n": 1} for n in range(3)]
    reordered = [dict(reversed(order.items())) for order in orders]
    with PracticeServer(latency=0, dialect="openai") as server:
        async with FaultyPath(server, lambda _: b"", "close", harmed={0}) as path:
            url = path.url.replace("/get", "/v1/chat/completions")
            for each in (orders, orders, reordered):
                settings = {"URL": url, "ORDERS": each}
                script = fetch_all_with("post").script(url, tmp_path, **settings)
                assert not await run_here(script)
    keys = re.findall(r"(?i)Idempotency-Key: (\S+)", "\n".join(path.heads))
    sent = list(zip(keys, map(json.loads, path.bodies), strict=True))
    assert len(sent) == 4
    assert len(set(keys)) == 3
    assert sent[0] in sent[1:4]


async def test_an_order_to_a_wrong_address_is_not_done(tmp_path: Path) -> None:
    """Nothing of it is kept, so the next start sends it to the right one."""
    with PracticeServer(latency=0) as server:
        url = server.url.replace("/get", "/nothing")
        settings = {"URL": url, "ORDERS": [{"n": 1}]}
        assert await run_here(fetch_all_with("post").script(url, tmp_path, **settings))
    assert lines_in(tmp_path) == []


async def test_quotas(tmp_path: Path) -> None:
    """The longer one is kept as well, and does not space the requests."""
    # Two more than the script knows of, which a busy machine may bring together.
    with PracticeServer(latency=0, quota="sliding-window", rate=7) as server:
        url = f"{server.url}?id={{id}}"
        settings = {"URL": url, "IDS": range(12), "ALSO": (5, 1)}
        script = edited(snippet("paced"), "paced-quotas")
        assert not await run_here(write_script(tmp_path, script, settings))
        assert (server.stats().accepted, server.stats().refused) == (12, 0)

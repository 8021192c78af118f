"""Printed scripts against the practice server: what they send, keep and say."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inflight_lab import PracticeServer
from inflight_lab.commands.snippet.script import snippet
from inflight_lab.recipes.settings import addresses
from tests.support.recipes.faults import answer
from tests.support.recipes.faulty_path import FaultyPath
from tests.support.recipes.pasting import run, run_cell, start
from tests.support.recipes.printed import (
    ASK_MODEL,
    FETCH_ALL,
    VARIANTS,
    WITH_REQUESTS,
    Job,
    lines_in,
    run_here,
    write_script,
)
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
CLIENTS = {
    "httpx": FETCH_ALL,
    "requests": WITH_REQUESTS,
    "aiohttp": VARIANTS["fetch_all with aiohttp"],
}


# ---- The quota


async def test_all_in_time_and_no_429(tmp_path: Path) -> None:
    """Each item is asked for once, at the rate that is allowed."""
    # Refused if all went at once, but not if a busy machine holds them up for nearly a
    # second, until many arrive together.
    with PracticeServer(latency=0.1, quota="sliding-window", rate=38) as server:
        script = FETCH_ALL.script(server.url, tmp_path, RATE=20, IDS=range(40))
        status, out, err = await run(script)
        stats = server.stats()
    assert (status, err) == (0, "")
    assert "40 of 40 have an answer in " in out
    assert (stats.accepted, stats.refused, stats.started) == (40, 0, 40)
    assert stats.elapsed >= 1


async def test_prompts_within_both_budgets(tmp_path: Path) -> None:
    """No request is refused, although the API counts all that an answer may cost."""
    quotas: dict[str, Any] = {"rate": 60, "tokens": 360, "quota": "sliding-window"}
    with PracticeServer(latency=0.05, dialect="openai", **quotas) as server:
        prompts = {id: f"question {id}?" for id in range(7)}
        settings = {"REQUESTS": 40, "TOKENS": 310, "MAX_TOKENS": 60, "PROMPTS": prompts}
        assert not await run_here(ASK_MODEL.script(server.url, tmp_path, **settings))
        assert (server.stats().accepted, server.stats().refused) == (7, 0)


# ---- What is sent, and kept


async def test_ids_of_every_kind(tmp_path: Path) -> None:
    """A slash, a space, letters from everywhere and a number reach the API as they are;
    twice is once.
    """
    ids = ["a/b", "ü ß", "日本", "100%", "?&#", 7, "a/b"]
    with PracticeServer(latency=0) as server:
        url = f"{server.url}?where={{a}}&id={{id}}"
        assert not await run_here(FETCH_ALL.script(url, tmp_path, URL=url, IDS=ids))
        assert server.stats().started == 6
    got = [line["data"]["args"] for line in lines_in(tmp_path)]
    assert {each["id"] for each in got} == {str(id) for id in ids}
    assert {each["where"] for each in got} == {"{a}"}


def test_any_address_but_the_sample_is_yours() -> None:
    """Also one whose name ends as that of the sample does."""
    for url in ("https://api.bigexample.com/{id}", "https://example.com/{id}"):
        assert addresses(url, [1]) == [url.replace("{id}", "1")]


def test_an_id_is_one_step_of_a_path() -> None:
    """A slash in it, as in a DOI, leads to no other address."""
    url = "https://api.test/items/{id}/parts"
    assert addresses(url, ["10.1/x"])[0].endswith("/10.1%2Fx/parts")


async def test_a_changed_question_is_a_new_one(tmp_path: Path) -> None:
    """So is one for another model; the old answers stay in the file."""
    with PracticeServer(latency=0, dialect="openai") as server:
        for changed in ({}, {"MODEL": "better"}, {"MODEL": "better"}):
            assert not await run_here(ASK_MODEL.script(server.url, tmp_path, **changed))
        assert server.stats().started == 24
    assert lines_in(tmp_path)[0]["data"]["choices"]


async def test_another_url_is_another_item(tmp_path: Path) -> None:
    """Its answers are asked for, and stand beside those of the first one."""
    with PracticeServer(latency=0) as server:
        for path in ("?id={id}", "?id={id}&of=users", "?id={id}"):
            url = f"{server.url}{path}"
            assert not await run_here(FETCH_ALL.script(url, tmp_path, URL=url))
        assert server.stats().started == 24
    lines = lines_in(tmp_path)
    assert all(line["key"] == line["data"]["url"] for line in lines)
    assert len({line["key"] for line in lines}) == 24


async def test_a_question_has_as_long_as_the_script_says(tmp_path: Path) -> None:
    """TIMEOUT ends an attempt, and not what is usual for other requests."""
    with PracticeServer(latency=0, dialect="openai") as server:
        async with FaultyPath(server, b"", "silence", harmed={0}) as path:
            script = ASK_MODEL.script(path.url, tmp_path, TIMEOUT=0.5, PROMPTS={1: "?"})
            async with asyncio.timeout(20):
                assert not await run_here(script)
            assert path.seen == 2


@pytest.mark.parametrize("name", ["fetch_all", "with_requests", "paced"])
async def test_a_key_comes_from_the_environment(
    name: str, server: PracticeServer, tmp_path: Path
) -> None:
    """It is sent, and is in no file."""
    async with FaultyPath(server, b"", harmed=()) as path:
        settings = {
            "URL": f"{path.url}?id={{id}}",
            "IDS": [1],
            "HEADERS": {"X-Api-Key": "$API_KEY"},
        }
        await run_here(write_script(tmp_path, snippet(name), settings))
    assert "X-Api-Key: secret\r\n" in path.heads[0]
    if name != "paced":
        [line] = (tmp_path / "results.jsonl").read_text().splitlines()
        assert "secret" not in line


async def test_a_pool_of_threads_has_connections_for_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """None is thrown away, which urllib3 would log."""
    caplog.set_level("WARNING", "urllib3")
    with PracticeServer(latency=0.1) as server:
        script = WITH_REQUESTS.script(server.url, tmp_path, IDS=range(30), LIMIT=15)
        assert not await run_here(script)
        assert server.stats().peak_in_flight > 10
    assert "pool is full" not in caplog.text


async def test_progress_is_seen_at_once(tmp_path: Path) -> None:
    """Also in a file, which Python writes late."""
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, b"", "silence", harmed=range(60, 150)) as path:
            script = FETCH_ALL.script(path.url, tmp_path, IDS=range(150))
            child = await start(script, PYTHONUNBUFFERED="")
            assert child.stdout
            assert (await child.stdout.readline()).startswith(b"150 to ask for")
            await child.stdout.readuntil(b" 0 refused, 100 not asked for yet")
            child.kill()
            await child.communicate()


@pytest.mark.parametrize("job", CLIENTS.values(), ids=list(CLIENTS))
async def test_a_compressed_answer(job: Job, tmp_path: Path) -> None:
    """It is written as what was compressed."""
    body = gzip.compress(b'{"found": "it"}')
    packed = answer(200, "Content-Encoding: gzip", body=body)
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, packed, harmed=range(100)) as path:
            assert not await run_here(job.script(path.url, tmp_path, IDS=[1]))
    assert [line["data"] for line in lines_in(tmp_path)] == [{"found": "it"}]


@pytest.mark.parametrize("job", CLIENTS.values(), ids=list(CLIENTS))
async def test_no_content_is_an_answer(
    job: Job, server: PracticeServer, tmp_path: Path
) -> None:
    """There is nothing, and so it is not asked for again."""
    none = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with FaultyPath(server, none, harmed={0}) as path:
        for _ in range(2):
            assert not await run_here(job.script(path.url, tmp_path))
        assert path.seen == 12
    assert [line["data"] for line in lines_in(tmp_path)].count(None) == 1


async def test_in_a_notebook(tmp_path: Path) -> None:
    """Without its last lines the script is a cell, and ``await main()`` runs it."""
    with PracticeServer(latency=0) as server:
        script = FETCH_ALL.script(server.url, tmp_path).read_text()
        cell = script.partition("\nif __name__")[0] + "\nall_there = await main()\n"
        assert (await run_cell(cell))["all_there"]


@pytest.mark.parametrize("job", [FETCH_ALL, ASK_MODEL], ids=lambda job: job.recipe)
async def test_it_runs_on_httpx2(
    job: Job, server: PracticeServer, tmp_path: Path
) -> None:
    """Which has the same API, and to which projects move."""
    script = job.script(server.url, tmp_path)
    text = script.read_text()
    assert text.count("import httpx\n") == 1
    script.write_text(text.replace("import httpx\n", "import httpx2 as httpx\n"))
    assert not await run_here(script)
    assert server.stats().accepted == 12


async def test_paced_keeps_responses_in_order(tmp_path: Path) -> None:
    """A failure takes nothing with it."""
    with PracticeServer(latency=0.02, jitter=0.5) as server:
        async with FaultyPath(server, b"", "close", harmed={3}) as path:
            settings = {"URL": f"{path.url}?id={{id}}", "IDS": range(10), "LIMIT": 1}
            script = write_script(tmp_path, snippet("paced"), settings)
            cell = script.read_text().partition("\nif __name__")[0]
            results = (await run_cell(f"{cell}\nresults = await main()\n"))["results"]
    assert [type(result).__name__ for result in results].count("Response") == 9
    assert "RemoteProtocolError" in repr(results[3])
    assert [int(each.json()["args"]["id"]) for each in results[4:]] == [*range(4, 10)]


# ---- Items that fail


class PrivateItems(PracticeServer):
    """Forbids what has an id below 63."""

    async def get(self, request: Request) -> Response:
        """Answer, or not."""
        if int(request.query_params["id"]) < 63:
            return await self._serve(request, JSONResponse({}, status_code=403))
        return await super().get(request)


async def test_items_that_always_fail_leave_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even if they are the first of those that have no answer, at every start.  Each of
    them is said.
    """
    ids = range(500)
    with PrivateItems(latency=0) as server:
        script = FETCH_ALL.script(server.url, tmp_path, IDS=ids, RATE=10_000)
        assert await run_here(script)
    found = {int(line["data"]["args"]["id"]) for line in lines_in(tmp_path)}
    assert found == {*ids[63:]}
    out = capsys.readouterr().out
    assert out.count("NoAnswer('status 403 ") == 63
    assert "437 of 500 have an answer" in out


@pytest.mark.parametrize("job", CLIENTS.values(), ids=list(CLIENTS))
async def test_a_redirect_is_no_answer(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is kept, and it is said where it leads."""
    moved = answer(301, "Location: https://a.test/v2")
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, moved, harmed=range(100)) as path:
            assert await run_here(job.script(path.url, tmp_path))
    assert lines_in(tmp_path) == []
    assert "status 301 leads to https://a.test/v2" in capsys.readouterr().out


class LateAnswers(PracticeServer):
    """The first request spends the last money; the others are under way then."""

    asked = 0

    async def get(self, request: Request) -> Response:
        """Answer, or not."""
        self.asked += 1
        if self.asked == 1:
            await until(lambda: self.asked == 3)
            spent = {"error": {"code": "insufficient_quota"}}
            return await self._serve(request, JSONResponse(spent, status_code=429))
        await asyncio.sleep(0.5)
        return await super().get(request)


async def test_what_is_under_way_when_it_stops_is_kept(tmp_path: Path) -> None:
    """The API has counted these requests, and wants money for some."""
    with LateAnswers(latency=0) as server:
        assert await run_here(FETCH_ALL.script(server.url, tmp_path, LIMIT=3))
        assert server.asked == 3
    assert len(lines_in(tmp_path)) == 2


# ---- Mistakes


@pytest.mark.parametrize(
    ("job", "settings", "said"),
    [
        (FETCH_ALL, {"IDS": []}, "IDS must not be empty"),
        (FETCH_ALL, {"URL": "https://a.test/items"}, "URL must be .*, with {id} in it"),
        (FETCH_ALL, {"RATE": 0}, r"greater than 0, got .*\brate=0\b"),
        (FETCH_ALL, {"LIMIT": 0}, r"greater than 0, got .*\blimit=0\b"),
        (FETCH_ALL, {"RESULTS": "no/where.jsonl"}, "No such file.*no/where.jsonl"),
        (WITH_REQUESTS, {"PERIOD": -1}, r"greater than 0, got .*\bperiod=-1\b"),
        (ASK_MODEL, {"MODEL": ""}, "MODEL and PROMPTS"),
        (ASK_MODEL, {"PROMPTS": {}}, "MODEL and PROMPTS"),
        (ASK_MODEL, {"TOKENS": 0}, "tokens must be "),
    ],
)
async def test_a_mistake_is_one_sentence(
    job: Job, settings: dict[str, object], said: str, tmp_path: Path
) -> None:
    """It names the setting, and nothing is sent."""
    with PracticeServer(latency=0) as server:
        end = str(await run_here(job.script(server.url, tmp_path, **settings)))
        assert re.match(rf"\w+Error: .*{said}", end), end
        assert server.stats().started == 0


@pytest.mark.parametrize("job", [FETCH_ALL, WITH_REQUESTS], ids=lambda job: job.recipe)
async def test_a_port_that_is_no_number(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is tried again, and a sentence says where to look."""
    script = job.script("", tmp_path, URL="http://127.0.0.1:80a/{id}")
    assert await run_here(script)
    assert "Stopped: InvalidURL: check headers and URL\n" in capsys.readouterr().out

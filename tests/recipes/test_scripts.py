"""Printed scripts against the practice server: what they send, keep and say."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from inflight_lab import PracticeServer
from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.snippet import snippet
from inflight_lab.server.dialects import DIALECTS
from tests.support.faults import answer
from tests.support.faulty_path import FaultyPath, nobody_listens
from tests.support.pasting import run, run_cell, start
from tests.support.printed import (
    ASK_MODEL,
    FETCH_ALL,
    JOBS,
    VARIANTS,
    WITH_REQUESTS,
    Job,
    lines_in,
    make_quick,
    run_here,
    write_script,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _with_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("API_KEY", "secret")
    monkeypatch.chdir(tmp_path)


# ---- The quota


async def test_all_in_time_and_no_429(tmp_path: Path) -> None:
    """Each item is asked for once, at the rate that is allowed."""
    # A few more than the rate: a busy machine holds requests up until several arrive
    # together.
    with PracticeServer(latency=0.1, quota="sliding-window", rate=24) as server:
        script = FETCH_ALL.script(server.url, tmp_path, RATE=20, IDS=range(60))
        status, out, err = await run(script)
        stats = server.stats()
    assert (status, err) == (0, "")
    assert "60 of 60 have an answer in " in out
    assert (stats.accepted, stats.refused, stats.started) == (60, 0, 60)
    assert 2 <= stats.elapsed < 6


async def test_prompts_within_both_budgets(tmp_path: Path) -> None:
    """No request is refused, although the API counts all that an answer may cost."""
    quotas: dict[str, Any] = {"rate": 60, "tokens": 360, "quota": "sliding-window"}
    with PracticeServer(latency=0.05, dialect="openai", **quotas) as server:
        script = ASK_MODEL.script(server.url, tmp_path, REQUESTS=40, TOKENS=310)
        script.write_text(script.read_text().replace("= 300  #", "= 60  #"))
        assert not await run_here(script)
        assert (server.stats().accepted, server.stats().refused) == (12, 0)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_refusals_in_each_dialect(dialect: str, tmp_path: Path) -> None:
    """Told too high a rate, the script waits as the API asks, and gets all answers."""
    knobs: dict[str, Any] = {"quota": "fixed-window", "rate": 6, "period": 2}
    with PracticeServer(latency=0, dialect=dialect, **knobs) as server:
        assert not await run_here(FETCH_ALL.script(server.url, tmp_path))
        assert server.stats().refused > 0
    assert len(lines_in(tmp_path)) == 12


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
async def test_no_money_is_left(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When no wait will help, no more is sent than was in flight, and the script says
    why in the API's words.
    """
    with PracticeServer(latency=0.2, dialect="openai", exhausted=True) as server:
        assert await run_here(job.script(server.url, tmp_path))
        assert server.stats().started <= 3
    assert "You exceeded your current quota" in capsys.readouterr().out


async def test_answers_in_flight_are_kept(tmp_path: Path) -> None:
    """One 401 ends the run, but what the API has accepted by then is written."""
    with PracticeServer(latency=0.5) as server:
        async with FaultyPath(server, answer(401), harmed={2}) as path:
            assert await run_here(FETCH_ALL.script(path.url, tmp_path, LIMIT=3))
            assert path.seen == 3
    assert len(lines_in(tmp_path)) == 2


async def test_nobody_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends long before each of a thousand items has had its attempts."""
    with nobody_listens() as url:
        script = FETCH_ALL.script(url, tmp_path, IDS=range(1000), RATE=100_000)
        make_quick(script)
        assert await run_here(script)
    said = capsys.readouterr().out
    assert "0 of 1000 have an answer" in said
    assert "Stopped: " in said
    assert "Connect" in said


async def test_refused_again_and_again(tmp_path: Path) -> None:
    """Whatever its words are, an API that accepts nothing any more is left alone."""
    refusal = answer(429, "Retry-After: 0", body=b'{"title": "See you next month"}')
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, refusal, harmed=range(10_000)) as path:
            script = FETCH_ALL.script(path.url, tmp_path, IDS=range(500), LIMIT=2)
            make_quick(script)
            assert await run_here(script)
            assert path.seen < 40


# ---- What is sent, and kept


async def test_ids_of_every_kind(tmp_path: Path) -> None:
    """A slash, a space, letters from everywhere and a number reach the API as they are;
    twice is once.
    """
    ids = ["a/b", "ü ß", "日本", "100%", "?&#", 7, "a/b", "7"]
    with PracticeServer(latency=0) as server:
        url = f"{server.url}?where={{a}}&id={{id}}"
        assert not await run_here(FETCH_ALL.script(url, tmp_path, URL=url, IDS=ids))
        assert server.stats().started == 6
    got = [line["data"]["args"] for line in lines_in(tmp_path)]
    assert {each["id"] for each in got} == {str(id) for id in ids}
    assert {each["where"] for each in got} == {"{a}"}


async def test_a_404_is_an_answer_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is written and said as such, and never asked for again."""
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, answer(404), harmed={1}) as path:
            script = FETCH_ALL.script(path.url, tmp_path, LIMIT=1)
            assert [await run_here(script) for _ in range(2)] == [False, False]
            assert path.seen == 12
    assert [line["data"] for line in lines_in(tmp_path)].count(None) == 1
    assert "1 x there is no such item" in capsys.readouterr().out


async def test_a_changed_question_is_a_new_one(tmp_path: Path) -> None:
    """So is one for another model; the old answers stay in the file."""
    with PracticeServer(latency=0, dialect="openai") as server:
        for changed in ({}, {"MODEL": "better"}, {"MODEL": "better"}):
            assert not await run_here(ASK_MODEL.script(server.url, tmp_path, **changed))
        assert server.stats().started == 24
    assert lines_in(tmp_path)[0]["data"]["choices"]


class Listening(PracticeServer):
    """Keeps the headers of each request, which its answers show without secrets."""

    def __init__(self) -> None:
        self.headers: list[Headers] = []
        super().__init__(latency=0)

    async def get(self, request: Request) -> Response:
        """Keep the headers, and answer as usual."""
        self.headers.append(request.headers)
        return await super().get(request)


@pytest.mark.parametrize("name", ["fetch_all", "with_requests", "paced"])
async def test_a_key_comes_from_the_environment(name: str, tmp_path: Path) -> None:
    """It is sent, and is in no file; nor is one that stands in the address."""
    with Listening() as server:
        settings = {
            "URL": f"{server.url}?api_key=s3cret&id={{id}}",
            "IDS": [1],
            "HEADERS": {"X-Api-Key": "$API_KEY"},
        }
        script = write_script(tmp_path, snippet(name), settings)
        await run_here(script)
        assert [each["X-Api-Key"] for each in server.headers] == ["secret"]
    if name != "paced":
        line = (tmp_path / "results.jsonl").read_text()
        assert '{"key": "http' in line
        assert "s3cret" not in line.partition('"data"')[0]


async def test_a_pool_of_threads_has_connections_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the address is https, which no test can ask."""
    sizes = []

    def get(session: requests.Session, url: str, **options: Any) -> requests.Response:
        sizes.append(session.get_adapter("https://a.test")._pool_maxsize)  # type: ignore[attr-defined]
        raise requests.ConnectionError("not asked")

    monkeypatch.setattr(requests.Session, "get", get)
    script = WITH_REQUESTS.script("http://a.test/get", tmp_path, LIMIT=33)
    make_quick(script)
    await run_here(script)
    assert set(sizes) == {33}


async def test_progress_is_seen_at_once(tmp_path: Path) -> None:
    """A line for each hundred, also in a file, which Python writes late."""
    with PracticeServer(latency=0) as server:
        silent = range(100, 200)
        async with FaultyPath(server, b"", "silence", harmed=silent) as path:
            script = FETCH_ALL.script(path.url, tmp_path, IDS=range(105), RATE=10_000)
            child = await start(script, PYTHONUNBUFFERED="")
            assert child.stdout
            assert await child.stdout.readline() == b"100 answers\n"
            child.kill()
            await child.communicate()


@pytest.mark.parametrize(
    "job",
    [FETCH_ALL, WITH_REQUESTS, VARIANTS["fetch_all with aiohttp"]],
    ids=["httpx", "requests", "aiohttp"],
)
async def test_a_compressed_answer(job: Job, tmp_path: Path) -> None:
    """It is written as what was compressed."""
    body = gzip.compress(b'{"found": "it"}')
    packed = answer(200, "Content-Encoding: gzip", body=body)
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, packed, harmed=range(100)) as path:
            assert not await run_here(job.script(path.url, tmp_path, IDS=[1]))
    assert [line["data"] for line in lines_in(tmp_path)] == [{"found": "it"}]


async def test_in_a_notebook(tmp_path: Path) -> None:
    """Without its last lines the script is a cell, and ``await main()`` runs it."""
    with PracticeServer(latency=0) as server:
        script = FETCH_ALL.script(server.url, tmp_path).read_text()
        cell = script.partition("\nif __name__")[0] + "\nall_there = await main()\n"
        assert (await run_cell(cell))["all_there"]


@pytest.mark.parametrize("name", ["fetch_all", "ask_model", "paced"])
async def test_it_runs_on_httpx2(name: str, tmp_path: Path) -> None:
    """Which has the same API, and to which projects move."""
    with PracticeServer(latency=0) as server:
        job = JOBS.get(name)
        settings = {"URL": f"{server.url}?id={{id}}", "IDS": range(3)}
        if job:
            script = job.script(server.url, tmp_path)
        else:
            script = write_script(tmp_path, snippet(name), settings)
        text = script.read_text()
        assert text.count("import httpx\n") == 1
        script.write_text(text.replace("import httpx\n", "import httpx2 as httpx\n"))
        assert not await run_here(script)
        assert server.stats().accepted == (12 if job else 3)


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


# ---- Mistakes


@pytest.mark.parametrize("name", RECIPES)
async def test_sample_settings_send_nothing(name: str, tmp_path: Path) -> None:
    """A script that was just printed ends with a sentence, and leaves no file."""
    said = await run_here(write_script(tmp_path, snippet(name), {}))
    assert str(said).startswith("Nothing was sent: URL must be ")
    assert os.listdir(tmp_path) == ["my_script.py"]


@pytest.mark.parametrize(
    ("job", "settings", "said"),
    [
        (FETCH_ALL, {"IDS": []}, "IDS must be "),
        (FETCH_ALL, {"URL": "https://a.test/items"}, "URL must be .*, with {id}, got "),
        (FETCH_ALL, {"RATE": 0}, r"greater than 0, got .*\brate=0\b"),
        (FETCH_ALL, {"LIMIT": 0}, r"greater than 0, got .*\blimit=0\b"),
        (FETCH_ALL, {"HEADERS": {"X": "$NO_SUCH"}}, r"no variable for '\$NO_SUCH'"),
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
        assert re.match(rf"Nothing was sent: .*{said}", end), end
        assert server.stats().started == 0

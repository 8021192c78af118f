"""The script to leave with, as pasted: against a practice server with faults, killed,
and started again.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from inflight_lab import PracticeServer
from inflight_lab.snippets import snippet
from tests.support.faults import FAULTS
from tests.support.faulty_path import FaultyPath
from tests.support.notebook_tools import kernel
from tests.support.pasting import changed, run, run_cell, start
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio

SCRIPT, CELL = snippet(), snippet(notebook=True)
RATE = 100
SHORT = httpx.Timeout(PATIENCE, read=0.05)


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0.1, quota="sliding-window", rate=RATE) as server:
        yield server


@pytest.fixture(scope="module")
def one_server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0) as one_server:
        yield one_server


@pytest.fixture
def healthy(one_server: PracticeServer) -> PracticeServer:
    """One server for all, as new."""
    one_server.reset()
    return one_server


class Listening(PracticeServer):
    """Keeps the headers of each request, which its answers show without secrets."""

    def __init__(self) -> None:
        self.headers: list[Headers] = []
        super().__init__(latency=0)

    async def get(self, request: Request) -> Response:
        """Keep the headers, and answer as usual."""
        self.headers.append(request.headers)
        return await super().get(request)


@pytest.fixture
def listening() -> Iterator[Listening]:
    """A server that shows what it was sent."""
    with Listening() as server:
        yield server


def paste(
    folder: Path, url: str, ids: object, code: str = SCRIPT, **settings: object
) -> Path:
    """The script in a file of its own, with its three lines changed."""
    script = folder / "my_script.py"
    script.write_text(
        changed(code, url=f"{url}?id={{id}}", ids=ids, **settings), encoding="utf-8"
    )
    return script


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The results, every line of which is whole."""
    text = (folder / "results.jsonl").read_text()
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def asked_for(path: FaultyPath) -> Counter[str]:
    """How often each id was asked for."""
    return Counter(re.findall(r"^GET \S*\?id=(\S+)", "\n".join(path.heads), flags=re.M))


COUNT = pytest.mark.parametrize(
    "count", [300, pytest.param(3000, marks=pytest.mark.full)]
)


@pytest.mark.parametrize(
    ("count", "rate", "allowed"),
    [(60, 20, 30), pytest.param(3000, RATE, RATE, marks=pytest.mark.full)],
)
async def test_the_pace_alone_meets_no_429(
    server: PracticeServer, tmp_path: Path, count: int, rate: int, allowed: int
) -> None:
    """All ids, each asked for once, in order, at the rate that the API allows; the exit
    status is 0.
    """
    # A few more than the rate: a busy machine holds requests up until several arrive
    # together.
    server.rate = allowed
    script = paste(tmp_path, server.url, range(count), QUOTAS=[(rate, 1)])
    status, out, _ = await run(script, tqdm=False)
    assert (status, out.splitlines()[-1]) == (0, f"{count} of {count}")
    stats = server.stats()
    assert (stats.accepted, stats.refused, stats.started) == (count, 0, count)
    lines = lines_of(tmp_path)
    assert sorted(line["id"] for line in lines) == list(range(count))
    assert all(line["data"]["args"] == {"id": str(line["id"])} for line in lines)


@COUNT
async def test_killed_and_started_again(
    server: PracticeServer, tmp_path: Path, count: int
) -> None:
    """Through faults, kill -9 and a line cut short no id is lost, and none asked for
    that was written.
    """
    harmed = set(random.Random(7).sample(range(count), count // 50))
    server.rate = (
        2 * RATE
    )  # a busy machine holds requests up, and this is not about the pace
    async with FaultyPath(server, b"", "reset", harmed=harmed) as path:
        script = paste(tmp_path, path.url, range(count))
        first = await start(script)
        await until(lambda: path.seen > count // 3)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await path.quiet()
        written = {str(line["id"]) for line in lines_of(tmp_path)}
        assert len(written) > count // 6
        with (tmp_path / "results.jsonl").open("a") as file:
            file.write('{"id": 7, "url": "http')
        before, harmed_before = asked_for(path), path.harmed_count
        status, _, err = await run(script)
        assert status == 0, err
    again = asked_for(path) - before
    assert again.keys() & written == set()
    assert again.total() == count - len(written) + path.harmed_count - harmed_before
    assert sorted(line["id"] for line in lines_of(tmp_path)) == list(range(count))
    assert server.stats().refused == 0


async def test_interrupted(server: PracticeServer, tmp_path: Path) -> None:
    """Ctrl-C ends it at once; what was fetched is in the file, and the next start
    fetches the rest.
    """
    script = paste(tmp_path, server.url, range(60))
    first = await start(script)
    results = tmp_path / "results.jsonl"
    await until(lambda: results.exists() and results.read_bytes().count(b"\n") >= 10)
    first.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in (await first.communicate())[1]
    assert first.returncode != 0
    written = len(lines_of(tmp_path))
    assert 10 <= written < 60
    answered = server.stats().accepted
    await until(lambda: server.stats().in_flight == 0)
    assert (await run(script))[0] == 0
    assert server.stats().accepted == answered + 60 - written
    assert len(lines_of(tmp_path)) == 60


NOT_SETTLED = {
    *("500", "a status of nobody's", "no gzip", "no JSON", "no UTF-8", "no body"),
    *("Retry-After: no date of this world", "Retry-After: a far date"),
    *("Retry-After: 300 years", "Retry-After: infinity"),
}
"""The faults that no retry can help against, beside those that all requests meet."""


@pytest.mark.parametrize("name", FAULTS)
async def test_fault(
    name: str, healthy: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each id has its answer, or an error that says why not; a second start asks for
    just the latter.
    """
    fault, ids = FAULTS[name], list(range(12))
    monkeypatch.setattr(
        random, "uniform", lambda low, high: 0.001
    )  # no time for backoffs
    if fault.then == "silence":
        impatient = functools.partial(
            httpx.AsyncClient, headers={}, limits=httpx.Limits()
        )
        monkeypatch.setattr(
            httpx, "AsyncClient", lambda timeout, **_: impatient(timeout=SHORT)
        )
    settings = {
        "FILE": str(tmp_path / "results.jsonl"),
        "QUOTAS": [(1000, 1)],
        "LIMIT": 3,
    }
    async with FaultyPath(healthy, fault.says, fault.then, harmed=fault.harmed) as path:
        code = changed(CELL, url=f"{path.url}?id={{id}}", ids=ids, **settings)
        first = (await run_cell(code))["results"]
        await path.quiet()
        assert [outcome["id"] for outcome in first] == ids
        answered = [
            outcome["id"] for outcome in first if outcome.get("data", {}).get("args")
        ]
        failed = [outcome["id"] for outcome in first if outcome.get("error")]
        assert sorted([*answered, *failed]) == ids
        assert bool(failed) == (name in NOT_SETTLED or fault.then == "silence")
        monkeypatch.undo()
        path.recover()
        asked = asked_for(path)
        second = (await run_cell(code))["results"]
    assert all(
        outcome["data"]["args"] == {"id": str(outcome["id"])} for outcome in second
    )
    assert sorted((asked_for(path) - asked).elements()) == sorted(map(str, failed))


async def test_a_404_is_an_answer_too(healthy: PracticeServer, tmp_path: Path) -> None:
    """It is written as such, and never asked for again; a 401 is asked for again, once
    the token is right.
    """
    gone = b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"
    async with FaultyPath(healthy, gone, harmed={1}) as path:
        script = paste(tmp_path, path.url, range(5), LIMIT=1)
        assert [(await run(script))[0] for _ in range(2)] == [0, 0]
    assert asked_for(path).total() == 5
    assert [line["data"] for line in lines_of(tmp_path) if line["status"] == 404] == [
        None
    ]


async def test_401_sends_nothing_more(healthy: PracticeServer, tmp_path: Path) -> None:
    """One is enough to know that the others would not be let in; the exit status and
    the last line say so.
    """
    no = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
    async with FaultyPath(healthy, no, harmed={0}) as path:
        script = paste(tmp_path, path.url, range(5), LIMIT=1)
        status, _, err = await run(script)
        assert status == 1
        assert "'status 401'" in err.splitlines()[-1]
        assert asked_for(path).total() == 1
        assert (await run(script))[0] == 0
    assert asked_for(path).total() == 6


async def test_it_says_who_asks(listening: Listening, tmp_path: Path) -> None:
    """The token and the address come from the environment; without a token no field for
    one is sent.
    """
    for number, environment in enumerate(
        [{"API_TOKEN": "secret", "API_CONTACT": "ada@example.org"}, {}]
    ):
        script = paste(tmp_path, listening.url, [number], FILE=f"{number}.jsonl")
        assert (await run(script, **environment))[0] == 0
    first, second = listening.headers
    assert (first["User-Agent"], first["Authorization"]) == (
        "my-script/1.0 (ada@example.org)",
        "Bearer secret",
    )
    assert second["User-Agent"] == "my-script/1.0 (no address given)"
    assert "Authorization" not in second


async def test_what_a_header_cannot_hold(listening: Listening, tmp_path: Path) -> None:
    """A token read from a file ends with a newline; it is not refused, with the token
    in the results.
    """
    script = paste(tmp_path, listening.url, [1])
    assert (await run(script, API_TOKEN="secret\r\n", API_CONTACT="Ada Müller"))[0] == 0
    (headers,) = listening.headers
    assert headers["Authorization"] == "Bearer secret"
    assert (
        headers["User-Agent"].encode("latin-1").decode() == "my-script/1.0 (Ada Müller)"
    )
    assert "secret" not in (tmp_path / "results.jsonl").read_text(encoding="utf-8")


async def test_progress_with_tqdm(healthy: PracticeServer, tmp_path: Path) -> None:
    """Where tqdm is installed its bar is shown, and no lines."""
    status, out, err = await run(paste(tmp_path, healthy.url, range(5)))
    assert (status, out) == (0, "")
    assert "5/5" in err


# ---- Bad input


async def test_no_ids(healthy: PracticeServer, tmp_path: Path) -> None:
    """There is nothing to do, and it says so."""
    status, _, err = await run(paste(tmp_path, healthy.url, []))
    assert status == 1
    assert err.splitlines()[-1].startswith("AssertionError: nothing to fetch")


async def test_an_address_without_id(healthy: PracticeServer, tmp_path: Path) -> None:
    """One address for all ids: results are kept by address, so all but one would be
    lost.
    """
    script = paste(tmp_path, healthy.url, range(5))
    script.write_text(script.read_text().replace("?id={id}", ""))
    status, _, err = await run(script)
    assert (status, err.splitlines()[-1][-14:]) == (1, "no {id} in URL")
    assert healthy.stats().started == 0


async def test_an_address_with_other_braces(
    healthy: PracticeServer, tmp_path: Path
) -> None:
    """Only {id} is filled in; a filter in braces stays as it is."""
    assert (await run(paste(tmp_path, f"{healthy.url}?where={{a}}&", [5])))[0] == 0
    assert lines_of(tmp_path)[0]["data"]["args"]["where"] == "{a}"


async def test_ids_of_every_kind(healthy: PracticeServer, tmp_path: Path) -> None:
    """A slash, a space, letters from everywhere and a number reach the API as they are;
    twice is once.
    """
    ids = ["a/b", "ü ß", "日本", "100%", "?&#", 7, "a/b", "7"]
    assert (await run(paste(tmp_path, healthy.url, ids)))[0] == 0
    got = {str(line["id"]): line["data"]["args"]["id"] for line in lines_of(tmp_path)}
    assert got == {str(id): str(id) for id in ids}
    assert healthy.stats().started == 6


async def test_an_id_of_dots_stays_in_its_place(
    healthy: PracticeServer, tmp_path: Path
) -> None:
    """In a path, "." and ".." would mean a folder: they reach the API as the ids that
    they are.
    """
    async with FaultyPath(healthy, b"", harmed=()) as path:
        script = tmp_path / "my_script.py"
        script.write_text(
            changed(SCRIPT, url=f"{path.url}/{{id}}", ids=["..", ".", "a.b"], LIMIT=1)
        )
        assert (await run(script))[0] == 0
    sent = [head.split()[1] for head in path.heads]
    assert sent == ["/get/%2E%2E", "/get/%2E", "/get/a%2Eb"]


OURS = '{"id": 1, "url": "URL?id=1", "status": 200, "data": {}}\n'
NOT_OURS = {
    "no JSON": "id,value\n1,2\n",
    "JSON, but no lines of ours": '{"a": 1}\n',
    "one line, and no end to it": '{"a": 1}',
    "a text": "dear diary",
    "a broken line in the middle": OURS + '{"id": 2, "u\n' + OURS.replace("1", "3"),
    "another id": OURS + OURS.replace("1", "99"),
    "another address": OURS.replace("URL", "http://127.0.0.1/other"),
    "no ASCII": "Köln\n",
}


@pytest.mark.parametrize("text", NOT_OURS.values(), ids=list(NOT_OURS))
async def test_a_file_with_something_else(
    text: str, healthy: PracticeServer, tmp_path: Path
) -> None:
    """It is left alone, nothing is sent, and the error says what to do."""
    file = tmp_path / "results.jsonl"
    file.write_text(text := text.replace("URL", healthy.url))
    status, _, err = await run(paste(tmp_path, healthy.url, [1, 2, 3]))
    wanted = (
        "ValueError: 'results.jsonl' is in use, or holds something else: "
        "name another file"
    )
    assert (status, err.splitlines()[-1]) == (1, wanted)
    assert (file.read_text(), healthy.stats().started) == (text, 0)


@pytest.mark.skipif(os.name != "posix", reason="files are locked otherwise there")
async def test_two_at_once(server: PracticeServer, tmp_path: Path) -> None:
    """While one start writes to the file, a second one ends with a word, and sends
    nothing.
    """
    server.latency = 600
    script = paste(tmp_path, server.url, [1])
    first = await start(script)
    await until(lambda: server.stats().in_flight == 1)
    status, _, err = await run(script)
    assert status == 1
    assert "'results.jsonl' is in use" in err.splitlines()[-1]
    assert server.stats().started == 1
    first.kill()
    await first.wait()


def test_any_cut_is_healed(
    one_server: PracticeServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever a power cut ended the file, the next start goes on from the last whole
    line.
    """
    file = tmp_path_factory.mktemp("cut") / "results.jsonl"
    code = changed(
        CELL,
        url=f"{one_server.url}?id={{id}}",
        ids=[1, 2, 3],
        FILE=str(file),
        QUOTAS=[(1000, 1)],
    )
    asyncio.run(run_cell(code))
    whole = file.read_bytes()

    @settings(max_examples=40)
    @given(st.integers(0, len(whole)))
    def check(cut: int) -> None:
        file.write_bytes(whole[:cut])
        one_server.reset()
        results = asyncio.run(run_cell(code))["results"]
        assert [outcome["status"] for outcome in results] == [200] * 3
        assert one_server.stats().started == 3 - whole[:cut].count(b"\n")
        assert sorted(
            json.loads(line)["id"] for line in file.read_text().splitlines()
        ) == [1, 2, 3]

    check()


def test_pasted_into_a_cell(healthy: PracticeServer, tmp_path: Path) -> None:
    """The notebook form in a real kernel, run twice: the second time it finds
    everything done.
    """
    file = tmp_path / "results.jsonl"
    code = changed(CELL, url=f"{healthy.url}?id={{id}}", ids=range(20), FILE=str(file))
    with kernel() as fresh:
        for _ in range(2):
            ran = fresh.run(code)
            assert (ran.status, ran.error) == ("ok", "")
            assert "nothing is missing" in ran.text
            assert fresh.value("[outcome['id'] for outcome in results]") == list(
                range(20)
            )
    assert healthy.stats().started == 20

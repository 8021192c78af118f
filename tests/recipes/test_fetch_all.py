"""The recipe `fetch_all` as a script: refused, cut off, killed and started again."""

from __future__ import annotations

import json
import random
import re
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from tests.support.faults import answer
from tests.support.faulty_path import FaultyPath, nobody_listens
from tests.support.notebook_tools import kernel
from tests.support.pasting import run, run_cell, start
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0.1, quota="sliding-window", rate=100) as server:
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


def paste(folder: Path, url: str, ids: Iterable[object], **settings: object) -> Path:
    """The script in a file of its own, with its settings changed."""
    script = folder / "my_script.py"
    code = snippet("fetch_all", URL=f"{url}?id={{id}}", IDS=list(ids), **settings)
    script.write_text(code, encoding="utf-8")
    return script


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The answers in the file, every line of which is whole."""
    text = (folder / "results.jsonl").read_text("ascii")
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def asked_for(path: FaultyPath) -> Counter[str]:
    """How often each id was asked for."""
    return Counter(re.findall(r"^GET \S*\?id=(\S+)", "\n".join(path.heads), flags=re.M))


async def test_all_ids_in_time_and_no_429(
    server: PracticeServer, tmp_path: Path
) -> None:
    """Each id is asked for once, at the rate that is allowed; the exit status is 0."""
    # A few more than the rate: a busy machine holds requests up until several arrive
    # together.
    server.rate = 30
    script = paste(tmp_path, server.url, range(60), QUOTAS=[(20, 1)])
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    assert out.splitlines() == ["60 of 60 have an answer in results.jsonl."]
    stats = server.stats()
    assert (stats.accepted, stats.refused, stats.started) == (60, 0, 60)
    lines = lines_of(tmp_path)
    assert sorted(line["id"] for line in lines) == list(range(60))
    assert all(line["data"]["args"] == {"id": str(line["id"])} for line in lines)


async def test_killed_and_started_again(server: PracticeServer, tmp_path: Path) -> None:
    """Through faults, kill -9 and a line cut short no id is lost, and none asked for
    that was written.
    """
    count = 300
    harmed = set(random.Random(7).sample(range(count), count // 50))
    server.rate = 200  # this is not about the pace, and the machine may be busy
    async with FaultyPath(server, b"", "reset", harmed=harmed) as path:
        script = paste(tmp_path, path.url, range(count))
        first = await start(script)
        await until(lambda: path.seen > count // 3)
        first.send_signal(signal.SIGKILL)
        await first.communicate()
        await path.quiet()
        written = {str(line["id"]) for line in lines_of(tmp_path)}
        assert len(written) > count // 6
        with (tmp_path / "results.jsonl").open("a") as file:
            file.write('{"key": "http')
        before, harmed_before = asked_for(path), path.harmed_count
        status, _, err = await run(script)
        assert status == 0, err
    again = asked_for(path) - before
    assert again.keys() & written == set()
    assert again.total() == count - len(written) + path.harmed_count - harmed_before
    assert sorted(line["id"] for line in lines_of(tmp_path)) == list(range(count))
    assert server.stats().refused == 0


async def test_interrupted(server: PracticeServer, tmp_path: Path) -> None:
    """Ctrl-C ends it at once, with a word in place of a traceback; the next start goes
    on from there.
    """
    script = paste(tmp_path, server.url, range(60))
    first = await start(script, tqdm=False)
    await until(lambda: server.stats().accepted >= 20)
    first.send_signal(signal.SIGINT)
    _, err = await first.communicate()
    assert err.decode() == "\nInterrupted.  The next start goes on from here.\n"
    assert first.returncode == 130
    written = len(lines_of(tmp_path))
    assert 10 <= written < 60
    answered = server.stats().accepted
    await until(lambda: server.stats().in_flight == 0)
    assert (await run(script))[0] == 0
    assert server.stats().accepted == answered + 60 - written
    assert len(lines_of(tmp_path)) == 60


async def test_a_404_is_an_answer_too(healthy: PracticeServer, tmp_path: Path) -> None:
    """It is written as such, and never asked for again."""
    async with FaultyPath(healthy, answer(404), harmed={1}) as path:
        script = paste(tmp_path, path.url, range(5), LIMIT=1)
        assert [(await run(script))[0] for _ in range(2)] == [0, 0]
    assert asked_for(path).total() == 5
    gone = [line["data"] for line in lines_of(tmp_path) if line["status"] == 404]
    assert gone == [None]


async def test_401_sends_nothing_more(healthy: PracticeServer, tmp_path: Path) -> None:
    """One is enough to know that the others would not be let in; the script says so,
    and which ids are missing.
    """
    body = b'{"error": {"message": "The token has expired."}}'
    async with FaultyPath(healthy, answer(401, body=body), harmed={0}) as path:
        script = paste(tmp_path, path.url, range(5), LIMIT=1)
        status, out, err = await run(script, tqdm=False)
        assert (status, err) == (1, "")
        assert out.splitlines() == [
            "0 of 5 have an answer in results.jsonl.",
            "5 missing (0, 1, 2, 3, 4): given up: status 401: "
            "The token has expired. (is the token right?)",
            "The next start asks for these only.",
        ]
        assert asked_for(path).total() == 1
        assert (await run(script))[0] == 0
    assert asked_for(path).total() == 6


async def test_no_money_left(tmp_path: Path) -> None:
    """When the API says that no wait will help, no more is sent than was in flight, and
    the script says why in the API's own words.
    """
    with PracticeServer(latency=0.1, dialect="openai", exhausted=True) as spent:
        script = paste(tmp_path, spent.url, range(500), LIMIT=5)
        status, out, err = await run(script, tqdm=False)
        assert spent.stats().started <= 5
    assert (status, err) == (1, "")
    answered, missing, _what_next = out.splitlines()
    assert answered == "0 of 500 have an answer in results.jsonl."
    assert missing.startswith(
        "500 missing (0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 490 more):"
    )
    assert "given up: status 429: You exceeded your current quota" in missing


async def test_a_dead_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, the run ends once one id has failed eight times, and says
    why.
    """
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.001)
    with nobody_listens() as url:
        settings = {"URL": f"{url}?id={{id}}", "RESULTS": str(tmp_path / "out.jsonl")}
        cell = snippet("fetch_all", notebook=True, **settings)
        results = (await run_cell(cell))["results"]
    (error,) = {outcome["error"] for outcome in results}
    assert error.startswith("given up: the API has never answered: Connect")
    assert len(results) == 3000


class Listening(PracticeServer):
    """Keeps the headers of each request, which its answers show without secrets."""

    def __init__(self) -> None:
        self.headers: list[Headers] = []
        super().__init__(latency=0)

    async def get(self, request: Request) -> Response:
        """Keep the headers, and answer as usual."""
        self.headers.append(request.headers)
        return await super().get(request)


async def test_it_says_who_asks(tmp_path: Path) -> None:
    """A key comes from the environment; one from a file ends with a new line, and an
    address may have any letters.
    """
    environment = {"API_TOKEN": "secret\r\n", "API_CONTACT": "Ada Müller"}
    headers = {
        "User-Agent": "my-script/1.0 ($API_CONTACT)",
        "Authorization": "Bearer $API_TOKEN",
    }
    with Listening() as listening:
        for number, settings in enumerate([{"HEADERS": headers}, {}]):
            script = paste(tmp_path, listening.url, [number], **settings)
            assert (await run(script, **environment))[0] == 0
    first, second = listening.headers
    assert first["Authorization"] == "Bearer secret"
    agent = first["User-Agent"].encode("latin-1").decode()
    assert agent == "my-script/1.0 (Ada Müller)"
    assert second["User-Agent"] == "my-script/1.0 (no address given)"
    assert "Authorization" not in second
    assert "secret" not in (tmp_path / "results.jsonl").read_text("utf-8")


async def test_progress_with_tqdm(healthy: PracticeServer, tmp_path: Path) -> None:
    """Where tqdm is installed its bar is shown; elsewhere a line for each hundred."""
    status, out, err = await run(paste(tmp_path, healthy.url, range(5)))
    assert (status, len(out.splitlines())) == (0, 1)
    assert "5/5" in err
    script = paste(tmp_path, healthy.url, range(205), QUOTAS=[(1000, 1)])
    status, out, err = await run(script, tqdm=False)
    assert (status, out.splitlines()[:2], err) == (0, ["100 of 205", "200 of 205"], "")


# ---- Bad input


async def test_no_ids(healthy: PracticeServer, tmp_path: Path) -> None:
    """There is nothing to do, and it says so."""
    status, out, err = await run(paste(tmp_path, healthy.url, []), tqdm=False)
    assert (status, err) == (0, "")
    assert out == "Nothing to do: the list is empty.\n"


async def test_an_address_without_id(healthy: PracticeServer, tmp_path: Path) -> None:
    """With one address for all ids it says what is wrong, and sends nothing."""
    script = paste(tmp_path, healthy.url, range(5))
    script.write_text(script.read_text().replace("?id={id}", ""))
    status, _, err = await run(script)
    assert status == 1
    assert err.startswith("Nothing was sent: URL must have {id} where the id goes, got")
    assert healthy.stats().started == 0


async def test_ids_of_every_kind(healthy: PracticeServer, tmp_path: Path) -> None:
    """A slash, a space, letters from everywhere and a number reach the API as they are;
    twice is once.
    """
    ids = ["a/b", "ü ß", "日本", "100%", "?&#", 7, "a/b", "7"]
    script = paste(tmp_path, f"{healthy.url}?where={{a}}&", ids)
    assert (await run(script))[0] == 0
    got = {line["id"]: line["data"]["args"] for line in lines_of(tmp_path)}
    assert {str(id): args["?id"] for id, args in got.items()} == {
        str(id): str(id) for id in ids
    }
    assert {args["where"] for args in got.values()} == {"{a}"}
    assert healthy.stats().started == 6


async def test_an_id_of_dots_stays_in_its_place(
    healthy: PracticeServer, tmp_path: Path
) -> None:
    """In a path, "." and ".." would mean a folder; they reach the API as the ids that
    they are.
    """
    async with FaultyPath(healthy, b"", harmed=()) as path:
        script = tmp_path / "my_script.py"
        ids = ["..", ".", "a.b", "a/b"]
        settings = {"URL": f"{path.url}/{{id}}", "IDS": ids, "LIMIT": 1}
        script.write_text(snippet("fetch_all", **settings))
        await run(script)
    sent = [head.split()[1] for head in path.heads]
    assert sent == ["/get/%2E%2E", "/get/%2E", "/get/a%2Eb", "/get/a%2Fb"]


async def test_dates_as_ids(healthy: PracticeServer, tmp_path: Path) -> None:
    """Whatever has a text is an id."""
    script = paste(tmp_path, healthy.url, [])
    days = "IDS = [date(2026, 11, day) for day in range(1, 4)]"
    code = script.read_text().replace("IDS = []", days)
    script.write_text(code.replace("import UTC, ", "import UTC, date, "))
    assert (await run(script))[0] == 0
    got = sorted(line["data"]["args"]["id"] for line in lines_of(tmp_path))
    assert got == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert (await run(script))[0] == 0
    assert healthy.stats().started == 3


def test_pasted_into_a_cell(healthy: PracticeServer, tmp_path: Path) -> None:
    """In a real kernel, run twice: the second time it finds everything done."""
    cell = snippet(
        "fetch_all",
        notebook=True,
        URL=f"{healthy.url}?id={{id}}",
        IDS=range(20),
        RESULTS=str(tmp_path / "results.jsonl"),
    )
    with kernel() as fresh:
        for _ in range(2):
            ran = fresh.run(cell)
            assert (ran.status, ran.error) == ("ok", "")
            assert "20 of 20 have an answer" in ran.text
            ids = fresh.value("[outcome['id'] for outcome in results]")
            assert ids == list(range(20))
    assert healthy.stats().started == 20

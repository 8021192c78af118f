"""The recipe `paced` as a script and in a cell."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from tests.support.faults import answer
from tests.support.faulty_path import FaultyPath
from tests.support.pasting import run, run_cell, start
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    # A few more than the script sends: a busy machine holds requests up until several
    # arrive together.
    limits = {"quota": "sliding-window", "rate": 60}
    with PracticeServer(latency=0.02, **limits) as server:
        yield server


async def test_responses_come_in_order(server: PracticeServer) -> None:
    """At the rate that is allowed: no 429, and a response for each id in its place."""
    settings = {"URL": f"{server.url}?id={{id}}", "QUOTAS": [(40, 1)]}
    cell = snippet("paced", notebook=True, IDS=range(100), **settings)
    responses = (await run_cell(cell))["results"]
    assert all(isinstance(response, httpx.Response) for response in responses)
    ids = [response.json()["args"]["id"] for response in responses]
    assert ids == [str(number) for number in range(100)]
    assert server.stats().refused == 0


async def test_a_failure_takes_nothing_with_it(
    server: PracticeServer, tmp_path: Path
) -> None:
    """The others get their responses; the script counts what failed, and its exit
    status is 1.
    """
    async with FaultyPath(server, answer(500), harmed={3}) as path:
        script = tmp_path / "my_script.py"
        script.write_text(snippet("paced", URL=f"{path.url}?id={{id}}", IDS=range(8)))
        status, out, err = await run(script)
        path.recover()
        assert (await run(script))[0] == 0
    assert (status, err) == (1, "")
    assert out == "Counter({'status 200': 7, 'status 500': 1})\n"


async def test_no_ids(server: PracticeServer, tmp_path: Path) -> None:
    """There is nothing to do, and it says so."""
    script = tmp_path / "my_script.py"
    script.write_text(snippet("paced", URL=f"{server.url}?id={{id}}", IDS=[]))
    assert await run(script) == (0, "Nothing to fetch: IDS is empty.\n", "")


async def test_interrupted(server: PracticeServer, tmp_path: Path) -> None:
    """Ctrl-C ends it with a sentence in place of a traceback: what it costs."""
    server.latency = 600
    script = tmp_path / "my_script.py"
    script.write_text(snippet("paced", URL=f"{server.url}?id={{id}}", IDS=range(8)))
    process = await start(script)
    await until(lambda: server.stats().in_flight == 8)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert err == b"\nInterrupted.  To keep the answers, use fetch_all.\n"

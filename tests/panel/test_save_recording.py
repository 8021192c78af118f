"""A panel's run kept in a file: the same run comes out of it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import naive, semaphore
from inflight_lab.runs.recording import load
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

RUNNERS = {
    "naive": naive.make_many_requests,
    "semaphore": semaphore.make_many_requests,
}


async def test_the_file_has_what_the_run_was(
    server: PracticeServer, tmp_path: Path
) -> None:
    """Counts, levels, quota and each event are the run's."""
    server.latency = 0.05
    server.quota = "sliding-window"
    server.rate = 12
    server.period = 2
    server.max_concurrent = 15
    server.tokens = 2000
    panel = Panel(RUNNERS, server=server, count=20)
    await panel.start()
    panel.save_recording(tmp_path / "run.json")
    runs = load(tmp_path / "run.json")
    assert list(runs) == list(RUNNERS)
    for name, lane in panel.lanes.items():
        run = runs[name]
        assert run == lane.feed.run
        assert run.counts.refused > 0
        assert not run.live
        assert run.terms == [lane.server.terms]
        assert len(run.levels["limit"]) == (name == "semaphore")
    panel.close()


async def test_failures_and_cancels_are_recorded_too(tmp_path: Path) -> None:
    """A refused connection, and requests that were stopped, sent or not."""

    async def two_fail(
        url: str, count: int, *, client: httpx.AsyncClient, limiter: Any
    ) -> Sequence[object]:
        nobody = asyncio.gather(
            *(client.get("http://127.0.0.1:1") for _ in range(2)),
            return_exceptions=True,
        )
        return await nobody + await semaphore.make_many_requests(
            url, count - 2, client=client, limiter=limiter, return_exceptions=True
        )

    with PracticeServer(latency=600) as server:
        panel = Panel(two_fail, server=server, count=6)
        panel.start()
        await until(lambda: server.timeline.in_flight == 3)
        panel.stop()
        await panel.start()
        panel.save_recording(tmp_path / "run.json")
        panel.close()
    (run,) = load(tmp_path / "run.json").values()
    assert (run.counts.failed, run.counts.cancelled) == (2, 4)
    ended = Counter[str]()
    for event in run.events:
        if event.outcome:
            ended[event.outcome] += event.request_count
    assert ended == {"failed": 2, "cancelled": 4}


async def test_the_last_run_is_recorded_and_no_other(
    server: PracticeServer, tmp_path: Path
) -> None:
    """Neither what came before it nor what the server saw after it."""
    path = tmp_path / "run.json"
    panel = Panel(semaphore.make_many_requests, server=server, count=3)
    for _ in range(2):
        await panel.start()
    server.timeline.answer(server.timeline.send(), 500)
    panel.lanes[""].feed.send_all()  # a view that comes late
    panel.save_recording(path)
    (run,) = load(path).values()
    what = Counter(event.what for event in run.events)
    assert what == dict.fromkeys(("taken", "sent", "arrived", "answered", "freed"), 3)
    await panel.reset()
    with pytest.raises(ValueError, match="no run to record"):
        panel.save_recording(path)
    panel.close()


async def test_nothing_to_record(server: PracticeServer, tmp_path: Path) -> None:
    """A panel that has not run says so, and writes no file."""
    panel = Panel(semaphore.make_many_requests, server=server)
    with pytest.raises(ValueError, match="no run to record"):
        panel.save_recording(tmp_path / "run.json")
    assert not os.listdir(tmp_path)
    panel.close()

"""A run kept in a file and shown again: the same run, and nothing is sent."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab import Panel, PracticeServer, Replay
from inflight_lab.panel import replay as replay_module
from inflight_lab.panel.replay import RECORDINGS
from inflight_lab.runners import naive, semaphore
from inflight_lab.runs.columns import to_columns
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.recording import load, save
from inflight_lab.runs.run import RequestEvent, Run
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

THEIRS = sorted(RECORDINGS.glob("*.json"))
RUNNERS = {
    "naive": naive.make_many_requests,
    "semaphore": semaphore.make_many_requests,
}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A file with two short runs."""
    path = tmp_path / "two.json"
    short = Run(
        events=[RequestEvent(0.01, "sent", 0, None)],
        counts=RunStats(started=1),
        now=0.02,
    )
    save(path, {"short": short, "long": Run(counts=RunStats(started=2), now=0.05)})
    return path


def sent_by(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the page is sent from now on."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(replay, "send", messages.append)
    return messages


async def test_a_replay_has_what_the_run_was(
    server: PracticeServer, tmp_path: Path
) -> None:
    """Counts, levels, quota and each event are the run's, and no server sees more."""
    server.latency = 0.05
    server.quota = "sliding-window"
    server.rate = 12
    server.period = 2
    server.max_concurrent = 15
    server.tokens = 2000
    panel = Panel(RUNNERS, server=server, count=20)
    panel.slow = 5
    await panel.start()
    panel.save_recording(tmp_path / "run.json")
    before = [lane.server.stats() for lane in panel.lanes.values()]
    replay = Replay(tmp_path / "run.json")
    assert list(replay.runs) == list(RUNNERS)
    for name, lane in panel.lanes.items():
        run = replay.runs[name]
        assert run == lane.feed.run
        assert run.counts.refused > 0
        assert (run.slow, run.live) == (5, False)
        assert [(each.time, each.policy) for each in run.policies] == [
            (0.0, lane.server.quota_policy)
        ]
        assert len(run.levels["limit"]) == (name == "semaphore")
    assert [lane.server.stats() for lane in panel.lanes.values()] == before
    replay.close()
    panel.close()


async def test_every_view_is_sent_each_run_once_and_whole(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playing sends nothing more: the page has it all."""
    replay = Replay(two)
    messages = sent_by(replay, monkeypatch)
    replay._handle_custom_msg({"hello": True}, [])
    await replay.start()
    assert [message["lane"] for message in messages] == [0, 1]
    for message, run in zip(messages, replay.runs.values(), strict=True):
        assert message["reset"]
        assert message["run"] == to_columns(run)
    replay.close()


async def test_it_runs_for_as_long_as_the_longest_run(two: Path) -> None:
    """Then it stops by itself; Play begins anew; twice Play is one play."""
    replay = Replay(two)
    assert not replay.running
    assert replay.start() is replay.start()
    assert replay.running
    begin = asyncio.get_running_loop().time()
    await replay.start()
    assert asyncio.get_running_loop().time() - begin >= 0.04
    assert not replay.running
    assert replay._played >= 0.05, "the page stands at the end, not where it began"
    assert replay.notice.endswith("0.1 s: nothing is sent")
    replay.close()


async def test_stop_leaves_it_where_it_was(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page stops at the time that was reached, and Play begins anew."""
    monkeypatch.setattr(replay_module, "SETTLE", 600)
    replay = Replay(two)
    playing = replay.start()
    await asyncio.sleep(0)
    replay.stop()
    await asyncio.wait([playing])
    assert not replay.running
    assert replay._played >= 0, "it has begun"
    replay.start()
    assert replay.running
    replay.close()


async def test_failures_and_cancels_are_recorded_too(tmp_path: Path) -> None:
    """A refused connection, and requests that were stopped, sent or not."""

    async def two_fail(
        url: str, count: int, *, client: httpx.AsyncClient, limiter: object
    ) -> list[object]:
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


async def test_what_is_not_a_recording_is_not_shown(tmp_path: Path) -> None:
    """The error names the file, and one that is not there is an error of its own."""
    path = tmp_path / "other.json"
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"path must name a recording .*other\.json"):
        Replay(path)
    with pytest.raises(FileNotFoundError):
        Replay(tmp_path / "missing.json")


@pytest.mark.parametrize("path", THEIRS, ids=lambda path: path.stem)
async def test_the_recordings_that_come_with_the_package(path: Path) -> None:
    """Today's code reads each, and every request in it has an outcome."""
    replay = Replay(path)
    for run in replay.runs.values():
        counts = run.counts
        ended = counts.accepted + counts.refused + counts.failed + counts.cancelled
        assert ended == counts.started > 0
        told = sum(event.request_count for event in run.events if event.outcome)
        assert told == ended
    replay.close()

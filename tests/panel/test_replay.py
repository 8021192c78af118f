"""A run kept in a file and shown again: the same picture, and nothing is sent."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest

from inflight_lab import Panel, PracticeServer, Replay
from inflight_lab.panel.recording import RECORDINGS
from inflight_lab.runners import naive, semaphore
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

THEIRS = sorted(RECORDINGS.glob("*.json"))


@pytest.fixture
async def recorded(server: PracticeServer, tmp_path: Path) -> tuple[Panel, Path]:
    """A panel that has run two runners side by side, and the recording of it."""
    server.latency, server.quota, server.rate, server.max_concurrent = 0.05, "sliding-window", 12, 15
    runners = {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests}
    panel = Panel(runners, server=server, count=20)
    panel.slow_choice.value = 5
    await panel.start()
    panel.save_recording(tmp_path / "run.json")
    return panel, tmp_path / "run.json"


async def test_a_replay_tells_what_the_run_told(recorded: tuple[Panel, Path]) -> None:
    """Counts, peaks and bars are those of the run, and no server has seen a request more."""
    panel, path = recorded
    before = [lane.server.stats() for lane in panel.lanes.values()]
    replay = Replay(path)
    await replay.start()
    for name, lane in panel.lanes.items():
        ran, shown = lane.plot.recorder, replay.plots[name].recorder
        assert shown.counts() == ran.counts() | {"elapsed": pytest.approx(ran.counts()["elapsed"], abs=0.001)}
        assert shown.server.stats().refused == ran.server.stats().refused > 0
        assert [point[1:] for point in shown.history["bars"]] == [p[1:] for p in ran.history["bars"]]
        assert [point[3] for point in shown.history["limit"]] == [p[3] for p in ran.history["limit"]]
    assert [lane.server.stats() for lane in panel.lanes.values()] == before
    replay.close()
    panel.close()


async def test_a_replay_can_be_stopped_and_played_again(recorded: tuple[Panel, Path]) -> None:
    """Stop leaves it where it was; Play begins anew; twice Play is one play."""
    panel, path = recorded
    panel.close()
    replay = Replay(path)
    plot = replay.plots["semaphore"]
    assert replay.start() is replay.start()
    await until(lambda: plot.recorder.server.stats().started >= 3)
    replay.stop()
    await replay.start()
    assert plot.recorder.server.stats().accepted < 12
    await replay.start()
    assert plot.recorder.server.stats().accepted == 12
    replay.close()


async def test_failures_and_cancels_are_repeated_too(tmp_path: Path) -> None:
    """What ended without an answer ends so again: a refused connection, and requests that were stopped."""

    async def two_fail(url: str, count: int, *, client: httpx.AsyncClient, limiter: object) -> list[object]:
        nobody = asyncio.gather(*(client.get("http://127.0.0.1:1") for _ in range(2)), return_exceptions=True)
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
        counts = panel.lanes[""].plot.recorder.counts()
        panel.close()
    assert (counts["failed"], counts["cancelled"]) == (2, 4)
    replay = Replay(tmp_path / "run.json")
    await replay.start()
    assert replay.plots[""].recorder.counts() == counts | {
        "elapsed": pytest.approx(counts["elapsed"], abs=0.001)
    }
    replay.close()


async def test_nothing_to_record(server: PracticeServer, tmp_path: Path) -> None:
    """A panel that has not run says so, and writes no file."""
    panel = Panel(semaphore.make_many_requests, server=server)
    with pytest.raises(ValueError, match="no run to record"):
        panel.save_recording(tmp_path / "run.json")
    assert not os.listdir(tmp_path)
    panel.close()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "another", "runs": {}}', '{"format": 1}'])
async def test_what_is_no_recording(tmp_path: Path, text: str) -> None:
    """Another file is refused by name before anything is shown."""
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"path must name a recording.*other\.json"):
        Replay(path)


@pytest.mark.parametrize("path", THEIRS, ids=lambda path: path.stem)
async def test_the_recordings_that_come_with_the_package(path: Path) -> None:
    """Each can be played to its end by today's code, and every request in it has an outcome."""
    replay = Replay(path)
    for plot in replay.plots.values():
        plot.start()
        plot.recorder.began -= 3600  # an hour later all has happened
        plot.stop()
        counts = plot.recorder.counts()
        ended = [counts[name] for name in ("accepted", "refused", "failed", "cancelled")]
        assert sum(ended) == counts["started"] > 0
    replay.close()

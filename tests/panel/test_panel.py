"""The panel without a page: what it asks for, what it leaves behind, what it draws from."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import naive, semaphore
from tests.support.census import at_most, census
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def test_two_panels_on_one_server(server: PracticeServer) -> None:
    """Both run at once and each returns the outcomes of its own requests."""
    server.latency = 0.2
    first = Panel(semaphore.make_many_requests, server=server, count=20, limit=5)
    second = Panel(naive.make_many_requests, server=server, count=30)
    tasks = [first.start()]
    await until(lambda: first.timeline.in_flight == 5)
    tasks.append(second.start())
    await asyncio.gather(*tasks)
    for panel, count in ((first, 20), (second, 30)):
        assert len(panel.outcomes) == panel.timeline.stats().accepted == count
        panel.close()


async def test_start_during_a_run_starts_nothing(server: PracticeServer) -> None:
    """Pressing Run twice gives one run."""
    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=9, limit=3)
    assert panel.start() is panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.stop()
    await panel.start()
    panel.close()


async def run_in_turn(panel: Panel, server: PracticeServer) -> None:
    """One run to the end, one that is stopped, and one whose runner raises while requests fly."""
    (lane,) = panel.lanes.values()
    lane.runner, server.latency = semaphore.make_many_requests, 0
    await panel.start()
    assert (panel.error, len(panel.outcomes)) == (None, 30)
    server.latency = 600
    panel.start()
    await until(lambda: server.timeline.in_flight == 4)
    panel.stop()
    await panel.start()
    assert len(panel.outcomes) == panel.timeline.stats().cancelled == 30
    lane.runner, server.latency, server.quota = raises_at_a_refusal, 0.01, "sliding-window"
    await panel.start()
    assert isinstance(panel.error, ValueError)
    assert (
        panel._controls.status.value
        == "the runner raised ValueError: Unexpected Status: Http status code is 429."
    )
    assert len(panel.outcomes) == 30
    server.quota = "none"


async def raises_at_a_refusal(url: str, count: int, *, client: Any, limiter: Any) -> list[Any]:
    """A runner that loses the other outcomes, and leaves their requests in flight."""
    return list(await semaphore.make_many_requests(url, count, client=client, limiter=limiter))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux only")
async def test_runs_leave_nothing_behind(server: PracticeServer, request: pytest.FixtureRequest) -> None:
    """Ended, stopped and failed, run after run: no task, timer, thread, file or socket more, memory level."""
    server.rate = 5
    panel = Panel(semaphore.make_many_requests, server=server, count=30, limit=4)
    await run_in_turn(panel, server)
    tracemalloc.start()
    await run_in_turn(panel, server)  # from here on nothing is new
    before, memory = census(), traced()
    for _ in range(16 if request.config.getoption("--full") else 3):
        await run_in_turn(panel, server)
    await until(lambda: at_most(census(), before))
    grown = traced() - memory
    print(f"before {before}, after {census()}, memory grew by {grown / 1000:.0f} kB")
    tracemalloc.stop()
    assert grown < 200_000
    panel.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux only")
async def test_a_closed_panel_leaves_nothing_behind(server: PracticeServer) -> None:
    """A cell that is run again and again makes a panel each time: the closed ones are gone, every part."""
    before = census()
    for _ in range(3):
        panel = Panel(semaphore.make_many_requests, server=server, count=9, goals={"any": lambda _: True})
        await panel.start()
        panel.close()
    await until(lambda: at_most(census(), before))


def traced() -> int:
    """Bytes in Python's objects that can be reached."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_side_by_side(server: PracticeServer) -> None:
    """Several runners start from one click, each against a server of its own with the same knobs."""
    server.latency, server.quota, server.rate, server.period = 0.05, "sliding-window", 10, 60
    panel = Panel(
        {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests},
        server=server,
        count=20,
        limit=2,
        goals={"one after the other": lambda stats: stats.peak_in_flight <= 2},
    )
    first, second = panel.lanes.values()
    assert (second.server.rate, second.server.quota, second.server.running) == (10, "sliding-window", True)
    assert first.server.url != second.server.url
    await panel.start()
    assert [len(lane.outcomes) for lane in panel.lanes.values()] == [20, 20]
    assert [lane.server.stats().refused for lane in panel.lanes.values()] == [10, 10]
    assert [lane.goals_met["one after the other"] for lane in panel.lanes.values()] == [False, True]
    panel.rate_slider.value = 20
    await until(lambda: first.server.rate == second.server.rate == 20)
    panel.start()
    panel.stop()
    await panel.start()
    assert [first.server.stats().accepted, second.server.stats().accepted] == [0, 0], (
        "stopped before it began"
    )
    assert [len(lane.outcomes) for lane in panel.lanes.values()] == [20, 20]
    panel.close()
    assert (first.server.running, second.server.running) == (True, False)


async def test_slow_motion_slows_everything_and_ends_with_the_run(server: PracticeServer) -> None:
    """Latency, quota and the runner's own period are stretched, then as before; goals see the true time."""
    server.quota, server.rate, server.latency = "sliding-window", 10, 0.02
    seen: dict[str, float] = {}

    async def runner(
        url: str, count: int, *, client: Any, period: float = 1.0, pause: float = 0.5
    ) -> list[Any]:
        seen.update(period=period, pause=pause, latency=server.latency, of_the_quota=server.period)
        return [await client.get(url) for _ in range(count)]

    panel = Panel(runner, server=server, count=3, goals={"in time": lambda stats: stats.elapsed < 0.25})
    panel.slow_choice.value = 5
    await panel.start()
    assert seen == {"period": 5, "pause": 2.5, "latency": 0.1, "of_the_quota": 5}
    assert (server.latency, server.period) == (0.02, 1)
    assert server.stats().elapsed >= 0.25
    assert panel.goals_met == {"in time": True}
    bars = panel.lanes[""].plot.recorder.history["bars"]
    assert [status for _, _, status in bars] == [-1, 200] * 3
    panel.slow_choice.value = 1
    await panel.start()
    assert panel.lanes[""].plot.recorder.history["bars"] == []
    panel.close()


async def test_stop_right_after_start(server: PracticeServer) -> None:
    """A run that is stopped before its first request still has an outcome for each, and sends none."""
    panel = Panel(semaphore.make_many_requests, server=server, count=9)
    panel.start()
    panel.stop()
    await panel.start()
    assert [type(outcome) for outcome in panel.outcomes] == [asyncio.CancelledError] * 9
    assert server.stats().started == 0
    panel.close()


async def test_reset_puts_everything_back(server: PracticeServer) -> None:
    """Sliders, counters, goals and the server's knobs are where they began."""
    panel = Panel(semaphore.make_many_requests, server=server, count=20, goals={"any": lambda _: True})
    await panel.start()
    assert panel.goals_met == {"any": True}
    panel.latency_slider.value, panel.limit_slider.value = 1.5, 40
    await until(lambda: server.latency == 1.5)
    await panel.reset()
    await until(lambda: server.latency == 0)
    assert (panel.limit_slider.value, panel.outcomes, panel.goals_met) == (3, [], {})
    assert server.stats().started == panel.timeline.stats().started == 0
    panel.close()


async def test_goals_are_judged_by_the_servers_numbers(server: PracticeServer) -> None:
    """A run that meets 429s misses "no 429" and meets what it meets."""
    server.quota, server.rate = "sliding-window", 10
    goals = {"20 requests": lambda stats: stats.started == 20, "no 429": lambda stats: stats.refused == 0}
    panel = Panel(naive.make_many_requests, server=server, count=20, goals=goals)
    await panel.start()
    assert panel.goals_met == {"20 requests": True, "no 429": False}
    panel.close()


@pytest.mark.parametrize(
    ("runner", "server", "named"),
    [
        (lambda url, count: None, PracticeServer(), "runner"),
        (None, PracticeServer(), "runner"),
        ({}, PracticeServer(), "runner"),
        ({"one": semaphore.make_many_requests, "two": print}, PracticeServer(), "runner"),
        (semaphore.make_many_requests, "http://127.0.0.1", "server"),
    ],
)
async def test_bad_arguments(runner: Any, server: Any, named: str) -> None:
    """What is no coroutine function or no server is refused by name, and no server is started."""
    with pytest.raises(TypeError, match=named):
        Panel(runner, server=server)
    assert not (isinstance(server, PracticeServer) and server.running)

"""The panel without a page: what it asks for, what it leaves behind, what it draws
from.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import re
import sys
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from IPython.core.interactiveshell import InteractiveShell

from inflight_lab import Panel, PracticeServer, Stats
from inflight_lab.engine import run as engine_run
from inflight_lab.jupyter import cells
from inflight_lab.panel import lane as lane_module
from inflight_lab.panel.lane import Lane
from inflight_lab.runners import naive, semaphore, threaded
from inflight_lab.server import app
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


async def test_the_limit_can_be_set_while_requests_fly(server: PracticeServer) -> None:
    """More are in flight at once, and the client's timeline agrees with the server's."""
    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=9, limit=3)
    panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.limit = 5
    await until(lambda: server.timeline.in_flight == panel.timeline.in_flight == 5)
    panel.stop()
    await panel.start()
    panel.close()


async def test_the_page_hears_of_each_move(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the value is taken, is there already or is refused: until then the page
    holds its slider.
    """
    panel = Panel(semaphore.make_many_requests, server=server)
    heard: list[Any] = []
    refused: list[Any] = []
    monkeypatch.setattr(panel, "send", heard.append)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: refused.append(context["exception"])
    )
    for value in (7, 7, 0):
        panel._hear({"set": {"limit": value}})
    await until(lambda: heard == [{"settled": "limit"}] * 3)
    assert panel.limit == 7
    assert [str(error) for error in refused] == ["limit must be 1 or more, got 0"]
    panel.close()


async def run_in_turn(panel: Panel, server: PracticeServer) -> None:
    """One run to the end, one that is stopped, and one whose runner raises while
    requests fly.
    """
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
    lane.runner, server.latency, server.quota = (
        raises_at_a_refusal,
        0.01,
        "sliding-window",
    )
    await panel.start()
    assert isinstance(panel.error, ValueError)
    assert (
        panel.status
        == "the runner raised ValueError: Unexpected Status: Http status code is 429."
    )
    assert len(panel.outcomes) == 30
    server.quota = "none"


async def raises_at_a_refusal(
    url: str, count: int, *, client: Any, limiter: Any
) -> list[Any]:
    """A runner that loses the other outcomes, and leaves their requests in flight."""
    return list(
        await semaphore.make_many_requests(url, count, client=client, limiter=limiter)
    )


@pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files are listed on Linux only"
)
async def test_runs_leave_nothing_behind(
    server: PracticeServer, request: pytest.FixtureRequest
) -> None:
    """Ended, stopped and failed, run after run: no task, timer, thread, file or socket
    more, memory level.
    """
    server.rate, server.period = 5, 60
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


@pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files are listed on Linux only"
)
async def test_a_closed_panel_leaves_nothing_behind(server: PracticeServer) -> None:
    """A cell that is run again and again makes a panel each time: the closed ones are
    gone, every part.
    """
    before = census()
    for _ in range(3):
        panel = Panel(
            semaphore.make_many_requests,
            server=server,
            count=9,
            goals={"any": lambda _: True},
        )
        await panel.start()
        panel.close()
    await until(lambda: at_most(census(), before))


async def test_a_panel_that_is_closed_in_mid_run_sends_nothing_more(
    server: PracticeServer,
) -> None:
    """Its plots end at once, the run as soon as it can: a cell that runs again finds no
    thread of theirs.
    """
    server.latency = 600
    panel = Panel(
        {"one": naive.make_many_requests, "two": naive.make_many_requests},
        server=server,
        count=9,
    )
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 9)
    panel.close()
    assert "live-plot" not in {thread.name for thread in threading.enumerate()}
    await run
    assert len(panel.outcomes) == 9


def traced() -> int:
    """Bytes in Python's objects that can be reached."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_side_by_side(server: PracticeServer) -> None:
    """Several runners start from one click, each against a server of its own with the
    same knobs.
    """
    server.latency, server.quota, server.rate, server.period = (
        0.05,
        "sliding-window",
        10,
        60,
    )
    panel = Panel(
        {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests},
        server=server,
        count=20,
        limit=2,
        goals={"one after the other": lambda stats: stats.peak_in_flight <= 2},
    )
    first, second = panel.lanes.values()
    assert (second.server.rate, second.server.quota, second.server.running) == (
        10,
        "sliding-window",
        True,
    )
    assert first.server.url != second.server.url
    await panel.start()
    assert [len(lane.outcomes) for lane in panel.lanes.values()] == [20, 20]
    assert [lane.server.stats().refused for lane in panel.lanes.values()] == [10, 10]
    assert [lane.goals_met["one after the other"] for lane in panel.lanes.values()] == [
        False,
        True,
    ]
    panel.rate = 20
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


async def test_slow_motion_slows_everything_and_ends_with_the_run(
    server: PracticeServer,
) -> None:
    """Latency, quota and the runner's own period are stretched, then as before; goals
    see the true time.
    """
    server.quota, server.rate, server.latency = "sliding-window", 10, 0.02
    seen: dict[str, float] = {}

    async def runner(
        url: str, count: int, *, client: Any, period: float = 1.0, pause: float = 0.5
    ) -> list[Any]:
        seen.update(
            period=period,
            pause=pause,
            slow=server.slow,
            of_the_quota=server.timeline.period,
        )
        return [await client.get(url) for _ in range(count)]

    panel = Panel(
        runner,
        server=server,
        count=3,
        goals={"in time": lambda stats: stats.elapsed < 0.25},
    )
    panel.slow = 5
    await panel.start()
    assert seen == {"period": 5, "pause": 2.5, "slow": 5, "of_the_quota": 5}
    assert (server.slow, server.timeline.period, server.latency, server.period) == (
        1,
        1,
        0.02,
        1,
    )
    assert server.stats().elapsed >= 0.25
    assert panel.goals_met == {"in time": True}
    assert panel.lanes[""].feed.recorder.numbered
    panel.slow = 1
    await panel.start()
    assert not panel.lanes[""].feed.recorder.numbered
    panel.close()


@pytest.mark.parametrize("slow", [1, 5, 20])
async def test_slow_motion_stretches_the_timeouts_of_the_client(
    server: PracticeServer, slow: int
) -> None:
    """The runner's client waits as long as httpx does by default, times ``slow``, for
    each step.
    """
    seen: list[httpx.Timeout] = []

    async def runner(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        seen.append(client.timeout)
        return [None] * count

    panel = Panel(runner, server=server, count=1, slow=slow)
    await panel.start()
    default = httpx.AsyncClient().timeout
    assert default.read == default.connect == default.write == default.pool
    assert seen == [httpx.Timeout(slow * default.read)]
    panel.close()


async def test_no_request_times_out_for_the_slow_motion(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that takes longer than the usual timeout, because it is slowed down,
    still comes.
    """
    monkeypatch.setattr(engine_run, "TIMEOUT", 0.5)
    server.latency = 0.04
    panel = Panel(
        semaphore.make_many_requests, server=server, count=3, limit=3, slow=20
    )
    await panel.start()
    assert [outcome.status_code for outcome in panel.outcomes] == [200] * 3
    assert server.stats().elapsed > 0.5
    panel.close()


async def test_slow_motion_of_a_runner_that_decides_its_own_pause(
    server: PracticeServer,
) -> None:
    """A default that is no number stays as it is; the run goes on, and its server is as
    fast as before.
    """

    async def runner(
        url: str, count: int, *, client: Any, pause: float | None = None
    ) -> list[Any]:
        return [pause for _ in range(count)]

    panel = Panel(runner, server=server, count=2)
    panel.slow = 5
    await panel.start()
    assert (panel.outcomes, server.slow) == ([None, None], 1)
    panel.close()


async def test_stop_right_after_start(server: PracticeServer) -> None:
    """A run that is stopped before its first request still has an outcome for each, and
    sends none.
    """
    panel = Panel(semaphore.make_many_requests, server=server, count=9)
    panel.start()
    panel.stop()
    await panel.start()
    assert [type(outcome) for outcome in panel.outcomes] == [asyncio.CancelledError] * 9
    assert server.stats().started == 0
    panel.close()


async def test_reset_puts_everything_back(server: PracticeServer) -> None:
    """Sliders, slow motion, counters, goals and the server's knobs are where they
    began.
    """
    goals = {"any": lambda _: True}
    panel = Panel(
        semaphore.make_many_requests, server=server, count=20, slow=5, goals=goals
    )
    await panel.start()
    assert panel.goals_met == {"any": True}
    panel.latency, panel.limit, panel.slow = 1.5, 40, 1
    await until(lambda: server.latency == 1.5)
    await panel.reset()
    await until(lambda: server.latency == 0)
    assert (panel.limit, panel.slow, panel.outcomes, panel.goals_met) == (3, 5, [], {})
    assert server.stats().started == panel.timeline.stats().started == 0
    panel.close()


async def test_goals_are_judged_by_the_servers_numbers(server: PracticeServer) -> None:
    """A run that meets 429s misses "no 429" and meets what it meets."""
    server.quota, server.rate, server.period = "sliding-window", 10, 60
    goals = {
        "20 requests": lambda stats: stats.started == 20,
        "no 429": lambda stats: stats.refused == 0,
    }
    panel = Panel(naive.make_many_requests, server=server, count=20, goals=goals)
    await panel.start()
    assert panel.goals_met == {"20 requests": True, "no 429": False}
    panel.close()


def shown(panel: Panel) -> list[str]:
    """The goals as they stand on the page."""
    return [goal["text"] for goal in panel._lanes[0]["goals"]]


async def test_each_goal_is_judged_by_itself(server: PracticeServer) -> None:
    """One that raises is missed, with its error beside its name; those before and after
    it are judged.
    """
    goals = {
        "answered": lambda stats: stats.accepted == 9,
        "typo": lambda stats: stats.acepted == 9,
        "exit": lambda stats: sys.exit(1),
        "fast": lambda stats: stats.elapsed < 600,
    }
    panel = Panel(semaphore.make_many_requests, server=server, count=9, goals=goals)
    await panel.start()
    assert panel.goals_met == {
        "answered": True,
        "typo": False,
        "exit": False,
        "fast": True,
    }
    assert shown(panel) == [
        "✔ answered",
        "✘ typo: AttributeError: 'Stats' object has no attribute 'acepted'",
        "✘ exit: SystemExit: 1",
        "✔ fast",
    ]
    assert panel.status.startswith("done: 9 outcomes")
    panel.close()


async def test_a_run_that_was_cut_short_meets_no_goal(server: PracticeServer) -> None:
    """Stopped, or its runner raised: what does not hold is missed, what holds so far is
    left open.
    """
    goals = {
        "under 600 s": lambda stats: stats.elapsed < 600,
        "all": lambda stats: stats.accepted == 9,
    }
    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=9, goals=goals)
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.stop()
    await run
    assert (panel.goals_met, shown(panel)) == (
        {"all": False},
        ["○ under 600 s", "✘ all"],
    )
    server.latency = 0
    await panel.start()
    assert panel.goals_met == {"under 600 s": True, "all": True}
    server.quota, server.rate, server.period = "sliding-window", 3, 60
    panel.lanes[""].runner = raises_at_a_refusal
    await panel.start()
    assert isinstance(panel.error, ValueError)
    assert (panel.goals_met, shown(panel)) == (
        {"all": False},
        ["○ under 600 s", "✘ all"],
    )
    panel.close()


async def test_the_run_ends_when_the_server_knows(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server learns late that its clients hung up; the panel's last picture has
    that in it.
    """
    at_once = app._disconnected_within

    async def late(request: Any, seconds: float) -> bool:
        left = await at_once(request, seconds)
        await asyncio.sleep(0.05)
        return left

    monkeypatch.setattr(app, "_disconnected_within", late)
    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=9, limit=3)
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.stop()
    await run
    assert (server.stats().in_flight, server.stats().cancelled) == (0, 3)
    assert panel.lanes[""].feed.recorder.history["server"][-1][3] == 0
    panel.close()


async def test_stop_says_what_became_of_the_run(server: PracticeServer) -> None:
    """Stopped, with how many outcomes, in what time, and how many of them were
    cancelled.
    """
    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=9, limit=3)
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    assert (panel.status, panel.running) == ("running", True)
    panel.stop()
    assert panel.status == "stopping …"
    await run
    assert re.fullmatch(r"stopped: 9 outcomes in \d+\.\d s, 9 cancelled", panel.status)
    assert not panel.running
    panel.close()


def with_pauses(url: str, count: int, **_: object) -> None:
    """One request after the other, and a pause after each, in which the server has
    nothing to do.
    """
    with httpx.Client() as client:
        for _ in range(count):
            client.get(url)
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("sends", "count"),
    [(threaded.make_many_requests, 40), (with_pauses, 16)],
    ids=["three", "with pauses"],
)
async def test_what_a_thread_goes_on_to_send_is_counted(
    server: PracticeServer,
    monkeypatch: pytest.MonkeyPatch,
    sends: Callable[..., object],
    count: int,
) -> None:
    """Of the count asked for: after Stop the plot goes on with the threads, until the
    server is done.
    """
    monkeypatch.setattr(lane_module, "THREADS_PAUSE", 1.0)  # far more than a pause
    server.latency = 0.07

    async def in_threads(url: str, count: int) -> object:
        return await asyncio.to_thread(sends, url, count, limit=3)

    panel = Panel(in_threads, server=server, count=count)
    feed = panel.lanes[""].feed
    run = panel.start()
    await until(lambda: server.stats().accepted >= 3)
    counts = feed.recorder.status()["counts"]
    assert (
        counts["started"]
        == count
        == counts["waiting"] + counts["in_flight"] + counts["accepted"]
    )
    assert counts["waiting"] > 0
    panel.stop()
    await run
    assert re.fullmatch(
        rf"stopped: {count} outcomes in \d+\.\d s, [1-9]\d? not answered by then",
        panel.status,
    )
    assert feed.recorder.status()["live"]
    await until(lambda: not feed.recorder.status()["live"])
    counts = feed.recorder.status()["counts"]
    assert (
        counts["started"],
        counts["accepted"],
        counts["in_flight"],
        counts["waiting"],
    ) == (
        count,
        count,
        0,
        0,
    )
    assert feed.recorder.history["waiting"][-1][3] == 0
    panel.close()


async def test_what_an_unseen_client_never_sends_is_cancelled(
    server: PracticeServer,
) -> None:
    """It has a client of its own, which Stop ends: none is left waiting or in flight,
    each is counted.
    """
    server.latency = 600

    async def own_client(url: str, count: int) -> list[object]:
        return await semaphore.make_many_requests(url, count, limit=3)

    panel = Panel(own_client, server=server, count=12)
    feed = panel.lanes[""].feed
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.stop()
    await run
    assert re.fullmatch(
        r"stopped: 12 outcomes in \d+\.\d s, 12 not answered by then", panel.status
    )
    await until(lambda: not feed.recorder.status()["live"])
    counts = feed.recorder.status()["counts"]
    assert (
        counts["started"],
        counts["cancelled"],
        counts["in_flight"],
        counts["waiting"],
    ) == (12, 12, 0, 0)
    panel.close()


async def test_the_next_run_is_not_ended_by_the_one_before(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run, while the threads of the last one still send: its plot goes on for as long
    as it runs.
    """
    server.latency = 1.5
    usual = Lane._stop_plot_when_idle
    looked: list[Lane] = []

    def stop_plot_when_idle(lane: Lane, *waiting: int) -> None:
        usual(lane, *waiting)
        looked.append(lane)

    monkeypatch.setattr(Lane, "_stop_plot_when_idle", stop_plot_when_idle)

    async def in_threads(url: str, count: int) -> list[object]:
        return await asyncio.to_thread(threaded.make_many_requests, url, count, limit=3)

    panel = Panel(in_threads, server=server, count=3)
    panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.stop()
    await until(lambda: not panel.running)
    server.latency = 1.0
    run = panel.start()
    looked.clear()
    await until(lambda: looked)  # whether the plot of the first should end
    assert panel.lanes[""].feed.recorder.status()["live"]
    await run
    assert panel.status.startswith("done: 3 outcomes")
    assert all(
        message["live"] for message in panel.lanes[""].recorded()[:-1]
    )  # nothing is the first's
    panel.close()


async def test_reset_forgets_a_run_whose_threads_go_on(server: PracticeServer) -> None:
    """Its plot, which goes on with them, leaves nothing in what is recorded."""
    server.latency = 0.5

    async def in_threads(url: str, count: int) -> list[object]:
        return await asyncio.to_thread(threaded.make_many_requests, url, count, limit=3)

    panel = Panel(in_threads, server=server, count=3)
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    panel.stop()
    await run
    await panel.reset()
    with pytest.raises(ValueError, match="there is no run to record yet"):
        panel.lanes[""].recorded()
    panel.close()


async def test_the_plot_of_an_observed_run_ends_with_it(server: PracticeServer) -> None:
    """However busy others keep the server meanwhile: they are no part of this run."""
    server.latency = 1.0
    panel = Panel(semaphore.make_many_requests, server=server, count=3)
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    server.latency = 600
    async with httpx.AsyncClient() as client:
        other = asyncio.create_task(client.get(server.url))
        await until(lambda: server.stats().started == 4)
        await run
        assert not panel.lanes[""].feed.recorder.status()["live"]
        other.cancel()
    panel.close()


async def test_a_run_that_is_done_changes_no_more(server: PracticeServer) -> None:
    """What its runner left out, of the count asked for, is cancelled as it ends, not a
    moment later.
    """

    async def half(url: str, count: int) -> list[object]:
        return await semaphore.make_many_requests(url, count // 2, limit=3)

    panel = Panel(half, server=server, count=12)
    await panel.start()
    stats = server.stats()
    assert (stats.accepted, stats.waiting, stats.cancelled) == (6, 0, 6)
    panel.close()


async def test_a_cancelled_run_is_a_stopped_one(server: PracticeServer) -> None:
    """Who interrupts the cell that awaits the run cancels it: the outcomes are kept,
    the panel is ready.
    """
    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=9, limit=3)
    run = panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert [type(outcome) for outcome in panel.outcomes] == [asyncio.CancelledError] * 9
    assert panel.status.startswith("stopped: 9 outcomes")
    panel.start().cancel()  # before its first step
    await until(lambda: not panel.running)
    server.latency = 0
    await panel.start()
    assert panel.status.startswith("done: 9 outcomes")
    panel.close()


@pytest.mark.parametrize("flying", [False, True])
async def test_a_panel_whose_cell_runs_again_forgets(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch, flying: bool
) -> None:
    """IPython's ``Out`` keeps each panel for good: after the cell ran again it keeps no
    outcome of it.
    """
    cell = [InteractiveShell(), "cell", "first run of it"]
    monkeypatch.setattr(cells, "_running_cell", lambda: tuple(cell))
    panel = Panel(semaphore.make_many_requests, server=server, count=9, limit=3)
    await panel.start()
    server.latency = 600 if flying else 0
    run = panel.start()
    await (until(lambda: server.timeline.in_flight == 3) if flying else run)
    cell[2] = "second run of it"
    cell[0].events.trigger("pre_run_cell", None)
    await run
    await until(lambda: not panel.outcomes)
    assert (panel.outcomes, panel.timeline.events, panel.comm) == ([], [], None)
    assert server.timeline.in_flight == 0


async def only_url(url: str) -> None:
    """No runner: the panel passes a count as well."""


async def one_more(url: str, count: int, *, token: str) -> None:
    """No runner: the panel has no token."""


async def yields(url: str, count: int) -> AsyncIterator[None]:
    """No runner: there is nothing to await."""
    yield


async def judge(stats: Stats) -> bool:
    """No goal: what it returns is always true."""
    return False


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            {"runner": None},
            "TypeError: runner must be a function, not called yet: write `async def run(",
        ),
        ({"runner": {}}, "TypeError: runner must be a function"),
        (
            {"runner": only_url},
            "TypeError: runner must take url and count (too many positional arguments)",
        ),
        (
            {"runner": one_more},
            "TypeError: runner must take url and count (missing a required ",
        ),
        (
            {"runner": yields},
            "TypeError: runner must return its outcomes as a list, and not yield: write",
        ),
        (
            {"runner": {"one": semaphore.make_many_requests, "two": only_url}},
            "TypeError: runner must take",
        ),
        (
            {"server": "http://127.0.0.1"},
            "TypeError: server must be a PracticeServer(...), got 'http://127.0.0.1'",
        ),
        ({"count": -5}, "ValueError: count must be 0 or more, got -5"),
        ({"count": True}, "TypeError: count must be an integer, 0 or more, got True"),
        ({"limit": 0}, "ValueError: limit must be 1 or more, got 0"),
        ({"limit": 2.5}, "TypeError: limit must be an integer, 1 or more, got 2.5"),
        ({"max_count": -1}, "ValueError: max_count must be 0 or more, got -1"),
        ({"max_limit": 0}, "ValueError: max_limit must be 1 or more, got 0"),
        (
            {"goals": []},
            "TypeError: goals must be functions of the Stats, by name, or None, got []",
        ),
        (
            {"goals": {"fast": True}},
            "TypeError: goals must be plain functions of the Stats, got 'fast': True",
        ),
        (
            {"goals": {"fast": judge}},
            "TypeError: goals must be plain functions of the Stats, got 'fast'",
        ),
    ],
)
async def test_bad_arguments(arguments: dict[str, Any], error: str) -> None:
    """One line names the argument and says what to write; no server is started, and
    nothing is left.
    """
    given = {
        "runner": semaphore.make_many_requests,
        "server": PracticeServer(),
    } | arguments
    before = census()
    with pytest.raises((TypeError, ValueError)) as caught:
        Panel(**given)
    assert f"{caught.type.__name__}: {caught.value}".startswith(error)
    del caught
    gc.collect()  # a complaint of what was made half-way would be an error here
    assert at_most(census(), before)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("limit", 0, "limit must be 1 or more, got 0"),
        ("slow", 3, "slow must be one of 1, 5, 20, got 3"),
        ("quota", "daily", "quota must be one of 'none', .*, got 'daily'"),
        ("latency", "x", "latency must be a number of seconds, 0 to 86400, got 'x'"),
    ],
)
async def test_a_bad_setting(
    server: PracticeServer, name: str, value: Any, error: str
) -> None:
    """What no slider could be moved to is refused where it is written, and the setting
    stays.
    """
    panel = Panel(semaphore.make_many_requests, server=server)
    before = getattr(panel, name)
    with pytest.raises((TypeError, ValueError), match=error):
        setattr(panel, name, value)
    assert getattr(panel, name) == before
    panel.close()


async def test_no_requests_at_all(server: PracticeServer) -> None:
    """A count of 0 is a run of nothing, and not of one."""
    panel = Panel(semaphore.make_many_requests, server=server, count=0)
    await panel.start()
    assert (panel.outcomes, server.stats().started) == ([], 0)
    assert panel.status == "done: 0 outcomes in 0.0 s"
    panel.close()


class Sender:
    """Runners that are no functions."""

    async def __call__(self, url: str, count: int, *, client: Any) -> list[Any]:
        """The object itself is one."""
        return list(await semaphore.make_many_requests(url, count, client=client))

    async def send(
        self, url: str, count: int, *, client: Any, limiter: Any
    ) -> list[Any]:
        """So is a method of it."""
        return list(
            await semaphore.make_many_requests(
                url, count, client=client, limiter=limiter
            )
        )


@functools.wraps(semaphore.make_many_requests)
def decorated(*arguments: Any, **options: Any) -> Any:
    """A decorator's wrapper, as functools has it."""
    return semaphore.make_many_requests(*arguments, **options)


def returns_a_coroutine(url: str, count: int, *, client: Any) -> Any:
    """A plain function around a coroutine function."""
    return semaphore.make_many_requests(url, count, client=client)


def returns_a_task(url: str, count: int, *, client: Any) -> Any:
    """Whatever can be awaited will do."""
    return asyncio.ensure_future(
        semaphore.make_many_requests(url, count, client=client)
    )


@pytest.mark.parametrize(
    "runner",
    [
        decorated,
        returns_a_coroutine,
        returns_a_task,
        Sender(),
        Sender().send,
        functools.partial(semaphore.make_many_requests, limit=2),
        functools.partial(Sender().send),
    ],
)
async def test_what_is_a_runner(server: PracticeServer, runner: Any) -> None:
    """Whatever takes url and count and returns something to await; its keywords are
    found as well.
    """
    panel = Panel(runner, server=server, count=9)
    await panel.start()
    assert panel.status.startswith("done: 9 outcomes in")
    assert panel.timeline.stats().accepted == server.stats().accepted == 9
    panel.close()


async def test_a_quick_drag_is_not_undone_by_a_second_panel(
    server: PracticeServer,
) -> None:
    """The other panel on a server follows a knob, and does not turn it back while a
    person drags on.
    """
    first, second = (Panel(naive.make_many_requests, server=server) for _ in range(2))
    for latency in (0.05, 0.06):
        first.latency = latency
        await asyncio.sleep(0)  # one turn of the loop: the second has just heard of it
    await until(lambda: second.latency == server.latency == 0.06)
    assert first.latency == 0.06
    for panel in (first, second):
        panel.close()


async def test_two_panels_share_the_knobs_of_their_server(
    server: PracticeServer,
) -> None:
    """Slow motion ends with the last run on it and leaves the latency as it was;
    sliders show the same.
    """
    server.latency = 0.1
    first = Panel(semaphore.make_many_requests, server=server, count=3, limit=1)
    second = Panel(semaphore.make_many_requests, server=server, count=30, limit=1)
    first.slow = second.slow = 5
    runs = [first.start()]
    await until(lambda: server.timeline.in_flight == 1)
    assert (server.slow, server.timeline.period, server.latency, server.period) == (
        5,
        5,
        0.1,
        1,
    )
    runs.append(second.start())
    both = {
        "naive": naive.make_many_requests,
        "semaphore": semaphore.make_many_requests,
    }
    third = Panel(both, server=server)
    twin = third.lanes["semaphore"].server
    assert (third.latency, twin.latency, twin.period, twin.slow) == (0.1, 0.1, 1, 1)
    second.latency = 0.02
    await until(lambda: first.latency == 0.02)
    second.quota, second.rate = "sliding-window", 150
    await until(lambda: (first.quota, first.rate) == ("sliding-window", 150))
    assert (server.latency, server.quota, server.rate) == (0.02, "sliding-window", 150)
    await runs[0]
    assert second.running
    assert server.slow == 5, "the second still runs"
    second.stop()
    await runs[1]
    assert (server.latency, server.slow) == (0.02, 1)
    assert first.latency == third.latency == twin.latency == 0.02
    for panel in (first, second, third):
        panel.close()

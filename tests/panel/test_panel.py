"""The panel without a page: a run, Stop and Reset, and several runners side by side."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

import pytest

from inflight_lab import PracticeServer
from inflight_lab.panel.lane import is_busy
from inflight_lab.plot.drawing import draw_runs
from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from inflight_lab.server import app
from tests.support.panels import OpenPanel, raises_at_a_refusal, start_until, stop
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def test_two_panels_on_one_server(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Both run at once and each returns the outcomes of its own requests."""
    server.latency = 0.2
    first = open_panel(count=20, limit=5)
    second = open_panel(naive.make_many_requests, count=30)
    run = first.start()
    await until(lambda: first.timeline.in_flight == 5)
    await asyncio.gather(run, second.start())
    for panel, count in ((first, 20), (second, 30)):
        assert len(panel.outcomes) == panel.timeline.stats().accepted == count


async def test_start_during_a_run_starts_nothing(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Pressing Run twice gives one run."""
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    assert panel.start() is panel.start()
    await until(lambda: server.timeline.in_flight == 3)
    await stop(panel)


async def test_a_run_that_cannot_begin_leaves_its_servers_free(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Of two runners one turns out not to be callable: no server stays busy."""
    panel = open_panel(
        {"sound": semaphore.make_many_requests, "broken": naive.make_many_requests}
    )
    panel.lanes["broken"].runner = cast(Any, None)
    with pytest.raises(TypeError):
        panel.start()
    assert not any(is_busy(lane.server) for lane in panel.lanes.values())


async def test_only_a_run_that_was_stopped_says_so(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """A runner that returns early leaves requests unsent too, but nobody stopped it."""

    async def sends_one(url: str, count: int, *, client: Any) -> list[Any]:
        return [await client.get(url)]

    early = open_panel(sends_one, count=9)
    await early.start()
    assert not early.lanes[""].feed.run.stopped
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    await start_until(panel, 3)
    await stop(panel)
    assert panel.lanes[""].feed.run.stopped


async def test_a_goal_and_the_sentence_have_one_clock(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """That of somebody who waits for the answers: a runner that first thinks for a
    while has taken longer than the server has worked.
    """

    async def thinks_first(url: str, count: int, *, client: Any) -> list[Any]:
        await asyncio.sleep(0.5)
        return [await client.get(url) for _ in range(count)]

    goals = {"fast": lambda stats: stats.elapsed < 0.5}
    panel = open_panel(thinks_first, count=3, goals=goals)
    await panel.start()
    (goal,) = panel._lanes[0]["goals"]
    assert goal["met"] is False
    elapsed = panel.lanes[""].feed.run.elapsed
    assert goal["seen"] == f"{elapsed:.2g} s"


async def test_side_by_side(server: PracticeServer, open_panel: OpenPanel) -> None:
    """Several runners start from one click, each against a server of its own with the
    same knobs.
    """
    server.latency, server.quota = 0.05, "sliding-window"
    server.rate, server.period = 10, 60
    panel = open_panel(
        {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests},
        count=20,
        limit=2,
        goals={"one after the other": lambda stats: stats.peak_in_flight <= 2},
    )
    first, second = panel.lanes.values()
    assert (second.server.rate, second.server.quota) == (10, "sliding-window")
    assert first.server.url != second.server.url
    await panel.start()
    for lane, one_after_the_other in ((first, False), (second, True)):
        assert len(lane.outcomes) == 20
        assert lane.server.stats().refused == 10
        assert lane.goals_met == {"one after the other": one_after_the_other}
    assert panel.status.startswith("naive: done: 20 results in")
    assert " · semaphore: done: 20 results in" in panel.status
    panel.close()
    assert (first.server.running, second.server.running) == (True, False)


async def test_a_stop_right_after_the_start_sends_nothing(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """A run that is stopped before its first request still has an outcome for each."""
    panel = open_panel(count=9)
    await stop(panel)
    kinds = [type(outcome) for outcome in panel.outcomes]
    assert kinds == [asyncio.CancelledError] * 9
    assert server.stats().started == 0


async def test_reset_puts_everything_back(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Sliders, counters, goals and the server's knobs are where they began."""
    panel = open_panel(count=20, goals={"any": lambda _: True})
    await panel.start()
    assert panel.goals_met == {"any": True}
    panel.latency, panel.limit = 1.5, 40
    await until(lambda: server.latency == 1.5)
    await panel.reset()
    await until(lambda: server.latency == 0)
    assert (panel.limit, panel.status) == (3, "ready")
    assert (panel.outcomes, panel.goals_met) == ([], {})
    assert server.stats().started == panel.timeline.stats().started == 0


async def test_goals_are_judged_by_the_servers_numbers(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """They are judged at the end of each run, cut short or not; the page has them."""
    goals = {
        "any": lambda stats: True,
        "9 answers": lambda stats: stats.accepted == 9,
    }
    server.latency = 600
    panel = open_panel(count=9, goals=goals)
    await start_until(panel, in_flight=3)
    await stop(panel)
    assert panel.goals_met == {"9 answers": False}
    server.latency = 0
    await panel.start()
    assert panel.goals_met == {"any": True, "9 answers": True}
    assert panel._lanes[0]["goals"] == [
        {"name": "any", "met": True, "seen": ""},
        {"name": "9 answers", "met": True, "seen": "9 answered"},
    ]
    server.quota, server.rate, server.period = "sliding-window", 3, 60
    panel.lanes[""].runner = raises_at_a_refusal
    await panel.start()
    assert isinstance(panel.error, ValueError)
    assert panel.goals_met == {"9 answers": False}
    assert panel.goals == goals
    (finished,) = panel._lanes[0]["tries"]
    assert finished["settings"]["count"] == 9
    assert [goal["met"] for goal in finished["goals"]] == [True, True]


async def test_the_run_ends_when_the_server_knows(
    server: PracticeServer, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
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
    panel = open_panel(count=9, limit=3)
    await start_until(panel, in_flight=3)
    await stop(panel)
    assert (server.stats().in_flight, server.stats().cancelled) == (0, 3)
    ends = [event.what for event in panel.lanes[""].feed.run.events if event.outcome]
    assert ends.count("cancelled") == 4  # three in flight, and all that waited


async def test_the_status_follows_the_run(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Ready, running, stopping and how it ended; Run and Stop know as well."""
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    assert (panel.status, panel.running) == ("ready", False)
    run = await start_until(panel, in_flight=3)
    assert (panel.status, panel.running) == ("running", True)
    panel.stop()
    assert panel.status == "stopping …"
    await run
    assert panel.status.startswith("stopped: 9 results in ")
    assert not panel.running


async def test_a_cancelled_run_is_a_stopped_one(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Who interrupts the cell that awaits the run cancels it: the outcomes are kept,
    the panel is ready.
    """
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    run = await start_until(panel, in_flight=3)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    kinds = [type(outcome) for outcome in panel.outcomes]
    assert kinds == [asyncio.CancelledError] * 9
    assert panel.status.startswith("stopped: 9 results")
    panel.start().cancel()  # before its first step
    await until(lambda: not panel.running)
    server.latency = 0
    await panel.start()
    assert panel.status.startswith("done: 9 results")


async def test_no_requests_at_all(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """A count of 0 is a run of nothing, and not of one."""
    panel = open_panel(count=0)
    await panel.start()
    assert (panel.outcomes, server.stats().started) == ([], 0)
    assert panel.status == "done: 0 results in 0.0 s"


async def test_a_panel_that_nobody_ran_shows_what_would_happen(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """With its limit, or without where there is none; nothing is sent for it."""
    server.latency, server.quota, server.rate = 0.5, "sliding-window", 10
    runners = {
        "naive": naive.make_many_requests,
        "semaphore": semaphore.make_many_requests,
        "pause": semaphore_pause.make_many_requests,
    }
    panel = open_panel(runners, count=21, limit=2)
    expected = panel._expected()
    naive_run, semaphore_run = expected["naive"], expected["semaphore"]
    assert expected["pause"].elapsed == 10 * (0.5 + 1) + 0.5  # the last is alone
    assert (naive_run.counts.refused, naive_run.elapsed) == (11, 0.5)
    assert (semaphore_run.counts.refused, semaphore_run.elapsed) == (0, 5.5)
    assert semaphore_run.counts.peak_in_flight == 2
    assert server.stats().started == 0


async def test_a_paced_runner_that_nobody_ran_is_not_refused(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """What is computed for it keeps to its own rate, in the quota and in flight."""
    server.latency, server.quota, server.rate = 0.5, "sliding-window", 10
    panel = open_panel(partial(paced.make_many_requests, rate=10), count=21, limit=20)
    (run,) = panel._expected().values()
    assert (run.counts.refused, run.counts.peak_in_flight) == (0, 5)
    assert run.elapsed == pytest.approx(20 * 0.10125 + 0.5)


@pytest.mark.parametrize(
    ("count", "says"), [(9, "Computed, not run yet"), (0, "Nothing was sent")]
)
async def test_what_would_happen_can_be_drawn(
    server: PracticeServer, open_panel: OpenPanel, count: int, says: str
) -> None:
    """Where answers take no time too, and where there is no request."""
    server.latency = 0
    panel = open_panel(count=count)
    title = draw_runs(panel._expected(), computed=True).title
    assert says in title

"""The panel without a page: a run, Stop and Reset, and several runners side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import naive, paced, semaphore, semaphore_pause, threaded
from tests.support.panels import TWO, OpenPanel, raises_at_a_refusal, start_until, stop
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


def returns_a_task(url: str, count: int, *, client: Any) -> asyncio.Future[Any]:
    """A runner, too: what it returns can be awaited."""
    sent = naive.make_many_requests(url, count, client=client)
    return asyncio.ensure_future(sent)


async def test_two_panels_on_one_server(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Both run at once, each returns the outcomes of its own requests, and the server
    counts them all, also if a third is reset meanwhile.
    """
    server.latency = 0.2
    first = open_panel(count=20, limit=5)
    second = open_panel(returns_a_task, count=30)
    run = first.start()
    await until(lambda: first.timeline.stats().accepted == 5)
    await open_panel().reset()
    await asyncio.gather(run, second.start())
    for panel, count in ((first, 20), (second, 30)):
        assert len(panel.outcomes) == panel.timeline.stats().accepted == count
    assert server.stats().accepted == 50


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
    (goal,) = panel.lanes[""].on_page()["goals"]
    assert goal["met"] is False
    elapsed = panel.lanes[""].feed.run.elapsed
    assert goal["seen"] == f"{elapsed:.2g} s"


async def test_side_by_side(
    server: PracticeServer, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several runners start from one click, each against a server of its own with the
    same knobs; the page is told whose run is whose.
    """
    server.latency, server.quota = 0.05, "sliding-window"
    server.rate, server.period = 10, 60
    goals = {"few": lambda stats: stats.peak_in_flight <= 2}
    panel = open_panel(TWO, count=20, limit=2, goals=goals)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(panel, "send", sent.append)
    first, second = panel.lanes.values()
    assert (second.server.rate, second.server.quota) == (10, "sliding-window")
    assert first.server.url != second.server.url
    await panel.start()
    for lane, few in ((first, False), (second, True)):
        assert len(lane.outcomes) == 20
        assert lane.server.stats().refused == 10
        assert lane.goals_met == {"few": few}
    ends = {each["lane"]: each["run"]["counts"]["peak_in_flight"] for each in sent}
    assert ends == {0: first.feed.run.counts.peak_in_flight, 1: 2}
    assert panel.status.startswith("naive: done: 20 results in")
    assert " · semaphore: done: 20 results in" in panel.status
    panel.close()
    assert (first.server.running, second.server.running) == (True, False)


async def test_stop_and_the_limit_reach_every_runner(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Side by side, one Stop ends each runner's run, and one slider sets all limits."""
    server.latency = 600
    runners = dict.fromkeys(("one", "two"), semaphore.make_many_requests)
    panel = open_panel(runners, count=20, limit=2)
    lanes = panel.lanes.values()
    run = panel.start()
    panel.limit = 5
    await until(lambda: [each.server.timeline.in_flight for each in lanes] == [5, 5])
    panel.stop()
    await run
    for shown in (lane.feed.run for lane in lanes):
        assert shown.stopped
        assert shown.counts.cancelled == 20
        assert [level.value for level in shown.levels["limit"]] == [2, 5]


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
    goals = {"any": lambda _: True, "9 answers": lambda stats: stats.accepted == 9}
    server.latency = 600
    panel = open_panel(count=9, goals=goals)
    await start_until(panel, in_flight=3)
    await stop(panel)
    assert panel.goals_met == {"9 answers": False}
    server.latency = 0
    panel.limit = 5
    await panel.start()
    assert panel.goals_met == {"any": True, "9 answers": True}
    seen = [goal["seen"] for goal in panel.lanes[""].on_page()["goals"]]
    assert seen == ["", "9 answered"]
    server.quota, server.rate, server.period = "sliding-window", 3, 60
    panel.lanes[""].runner = raises_at_a_refusal
    await panel.start()
    assert panel.timeline.period == 60
    assert isinstance(panel.error, ValueError)
    assert panel.goals_met == {"9 answers": False}
    (finished,) = panel.lanes[""].on_page()["tries"]
    assert (finished["settings"]["count"], finished["settings"]["limit"]) == (9, 5)


async def test_the_status_follows_the_run(
    server: PracticeServer, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready, running, stopping and how it ended; a second Run starts nothing.  The
    server learns late that its clients hung up: the last picture has that in it.
    """
    at_once = server.disconnected_within

    async def late(request: Any, seconds: float) -> bool:
        left = await at_once(request, seconds)
        await asyncio.sleep(0.05)
        return left

    monkeypatch.setattr(server, "disconnected_within", late)
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    assert (panel.status, panel.running) == ("ready", False)
    run = await start_until(panel, in_flight=3)
    assert (panel.status, panel.running) == ("running", True)
    assert panel.start() is run
    panel.stop()
    assert (panel.status, panel.notice) == ("stopping …", "")  # no line for a moment
    await run
    assert panel.status.startswith("stopped: 9 results in ")
    assert not panel.running
    assert (server.stats().in_flight, server.stats().cancelled) == (0, 3)
    stopped = panel.lanes[""].feed.run
    assert stopped.stopped
    ends = [event.what for event in stopped.events if event.outcome]
    assert ends.count("cancelled") == 4  # three in flight, and all that waited
    server.latency = 0
    await panel.start()
    assert not panel.lanes[""].feed.run.stopped


async def test_a_cell_that_waits_for_the_run_has_its_picture(
    server: PracticeServer, open_panel: OpenPanel, shown: list[dict[str, Any]]
) -> None:
    """A front end that hears only the cell that awaits a run has its picture, too."""
    panel = open_panel(count=9)
    panel._ipython_display_()
    await panel.start()
    await panel.finished()
    *_, ended, again = (output["data"]["text/plain"] for output in shown)
    assert "9 answered" in ended
    assert again == ended
    panel.count = 0  # a run of nothing, and not of one
    await panel.start()
    assert panel.status == "done: 0 results in 0.0 s"
    assert server.stats().started == 0


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


async def own_client(url: str, count: int) -> Sequence[object]:
    """A runner whose requests the panel does not see; Stop ends it."""
    return await semaphore.make_many_requests(url, count, limit=3)


async def test_what_an_unseen_client_never_sends_is_cancelled(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Of the count asked for none is left waiting or in flight: after Stop, and where
    the runner left some out.
    """

    async def half(url: str, count: int) -> Sequence[object]:
        return await own_client(url, count // 2)

    server.latency = 600
    panel = open_panel(own_client, count=12)
    await start_until(panel, in_flight=3)
    await stop(panel)
    assert panel.status.endswith("s, 12 not answered by then")
    counts = panel.lanes[""].feed.run.counts
    assert (counts.cancelled, counts.in_flight, counts.waiting) == (12, 0, 0)
    server.latency = 0
    await open_panel(half, count=12).start()
    stats = server.stats()
    assert (stats.accepted, stats.cancelled, stats.waiting) == (6, 6, 0)


async def test_threads_that_go_on_do_not_disturb_the_next_run(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Stop does not reach them: their run ends with what was answered by then."""

    async def in_threads(url: str, count: int) -> object:
        return await asyncio.to_thread(threaded.make_many_requests, url, count, limit=3)

    server.latency = 1.0
    panel = open_panel(in_threads, count=3)
    await start_until(panel, in_flight=3)
    await stop(panel)
    assert panel.status.startswith("stopped: 3 results")
    assert not panel.lanes[""].feed.run.live
    panel.lanes[""].runner = own_client
    await panel.start()
    assert panel.status.startswith("done: 3 results")
    assert panel.lanes[""].feed.run.counts.accepted == 3


async def test_the_plot_of_an_observed_run_ends_with_it(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """However busy others keep the server meanwhile: they are no part of this run."""
    server.latency = 0.5
    panel = open_panel(count=3)
    run = await start_until(panel, in_flight=3)
    server.latency = 600
    async with httpx.AsyncClient() as client:
        other = asyncio.create_task(client.get(server.url))
        await until(lambda: server.stats().started == 4)
        await run
        assert not panel.lanes[""].feed.run.live
        other.cancel()


PACED = partial(paced.make_many_requests, rate=20, period=2)
NAIVE, SEMAPHORE = TWO.values()
PAUSE = semaphore_pause.make_many_requests


@pytest.mark.parametrize(
    ("runner", "count", "limit", "says"),
    [
        (NAIVE, 21, 3, "0.5 s: 10 answered, 11 refused; at most 21"),
        (NAIVE, 150, 3, "1 s: 10 answered, 140 refused; at most 150"),
        (SEMAPHORE, 21, 2, "5.5 s: 21 answered, 0 refused; at most 2"),
        (SEMAPHORE, 0, 2, "Nothing was sent"),
        (PAUSE, 21, 2, "15.5 s: 21 answered, 0 refused; at most 2"),
        (PACED, 21, 20, "2.53 s: 21 answered, 0 refused; at most 5"),
    ],
)
async def test_a_panel_that_nobody_ran_shows_what_would_happen(
    server: PracticeServer,
    open_panel: OpenPanel,
    shown: list[dict[str, Any]],
    runner: Any,
    count: int,
    limit: int,
    says: str,
) -> None:
    """As far as limit, pause, rate and httpx's hundred connections tell; nothing is
    sent for it.
    """
    server.latency, server.quota, server.rate = 0.5, "sliding-window", 10
    open_panel(runner, count=count, limit=limit)._ipython_display_()
    assert says in shown[-1]["data"]["text/plain"]
    assert server.stats().started == 0

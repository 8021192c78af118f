"""Runs whose requests a panel does not see: from threads, or a client of their own."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from inflight_lab import Panel, PracticeServer, Stats
from inflight_lab.panel import lane as lane_module
from inflight_lab.panel.lane import Lane
from inflight_lab.runners import semaphore, threaded
from inflight_lab.runs.run import Run
from tests.support.panels import OpenPanel, in_threads, start_until, stop
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


def with_pauses(url: str, count: int, **_: object) -> None:
    """One request after the other, and a pause after each, in which the server has
    nothing to do.
    """
    with httpx.Client() as client:
        for _num in range(count):
            client.get(url)
            time.sleep(0.1)


async def own_client(url: str, count: int) -> Sequence[object]:
    """A client that the panel does not see, and that Stop ends."""
    return await semaphore.make_many_requests(url, count, limit=3)


def run_of(panel: Panel) -> Run:
    """The run that the plot shows."""
    return panel.lanes[""].feed.run


async def until_the_plot_ends(panel: Panel) -> Stats:
    """Wait for that; returns the counts that stay there."""
    await until(lambda: not run_of(panel).live)
    return run_of(panel).counts


class Threads(NamedTuple):
    """What a runner's threads do, and how many requests they send."""

    sends: Callable[..., object]
    number: int


@pytest.mark.parametrize(
    "threads",
    [Threads(threaded.make_many_requests, 40), Threads(with_pauses, 8)],
    ids=["three", "with pauses"],
)
async def test_what_a_thread_goes_on_to_send_is_counted(
    server: PracticeServer,
    open_panel: OpenPanel,
    monkeypatch: pytest.MonkeyPatch,
    threads: Threads,
) -> None:
    """Of the count asked for: after Stop the plot goes on with the threads, until the
    server is done.
    """
    monkeypatch.setattr(lane_module, "IDLE_AFTER", 1.0)  # far more than a pause
    server.latency = 0.07
    panel = open_panel(in_threads(threads.sends), count=threads.number)
    panel.start()
    await until(lambda: run_of(panel).counts.accepted >= 3)
    counts = run_of(panel).counts
    sent = counts.in_flight + counts.accepted
    assert counts.started == threads.number == counts.waiting + sent
    assert counts.waiting > 0
    await stop(panel)
    assert re.fullmatch(
        rf"stopped: {threads.number} results in \d+\.\d s, \d\d? not answered by then",
        panel.status,
    )
    assert run_of(panel).live
    counts = await until_the_plot_ends(panel)
    assert (counts.started, counts.accepted) == (threads.number, threads.number)
    assert (counts.in_flight, counts.waiting) == (0, 0)
    assert run_of(panel).levels["waiting"][-1].value == 0


async def test_what_an_unseen_client_never_sends_is_cancelled(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """None is left waiting or in flight, each is counted."""
    server.latency = 600
    panel = open_panel(own_client, count=12)
    await start_until(panel, in_flight=3)
    await stop(panel)
    assert panel.status.endswith("s, 12 not answered by then")
    counts = await until_the_plot_ends(panel)
    assert (counts.started, counts.cancelled) == (12, 12)
    assert (counts.in_flight, counts.waiting) == (0, 0)


async def test_the_next_run_is_not_ended_by_the_one_before(
    server: PracticeServer, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run, while the threads of the last one still send: its plot goes on for as long
    as it runs.
    """
    server.latency = 1.5
    usual = Lane._stop_plot_when_idle
    looked = asyncio.Event()

    def stop_plot_when_idle(lane: Lane, *waiting: int) -> None:
        usual(lane, *waiting)
        looked.set()

    monkeypatch.setattr(Lane, "_stop_plot_when_idle", stop_plot_when_idle)
    panel = open_panel(in_threads(threaded.make_many_requests), count=3)
    await start_until(panel, in_flight=3)
    await stop(panel)
    server.latency = 1.0
    run = panel.start()
    looked.clear()
    await looked.wait()  # whether the plot of the first should end
    assert run_of(panel).live
    await run
    assert panel.status.startswith("done: 3 results")
    assert run_of(panel).counts.accepted == 3  # to its end


async def test_reset_forgets_a_run_whose_threads_go_on(
    server: PracticeServer, open_panel: OpenPanel, tmp_path: Path
) -> None:
    """Its plot, which goes on with them, leaves nothing in what is recorded."""
    server.latency = 0.5
    panel = open_panel(in_threads(threaded.make_many_requests), count=3)
    await start_until(panel, in_flight=3)
    await stop(panel)
    await panel.reset()
    with pytest.raises(ValueError, match="there is no run to record yet"):
        panel.save_recording(tmp_path / "run.json")


async def test_the_plot_of_an_observed_run_ends_with_it(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """However busy others keep the server meanwhile: they are no part of this run."""
    server.latency = 1.0
    panel = open_panel(count=3)
    run = await start_until(panel, in_flight=3)
    server.latency = 600
    async with httpx.AsyncClient() as client:
        other = asyncio.create_task(client.get(server.url))
        await until(lambda: server.stats().started == 4)
        await run
        assert not run_of(panel).live
        other.cancel()


async def test_a_run_that_is_done_changes_no_more(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """What its runner left out, of the count asked for, is cancelled as it ends, not a
    moment later.
    """

    async def half(url: str, count: int) -> Sequence[object]:
        return await own_client(url, count // 2)

    await open_panel(half, count=12).start()
    stats = server.stats()
    assert (stats.accepted, stats.waiting, stats.cancelled) == (6, 0, 6)

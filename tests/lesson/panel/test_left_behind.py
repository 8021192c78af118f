"""What a panel leaves behind: nothing, run after run and panel after panel."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from inflight_lab import Panel, PracticeServer
from inflight_lab.lesson import cells
from inflight_lab.runners import naive, semaphore
from tests.support.census import at_most, census
from tests.support.panels import TWO, OpenPanel, raises_at_a_refusal, start_until, stop
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

ON_LINUX = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files are listed on Linux only"
)


async def run_in_turn(panel: Panel) -> None:
    """One run to the end, one that is stopped, and one whose runner raises while
    requests fly.
    """
    (lane,) = panel.lanes.values()
    server = panel.server
    lane.runner = semaphore.make_many_requests
    server.latency = 0
    await panel.start()
    assert (panel.error, len(panel.outcomes)) == (None, 30)
    server.latency = 600
    await start_until(panel, in_flight=4)
    await stop(panel)
    assert len(panel.outcomes) == panel.timeline.stats().cancelled == 30
    lane.runner = raises_at_a_refusal
    server.latency = 0.01
    server.quota = "sliding-window"
    await panel.start()
    assert isinstance(panel.error, ValueError)
    assert "429" in panel.status
    assert len(panel.outcomes) == 30
    server.quota = "none"


@ON_LINUX
async def test_runs_leave_nothing_behind(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Ended, stopped and failed, run after run: no task, timer, thread, file or socket
    more, memory level.
    """
    server.rate, server.period = 5, 60
    panel = open_panel(count=30, limit=4)
    await run_in_turn(panel)
    tracemalloc.start()
    await run_in_turn(panel)  # from here on nothing is new
    before, memory = census(), traced()
    for _ in range(3):
        await run_in_turn(panel)
    await until(lambda: at_most(census(), before))
    grown = traced() - memory
    tracemalloc.stop()
    print(f"before {before}, after {census()}, memory grew by {grown / 1000:.0f} kB")
    assert grown < 200_000


def traced() -> int:
    """Bytes in Python's objects that can be reached."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@ON_LINUX
async def test_a_closed_panel_leaves_nothing_behind(server: PracticeServer) -> None:
    """A cell that is run again and again makes a panel each time: nothing is left of
    the closed ones.
    """
    before = census()
    goals = {"any": lambda _: True}
    for _ in range(3):
        panel = Panel(naive.make_many_requests, server=server, count=9, goals=goals)
        await panel.start()
        panel.close()
    await until(lambda: at_most(census(), before))


async def test_a_panel_that_is_closed_in_mid_run_sends_nothing_more(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Its plots end at once, the run as soon as it can: a cell that runs again finds no
    thread of theirs.
    """
    server.latency = 600
    panel = open_panel(TWO, count=9, limit=9)
    run = await start_until(panel, in_flight=9)
    panel.close()
    assert "live-plot" not in {thread.name for thread in threading.enumerate()}
    await run
    assert len(panel.outcomes) == 9


async def test_a_panel_whose_cell_runs_again_forgets(
    server: PracticeServer, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IPython's ``Out`` keeps each panel for good: after the cell ran again it keeps no
    outcome of it, also if that was in mid-run.
    """
    cell: list[Any] = [InteractiveShell(), "cell", "first run of it"]
    monkeypatch.setattr(cells, "_running_cell", lambda: tuple(cell))
    panel = open_panel(count=9)
    await panel.start()
    assert len(panel.outcomes) == 9
    server.latency = 600
    run = await start_until(panel, in_flight=3)
    cell[2] = "second run of it"
    cell[0].events.trigger("pre_run_cell", None)
    await run
    await until(lambda: not panel.outcomes)
    assert (panel.timeline.events, panel.comm) == ([], None)
    assert server.timeline.in_flight == 0

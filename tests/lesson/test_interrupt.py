"""The kernel's interrupt, as the stop button of a notebook sends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.notebooks.notebook_tools import Kernel, kernel

SET_UP = """
import asyncio, os, signal, threading, time
from inflight_lab import Panel, PracticeServer, enable_nested_run
from inflight_lab.runners import semaphore
server = PracticeServer().start()

async def tick():  # IPython hears an interrupt when its loop wakes up
    while True:
        await asyncio.sleep(0.05)

ticking = asyncio.create_task(tick())

def interrupt_when(condition):
    def wait():
        while not condition():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=wait).start()
"""
WAIT_FOR_NOBODY = """
while server.timeline.in_flight:
    await asyncio.sleep(0.01)
"""
START_PANEL = """
server.latency = 600
panel = Panel(semaphore.make_many_requests, server=server, count=50, limit=3)
interrupt_when(lambda: server.timeline.in_flight == 3)
await panel.start()
"""
BLOCK = """
async def blocks(url, count):
    global blocking
    blocking = True
    time.sleep(600)

async def main():
    await panel.start()

enable_nested_run()
blocking = False
panel = Panel(blocks, server=server, count=5)
interrupt_when(lambda: blocking)
asyncio.run(main())
"""
WAIT_FOR_PANEL = """
while panel.running:
    await asyncio.sleep(0.01)
"""
PANEL = "(panel.running, panel.status, len(panel.outcomes))"


@pytest.fixture(scope="module")
def notebook() -> Iterator[Kernel]:
    """One kernel for all of them."""
    with kernel() as notebook:
        assert notebook.run(SET_UP).status == "ok"
        yield notebook


def test_an_interrupt_of_a_cell_that_awaits_the_panel_stops_the_run(
    notebook: Kernel,
) -> None:
    """The cell ends with an error, the run as if Stop had been pressed, and Run can be
    pressed again.
    """
    assert notebook.run(START_PANEL).status == "error"
    assert notebook.run(WAIT_FOR_PANEL + WAIT_FOR_NOBODY).status == "ok"
    running, status, outcomes = notebook.value(PANEL)
    assert (running, outcomes) == (False, 50)
    assert status.startswith("stopped: 50 results")
    assert notebook.run("server.latency = 0\nawait panel.start()").status == "ok"
    assert notebook.value(PANEL)[1].startswith("done: 50 results")


def test_an_interrupt_of_a_cell_in_which_a_runner_blocks_ends_both(
    notebook: Kernel,
) -> None:
    """There the interrupt is raised in the runner: it is the run's error, and still
    interrupts the cell.
    """
    interrupted = notebook.run(BLOCK)
    assert (interrupted.status, interrupted.error) == ("error", "KeyboardInterrupt: ")
    assert notebook.run(WAIT_FOR_PANEL).status == "ok"
    assert notebook.value(PANEL) == (False, "your code raised KeyboardInterrupt: ", 5)

"""The kernel's interrupt, as the stop button of a notebook sends it."""

from __future__ import annotations

from tests.support.notebook_tools import kernel

SET_UP = """
import asyncio, os, subprocess, threading, time
from inflight_lab import PracticeServer
from inflight_lab.runners import semaphore
server = PracticeServer(latency=600).start()

def interrupt_when_in_flight():
    while server.timeline.in_flight < 3:
        time.sleep(0.01)
    subprocess.run(["kill", "-INT", str(os.getpid())])
"""
INTERRUPTED = "threading.Thread(target=interrupt_when_in_flight).start()\n"
SEND_FIFTY = "await semaphore.make_many_requests(server.url, 50, limit=3)"
SEND_FIVE = """
server.latency = 0
await semaphore.make_many_requests(server.url, 5)
"""
WAIT_FOR_NOBODY = """
while server.timeline.in_flight:
    await asyncio.sleep(0.01)
"""


def test_an_interrupted_run_stops_and_the_next_cell_works() -> None:
    """An interrupt of an awaited run ends its requests; a client of the next cell is
    served as usual.
    """
    with kernel() as notebook:
        assert notebook.run(SET_UP).status == "ok"
        interrupted = notebook.run(INTERRUPTED + SEND_FIFTY, within=30)
        assert interrupted.status == "error"
        assert notebook.run(WAIT_FOR_NOBODY, within=30).status == "ok"
        assert notebook.run(SEND_FIVE, within=30).status == "ok"
        assert notebook.value("len(asyncio.all_tasks()) < 12")


PANEL = """
from inflight_lab import Panel
server = PracticeServer(latency=600).start()
panel = Panel(semaphore.make_many_requests, server=server, count=50, limit=3)
"""
READY = "(panel.running, panel.status, len(panel.outcomes))"


def test_an_interrupt_of_a_cell_that_awaits_the_panel_stops_the_run() -> None:
    """The cell ends with an error, the run as if Stop had been pressed, and Run can be
    pressed again.
    """
    with kernel() as notebook:
        assert notebook.run(SET_UP + PANEL).status == "ok"
        assert (
            notebook.run(INTERRUPTED + "await panel.start()", within=30).status
            == "error"
        )
        assert notebook.run(WAIT_FOR_NOBODY, within=30).status == "ok"
        disabled, status, outcomes = notebook.value(READY)
        assert (disabled, outcomes) == (False, 50)
        assert status.startswith("stopped: 50 results")
        assert (
            notebook.run("server.latency = 0\nawait panel.start()", within=30).status
            == "ok"
        )
        assert notebook.value(READY)[1].startswith("done: 50 results")


NESTED = """
from inflight_lab import enable_nested_run
enable_nested_run()
async def blocks(url, count):
    subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -INT {os.getpid()}"])
    time.sleep(600)
panel = Panel(blocks, server=server, count=5)
async def main():
    await panel.start()
asyncio.run(main())
"""


def test_an_interrupt_of_a_cell_in_which_a_runner_blocks_ends_both() -> None:
    """There the interrupt is raised in the runner: it is the run's error, and still
    interrupts the cell.
    """
    with kernel() as notebook:
        assert notebook.run(SET_UP + PANEL).status == "ok"
        interrupted = notebook.run(NESTED, within=30)
        assert (interrupted.status, interrupted.error) == (
            "error",
            "KeyboardInterrupt: ",
        )
        ended = "while panel.running:\n    await asyncio.sleep(0.01)"
        assert notebook.run(ended, within=30).status == "ok"
        assert notebook.value(READY) == (
            False,
            "your code raised KeyboardInterrupt: ",
            5,
        )

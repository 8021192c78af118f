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
WAIT_FOR_NOBODY = """
while server.timeline.in_flight:
    await asyncio.sleep(0.01)
"""


def test_an_interrupted_run_stops_and_the_next_cell_works() -> None:
    """An interrupt of an awaited run ends its requests; a client of the next cell is served as usual."""
    with kernel() as notebook:
        assert notebook.run(SET_UP).status == "ok"
        run = INTERRUPTED + "await semaphore.make_many_requests(server.url, 50, limit=3)"
        interrupted = notebook.run(run, within=30)
        assert interrupted.status == "error"
        assert notebook.run(WAIT_FOR_NOBODY, within=30).status == "ok"
        after = "server.latency = 0\nprint(len(await semaphore.make_many_requests(server.url, 5)))"
        assert notebook.run(after, within=30).status == "ok"
        assert notebook.value("len(asyncio.all_tasks()) < 12")

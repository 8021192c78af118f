"""The table of hostile runners on a virtual clock: each run ends within a second."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import NamedTuple

import httpx
import pytest

from inflight_lab import Timeline
from inflight_lab.engine.execution import Execution
from tests.support.hostile_runners import ABANDONED, COUNT, TABLE, Hostile
from tests.support.hostile_runners import as_in_a_kernel as as_in_a_kernel
from tests.support.virtual_clock import run as run_virtually
from tests.support.virtual_clock import virtual_loop
from tests.support.waiting import settle

LOOP_TURN = 0.001
"""Seconds that a turn of the event loop takes."""


class Ended(NamedTuple):
    """A run that is over, how long that took after it should end, and what is left."""

    execution: Execution
    seconds: float
    tasks_left: int


async def end(hostile: Hostile) -> Ended:
    """Let it run, stopped if it does not end by itself."""
    loop = virtual_loop()

    async def each_turn() -> None:
        while True:
            loop.stall(LOOP_TURN)
            await asyncio.sleep(0)

    turning = asyncio.create_task(each_turn())
    execution = Execution(
        hostile.runner, "http://127.0.0.1/get", COUNT, limit=3, timeline=Timeline()
    )
    outcomes = asyncio.create_task(execution.run())
    await settle()
    if hostile.stop:
        execution.stop()
    stopped = loop.time()
    await outcomes
    turning.cancel()
    await settle()
    return Ended(execution, loop.time() - stopped, len(asyncio.all_tasks()) - 1)


@pytest.mark.parametrize("name", TABLE)
def test_a_run_ends_within_a_second(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it does, there is an outcome for each request, and no task left."""
    hostile = TABLE[name]

    async def answer(
        self: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        if hostile.stop:
            await asyncio.sleep(3600)
        return httpx.Response(200)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    ended = run_virtually(end(hostile))
    assert len(ended.execution.result.outcomes) >= COUNT
    assert (ended.execution.abandoned > 0) == (ABANDONED in hostile.says)
    assert ended.execution.stopped == hostile.stop
    assert ended.seconds < 0.8  # the panel then waits for the server, up to 0.2 s
    assert ended.tasks_left == 0
    stats = ended.execution.timeline.stats()
    assert (stats.waiting, stats.in_flight) == (0, 0)


EXIT = """
import asyncio
from inflight_lab.engine import tasks

async def for_ever(make):
    while True:
        try:
            await make()
        except BaseException:
            pass

async def runner():
    asyncio.create_task(for_ever(lambda: asyncio.sleep(3600)))
    await for_ever(asyncio.Event().wait)

async def main():
    all_tasks = tasks.RunnerTasks()
    all_tasks.start(runner())
    await asyncio.sleep(0.01)
    print(all_tasks.abandon(all_tasks.alive))

asyncio.run(main())
"""


def test_a_process_that_abandoned_a_runner_can_end() -> None:
    """Python closes what is left when it ends, and a runner that catches even that
    would go on for ever.
    """
    ended = subprocess.run(
        [sys.executable, "-c", EXIT], timeout=20, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "2\n", "")

"""The table of hostile runners: after Stop the loop answers, the panel is ready, and
the page says why.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inflight_lab import Panel, PracticeServer, Timeline
from inflight_lab.engine.run import Run
from inflight_lab.runners import semaphore
from tests.support.hostile_runners import COUNT, TABLE
from tests.support.virtual_clock import run as run_virtually
from tests.support.virtual_clock import virtual_loop
from tests.support.waiting import PATIENCE, settle, until


@pytest.fixture(autouse=True)
def as_in_a_kernel() -> Iterator[None]:
    """Between cells a kernel ignores interrupts; pytest would let them end the test
    run.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.anyio
@pytest.mark.parametrize("name", TABLE)
async def test_whatever_the_runner_does(server: PracticeServer, name: str) -> None:
    """It ends, with its outcomes and one clear line; nothing of it is left, and nothing
    more is sent.
    """
    hostile, before = TABLE[name], asyncio.all_tasks()
    server.latency = 600 if hostile.stop else 0.02
    panel = Panel(hostile.runner, server=server, count=COUNT, limit=3)
    run = panel.start()
    await settle()
    if hostile.stop:
        assert panel.running
        panel.stop()
    await asyncio.wait_for(asyncio.shield(run), PATIENCE)
    for text in hostile.says:
        assert text in panel.status
    assert not panel.running
    assert len(panel.outcomes) >= COUNT
    stats = panel.timeline.stats()
    assert (stats.waiting, stats.in_flight) == (0, 0)
    assert asyncio.all_tasks() <= before
    await until(lambda: server.timeline.in_flight == 0)
    sent = -1
    async with asyncio.timeout(
        PATIENCE
    ):  # a busy server reads late what was sent before; then no more comes
        while sent != server.stats().started:
            sent = server.stats().started
            await asyncio.sleep(0.2)
    assert asyncio.all_tasks() <= before
    server.latency = 0
    panel.lanes[""].runner = semaphore.make_many_requests
    await panel.start()
    assert panel.status.startswith(f"done: {COUNT} outcomes in")
    panel.close()


@pytest.mark.parametrize(
    "name", [name for name, hostile in TABLE.items() if hostile.stop]
)
def test_a_stop_takes_less_than_a_second(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock of its own, where a turn of the event loop takes a millisecond, and
    nothing is answered.
    """

    async def never(
        self: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        await asyncio.sleep(3600)
        raise AssertionError

    async def stop_after_a_while() -> float:
        loop = virtual_loop()

        async def each_turn() -> None:
            while True:
                loop.stall(0.001)
                await asyncio.sleep(0)

        turning = asyncio.create_task(each_turn())
        run = Run(
            TABLE[name].runner,
            "http://127.0.0.1/get",
            COUNT,
            limit=3,
            timeline=Timeline(),
        )
        outcomes = asyncio.create_task(run.outcomes())
        await settle()
        run.stop()
        stopped = loop.time()
        done, _ = await outcomes
        assert len(done) >= COUNT
        turning.cancel()
        return loop.time() - stopped

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", never)
    assert (
        run_virtually(stop_after_a_while()) < 0.8
    )  # then the panel waits for the server, up to 0.2 s


@pytest.mark.anyio
async def test_the_panel_says_what_stop_cannot_reach(server: PracticeServer) -> None:
    """While a runner blocks the loop, a line that needs no loop says so; when it is
    done, so is the run.
    """
    seen = threading.Event()

    async def blocks_until_the_panel_says_so(url: str, count: int) -> list[Any]:
        assert seen.wait(PATIENCE)
        await asyncio.Event().wait()
        return []

    panel = Panel(blocks_until_the_panel_says_so, server=server, count=COUNT)
    panel.observe(lambda change: "blocked" in change["new"] and seen.set(), "status")
    run = panel.start()
    await until(seen.is_set)
    await until(lambda: panel.status == "running")
    panel.stop()
    await run
    assert panel.status.startswith("stopped: ")
    panel.close()


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
    all_of_it = tasks.Tasks()
    all_of_it.start(runner())
    await asyncio.sleep(0.01)
    print(all_of_it.let_go(all_of_it.alive))

asyncio.run(main())
"""


def test_a_process_that_let_go_of_a_runner_can_end() -> None:
    """Python closes what is left when it ends, and a runner that catches even that
    would go on for ever.
    """
    ended = subprocess.run(
        [sys.executable, "-c", EXIT], timeout=20, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "2\n", "")

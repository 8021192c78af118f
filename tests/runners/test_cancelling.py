"""Cancelling a run or one request: an outcome for each, no hang, nothing left."""

from __future__ import annotations

import asyncio
import gc
from types import ModuleType
from typing import Any

import httpx
import pytest

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause
from tests.support.waiting import PATIENCE, Gate, Hold, settle, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
LADDER = [naive, semaphore, semaphore_pause]
COUNT = 5


def each(rungs: list[ModuleType]) -> Any:
    """Run the test once per rung."""
    return pytest.mark.parametrize(
        "rung", rungs, ids=lambda rung: rung.__name__.rpartition(".")[2]
    )


def fast(rung: ModuleType) -> dict[str, float]:
    """Arguments that shorten the pause of the rung that has one."""
    return {"pause": 0.001} if rung is semaphore_pause else {}


@each(LADDER)
async def test_one_cancelled_request_is_one_outcome(rung: ModuleType) -> None:
    """A single request that is cancelled leaves a ``CancelledError`` in its place and
    harms no other.
    """
    numbers = iter(range(COUNT))

    async def answer(request: httpx.Request) -> httpx.Response:
        if next(numbers) == 2:
            task = asyncio.current_task()
            assert task
            task.cancel()
        await asyncio.sleep(0)
        return httpx.Response(200)

    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client,
    ):
        outcomes = await rung.make_many_requests(
            URL, COUNT, client=client, return_exceptions=True, **fast(rung)
        )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [httpx.Response] * 2 + [asyncio.CancelledError] + [
        httpx.Response
    ] * (COUNT - 3)


@each(LADDER)
@pytest.mark.parametrize("return_exceptions", [False, True])
async def test_a_cancelled_run_cancels_every_request(
    rung: ModuleType, return_exceptions: bool, server: PracticeServer, hold: Hold
) -> None:
    """Cancelling the run ends those in flight and those that wait; no task and no
    socket is left.
    """
    before = asyncio.all_tasks()
    run = asyncio.create_task(
        rung.make_many_requests(
            server.url, 20, return_exceptions=return_exceptions, **fast(rung)
        )
    )
    await until(lambda: server.stats().in_flight == (20 if rung is naive else 3))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await settle()
    assert asyncio.all_tasks() == before
    started = server.stats().started
    hold.release()
    await until(lambda: server.stats().in_flight == 0)
    assert server.stats().started == started == (20 if rung is naive else 3)
    gc.collect()


async def test_the_server_sees_the_cancel(server: PracticeServer) -> None:
    """A cancelled run hangs up: the server stops working for it and counts the requests
    as cancelled.
    """
    server.latency = 600
    run = asyncio.create_task(semaphore.make_many_requests(server.url, 20, limit=5))
    await until(lambda: server.stats().in_flight == 5)
    run.cancel()
    await asyncio.wait([run])
    await until(lambda: server.stats().in_flight == 0)
    assert (server.stats().started, server.stats().cancelled) == (5, 5)


@each([semaphore, semaphore_pause])
async def test_a_cancelled_run_gives_every_slot_back(rung: ModuleType) -> None:
    """After a cancelled run the same limiter serves the next one, whole."""
    limiter, observed = AdjustableLimiter(3), ObservedTransport(gate := Gate())
    async with httpx.AsyncClient(transport=observed) as client:
        run = asyncio.create_task(
            rung.make_many_requests(URL, 20, limiter=limiter, client=client)
        )
        await settle()
        assert (limiter.in_use, limiter.waiting) == (3, 17)
        run.cancel()
        await asyncio.wait([run])
        await settle()
        assert (limiter.in_use, limiter.waiting) == (0, 0)
        assert (observed.stats().started, observed.stats().cancelled) == (3, 3)
        gate.open.set()
        await rung.make_many_requests(
            URL, 6, limiter=limiter, client=client, **fast(rung)
        )
    assert observed.stats().accepted == 6
    assert observed.stats().peak_in_flight == 3


async def test_a_pausing_run_can_be_cancelled_in_its_pause() -> None:
    """Stop does not wait for the pause to end."""
    limiter = AdjustableLimiter(2)
    async with httpx.AsyncClient(transport=(gate := Gate())) as client:
        gate.open.set()
        run = asyncio.create_task(
            semaphore_pause.make_many_requests(
                URL, 9, limiter=limiter, client=client, pause=600
            )
        )
        await settle()
        assert limiter.in_use == 2
        run.cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([run])
    await settle()
    assert run.cancelled()
    assert limiter.in_use == 0

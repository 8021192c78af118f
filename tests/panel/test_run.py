"""One run of any runner: stopped, failed or left behind, it loses no outcome and leaves no task."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer, Timeline
from inflight_lab.panel.run import Run, Runner
from inflight_lab.runners import naive, semaphore, semaphore_pause
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def stop_in_flight(run: Run, in_flight: int) -> tuple[list[Any], BaseException | None]:
    """Start ``run``, stop it once so many are in flight, and return its outcomes."""
    task = asyncio.create_task(run.outcomes())
    await until(lambda: run.timeline.in_flight == in_flight)
    run.stop()
    return await task


async def in_turn(url: str, count: int, *, client: httpx.AsyncClient) -> list[httpx.Response]:
    """A learner's runner that sends one request after the other and forgets what it had when cancelled."""
    return [await client.get(url) for _ in range(count)]


async def stubborn(url: str, count: int, *, client: httpx.AsyncClient) -> list[object]:
    """A learner's runner that takes a cancelled request for a result and sleeps on it."""
    slots = asyncio.Semaphore(2)

    async def one() -> object:
        async with slots:
            try:
                return await client.get(url)
            except asyncio.CancelledError as error:
                await asyncio.Event().wait()
                return error

    return list(await asyncio.gather(*(one() for _ in range(count))))


@pytest.mark.parametrize(
    ("runner", "in_flight"),
    [
        (naive.make_many_requests, 40),
        (semaphore.make_many_requests, 3),
        (semaphore_pause.make_many_requests, 3),
        (in_turn, 1),
        (stubborn, 2),
    ],
)
async def test_a_stopped_run_returns_every_outcome(
    server: PracticeServer, runner: Runner, in_flight: int
) -> None:
    """Stop ends any runner at once, with 40 outcomes for 40 requests and no task left."""
    before = asyncio.all_tasks()
    server.latency = 600
    run = Run(runner, server.url, 40, limit=3, timeline=Timeline())
    outcomes, _ = await stop_in_flight(run, in_flight)
    assert Counter(type(outcome) for outcome in outcomes) == {asyncio.CancelledError: 40}
    stats = run.timeline.stats()
    assert (stats.started, stats.cancelled, stats.waiting, stats.in_flight) == (40, 40, 0, 0)
    await until(lambda: asyncio.all_tasks() <= before)


async def test_what_was_answered_before_the_stop_is_kept(server: PracticeServer) -> None:
    """The responses that came stand in their places, in order."""
    server.quota, server.rate = "sliding-window", 5
    run = Run(semaphore.make_many_requests, server.url, 20, limit=1, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: run.timeline.stats().accepted == 5)
    server.latency = 600
    await until(lambda: server.timeline.in_flight == 1)
    run.stop()
    outcomes, error = await task
    assert error is None
    assert all(isinstance(outcome, httpx.Response) for outcome in outcomes[:5])
    assert isinstance(outcomes[-1], asyncio.CancelledError)
    assert len(outcomes) == 20


async def test_a_pause_is_stopped_too(server: PracticeServer) -> None:
    """A task that sleeps in its slot does not hold up the end of the run."""

    async def long_pause(url: str, count: int, **keywords: Any) -> list[Any]:
        return list(await semaphore_pause.make_many_requests(url, count, pause=600, **keywords))

    run = Run(long_pause, server.url, 6, limit=2, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: run.timeline.stats().accepted == 2)
    run.stop()
    outcomes, error = await task
    assert error is None
    assert Counter(type(outcome) for outcome in outcomes) == {asyncio.CancelledError: 6}


async def test_a_runner_that_raises_leaves_nothing_behind(server: PracticeServer) -> None:
    """gather does not cancel the others when one raises; the run does, and keeps what it saw of them."""
    before = asyncio.all_tasks()
    server.quota, server.rate, server.latency = "sliding-window", 3, 0.05

    async def plain(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        return list(await naive.make_many_requests(url, count, client=client))

    run = Run(plain, server.url, 10, limit=3, timeline=Timeline())
    outcomes, error = await run.outcomes()
    assert isinstance(error, ValueError)
    assert len(outcomes) == 10
    assert run.timeline.stats().in_flight == 0
    await until(lambda: asyncio.all_tasks() <= before)


async def test_the_limit_changes_in_mid_run(server: PracticeServer) -> None:
    """Raising the run's limit lets more through at once, as the server sees it."""
    server.latency = 600
    run = Run(semaphore.make_many_requests, server.url, 30, limit=3, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: server.timeline.in_flight == 3)
    assert run.limiter
    run.limiter.limit = 17
    await until(lambda: server.timeline.in_flight == 17)
    run.stop()
    outcomes, _ = await task
    assert len(outcomes) == 30


async def test_a_cancelled_run_cancels_its_requests(server: PracticeServer) -> None:
    """Who cancels the run itself, as an interrupt does, leaves no request in flight."""
    before = asyncio.all_tasks()
    server.latency = 600
    run = Run(semaphore.make_many_requests, server.url, 9, limit=3, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: server.timeline.in_flight == 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: server.timeline.in_flight == 0)
    await until(lambda: asyncio.all_tasks() <= before)

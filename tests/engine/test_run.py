"""One run of any runner: stopped, failed or left behind, it loses no outcome and leaves
no task.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpcore
import httpx
import pytest

from inflight_lab import PracticeServer, Timeline
from inflight_lab.engine.run import KEPT, Run, Runner
from inflight_lab.observation.transport import OutsideError
from inflight_lab.runners import naive, semaphore, semaphore_pause
from tests.support.hostile_runners import for_ever
from tests.support.virtual_clock import run as run_virtually
from tests.support.virtual_clock import virtual_loop
from tests.support.waiting import settle, until

pytestmark = pytest.mark.anyio


async def stop_in_flight(
    run: Run, in_flight: int
) -> tuple[list[Any], BaseException | None]:
    """Start ``run``, stop it once so many are in flight, and return its outcomes."""
    task = asyncio.create_task(run.outcomes())
    await until(lambda: run.timeline.in_flight == in_flight)
    run.stop()
    return await task


async def in_turn(
    url: str, count: int, *, client: httpx.AsyncClient
) -> list[httpx.Response]:
    """A learner's runner that sends one request after the other and forgets what it had
    when cancelled.
    """
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
    assert Counter(type(outcome) for outcome in outcomes) == {
        asyncio.CancelledError: 40
    }
    stats = run.timeline.stats()
    assert (stats.started, stats.cancelled, stats.waiting, stats.in_flight) == (
        40,
        40,
        0,
        0,
    )
    await until(lambda: asyncio.all_tasks() <= before)


async def test_what_was_answered_before_the_stop_is_kept(
    server: PracticeServer,
) -> None:
    """The responses that came stand in their places, in order."""
    server.quota, server.rate, server.period = "sliding-window", 5, 60
    run = Run(
        semaphore.make_many_requests, server.url, 20, limit=1, timeline=Timeline()
    )
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
        return list(
            await semaphore_pause.make_many_requests(url, count, pause=600, **keywords)
        )

    run = Run(long_pause, server.url, 6, limit=2, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: run.timeline.stats().accepted == 2)
    run.stop()
    outcomes, error = await task
    assert error is None
    assert Counter(type(outcome) for outcome in outcomes) == {asyncio.CancelledError: 6}


async def test_a_runner_that_raises_leaves_nothing_behind(
    server: PracticeServer,
) -> None:
    """gather does not cancel the others when one raises; the run does, and keeps what
    it saw of them.
    """
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


async def test_a_task_is_called_what_its_coroutine_is(server: PracticeServer) -> None:
    """What asyncio prints of a learner's task names the learner's function and its
    line.
    """
    seen: list[Any] = []

    async def mine(url: str, count: int) -> list[Any]:
        task: Any = asyncio.current_task()
        seen.extend(
            (repr(task), task.get_stack(), inspect.getcoroutinestate(task.get_coro()))
        )
        return []

    async def others(url: str, count: int) -> list[Any]:
        await asyncio.create_task(mine(url, count))
        return []

    await Run(others, server.url, 1, limit=1, timeline=Timeline()).outcomes()
    described, stack, state = seen
    assert "mine() running at" in described
    assert stack[-1].f_code.co_name == "mine"
    assert state == inspect.CORO_RUNNING


async def test_a_request_may_be_sent_within_another(server: PracticeServer) -> None:
    """A body that fetches what it sends, in the same task, disturbs neither request."""
    server.latency = 0

    async def within(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        async def body() -> AsyncIterator[bytes]:
            yield (await client.get(url)).content

        return [await client.request("GET", url, content=body())]

    outcomes, error = await Run(
        within, server.url, 1, limit=1, timeline=Timeline()
    ).outcomes()
    assert error is None
    assert outcomes[0].status_code == 200


async def test_the_limit_changes_in_mid_run(server: PracticeServer) -> None:
    """Raising the run's limit lets more through at once, as the server sees it."""
    server.latency = 600
    run = Run(
        semaphore.make_many_requests, server.url, 30, limit=3, timeline=Timeline()
    )
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


@pytest.mark.parametrize(
    ("giving_up", "way"), [(0, "stop"), (20, "stop"), (0, "cancel")]
)
async def test_a_stop_does_not_search_the_pool(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch, giving_up: int, way: str
) -> None:
    """httpcore looks at each connection for each request in its queue, whenever one of
    them gives up.
    """
    looks = 0
    is_available = httpcore.AsyncHTTPConnection.is_available
    requests: list[asyncio.Task[Any]] = []

    def counted(connection: httpcore.AsyncHTTPConnection) -> bool:
        nonlocal looks
        looks += 1
        return is_available(connection)

    async def patient(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        requests.extend(
            asyncio.create_task(client.get(url, timeout=None)) for _ in range(count)
        )
        return await asyncio.gather(*requests, return_exceptions=True)

    server.latency = 600
    run = Run(patient, server.url, 150, limit=3, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: server.timeline.in_flight == 100)
    monkeypatch.setattr(httpcore.AsyncHTTPConnection, "is_available", counted)
    for request in requests[150 - giving_up :]:
        request.cancel()  # it ends in the turn of the loop in which Stop is heard
    run.stop() if way == "stop" else task.cancel()
    await asyncio.wait([task])
    assert Counter(type(outcome) for outcome in run.result[0]) == {
        asyncio.CancelledError: 150
    }
    assert (run.result[1], looks) == (None, 0)


async def test_children_that_ignore_the_cancel_do_not_lose_what_the_others_brought(
    server: PracticeServer,
) -> None:
    """They are let go of first, so that the runner's gather returns, in order, what
    there is.
    """

    async def one(number: int, url: str, client: httpx.AsyncClient) -> Any:
        if number % 2:
            return await for_ever(lambda: asyncio.sleep(3600))
        return await client.get(url)

    async def mixed(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        children = (one(number, url, client) for number in range(count))
        return await asyncio.gather(*children, return_exceptions=True)

    run = Run(mixed, server.url, 6, limit=3, timeline=Timeline())
    task = asyncio.create_task(run.outcomes())
    await until(lambda: run.timeline.stats().accepted == 3)
    run.stop()
    outcomes, error = await task
    kinds = [httpx.Response, asyncio.CancelledError] * 3
    assert ([type(outcome) for outcome in outcomes], error, run.let_go) == (
        kinds,
        None,
        3,
    )


class Deaf(asyncio.Future[None]):
    """What cannot be cancelled."""

    def cancel(self, msg: Any | None = None) -> bool:
        """No."""
        return False


def test_a_runner_that_cannot_be_woken_is_left_asleep() -> None:
    """The run ends all the same, and within its second, on a clock of its own; woken
    later, it ends.
    """

    async def stop_it() -> tuple[int, BaseException | None, float]:
        deaf, woken = Deaf(), False

        async def waits(url: str, count: int) -> None:
            nonlocal woken
            await deaf
            woken = True

        run = Run(waits, "http://127.0.0.1", 5, limit=3, timeline=Timeline())
        task = asyncio.create_task(run.outcomes())
        await settle()
        run.stop()
        stopped = virtual_loop().time()
        outcomes, error = await task
        ended = virtual_loop().time()
        deaf.set_result(None)
        await settle()
        assert not woken
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return len(outcomes), error, ended - stopped

    count, error, seconds = run_virtually(stop_it())
    assert (count, type(error)) == (5, asyncio.CancelledError)
    assert seconds < 0.8


def test_a_run_that_sends_without_end_keeps_the_last_outcomes() -> None:
    """Its memory has a bound, whatever the runner does."""

    async def insist(url: str, count: int, *, client: httpx.AsyncClient) -> None:
        while True:
            with contextlib.suppress(OutsideError):
                await client.get("http://api.example/get")

    async def twenty_seconds_of_it() -> list[Any]:
        run = Run(insist, "http://127.0.0.1", 5, limit=3, timeline=Timeline())
        task = asyncio.create_task(run.outcomes())
        await asyncio.sleep(20)
        run.stop()
        return (await task)[0]

    outcomes = run_virtually(twenty_seconds_of_it())
    assert {type(outcome) for outcome in outcomes[:-1]} == {OutsideError}
    assert len(outcomes) == KEPT

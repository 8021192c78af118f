"""One run of any runner: stopped, failed or left behind, it loses no outcome and leaves
no task.
"""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import pytest

from inflight_lab import PracticeServer, Timeline
from inflight_lab.lesson.engine.execution import MAX_EXTRA_OUTCOMES, Execution, Result
from inflight_lab.lesson.engine.runner import Runner, check_runner, takes
from inflight_lab.lesson.runs.transport import OutsideError
from inflight_lab.runners import naive, semaphore
from tests.support.hostile_runners import (
    ends_those_that_go_on as ends_those_that_go_on,
)
from tests.support.hostile_runners import for_ever, released
from tests.support.virtual_clock import run as run_virtually
from tests.support.virtual_clock import virtual_loop
from tests.support.waiting import settle, until

pytestmark = pytest.mark.anyio

NOWHERE = "http://127.0.0.1"


def execution_of(runner: Runner, url: str, count: int, *, limit: int = 3) -> Execution:
    """A run with a timeline of its own."""
    return Execution(runner, url, count, limit=limit, timeline=Timeline())


async def stopped_once(execution: Execution, condition: Callable[[], bool]) -> Result:
    """The result of a run that is stopped when a condition is met."""
    task = asyncio.create_task(execution.run())
    await until(condition)
    execution.stop()
    return await task


def kinds_of(result: Result) -> Counter[type]:
    """How many outcomes there are of each class."""
    return Counter(type(outcome) for outcome in result.outcomes)


async def stubborn(url: str, count: int, *, client: httpx.AsyncClient) -> list[object]:
    """Takes a cancelled request for a result and sleeps on it."""
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
        (stubborn, 2),
    ],
    ids=lambda value: getattr(value, "__module__", ""),
)
async def test_a_stopped_run_returns_every_outcome(
    server: PracticeServer, runner: Runner, in_flight: int
) -> None:
    """Stop ends any runner at once: 40 outcomes for 40 requests, and no task left."""
    before = asyncio.all_tasks()
    server.latency = 600
    execution = execution_of(runner, server.url, 40)
    result = await stopped_once(
        execution, lambda: execution.timeline.in_flight == in_flight
    )
    assert kinds_of(result) == {asyncio.CancelledError: 40}
    stats = execution.timeline.stats()
    assert (stats.started, stats.cancelled) == (40, 40)
    assert (stats.waiting, stats.in_flight) == (0, 0)
    await until(lambda: asyncio.all_tasks() <= before)


async def test_what_was_answered_before_the_stop_is_kept(
    server: PracticeServer,
) -> None:
    """The responses that came stand in their places, in order; each slot is free."""
    execution = execution_of(semaphore.make_many_requests, server.url, 20, limit=1)
    task = asyncio.create_task(execution.run())
    await until(lambda: execution.timeline.stats().accepted >= 5)
    server.latency = 600
    await until(lambda: server.timeline.in_flight == 1)
    answered = execution.timeline.stats().accepted
    execution.stop()
    outcomes, error = await task
    kinds = [httpx.Response] * answered + [asyncio.CancelledError] * (20 - answered)
    assert [type(outcome) for outcome in outcomes] == kinds
    assert error is None
    slots = Counter(event.kind for event in execution.timeline.events)
    assert slots["taken"] == slots["freed"]


async def test_a_stop_leaves_a_batch_its_outcomes(server: PracticeServer) -> None:
    """Where a task of the runner gathers them, that task is not cancelled before its
    requests, nor the runner while it works on them.
    """

    async def in_a_batch(url: str, count: int, *, client: httpx.AsyncClient) -> Any:
        requests = (client.get(url) for _ in range(count))
        batch = asyncio.gather(*requests, return_exceptions=True)

        async def collect() -> list[Any]:
            return await batch

        outcomes = await asyncio.create_task(collect())
        await settle()
        return outcomes

    server.latency = 600
    execution = execution_of(in_a_batch, server.url, 4)
    outcomes, error = await stopped_once(
        execution, lambda: execution.timeline.in_flight == 4
    )
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 4
    assert error is None


async def test_outcomes_stand_where_the_runner_put_them(
    server: PracticeServer,
) -> None:
    """Their order is the runner's, whichever answer came first."""
    server.latency, server.jitter = 0.05, 1

    async def numbered(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        requests = (client.get(f"{url}?n={number}") for number in range(count))
        return await asyncio.gather(*requests)

    outcomes, _ = await execution_of(numbered, server.url, 9).run()
    numbers = [outcome.json()["args"]["n"] for outcome in outcomes]
    assert numbers == [str(number) for number in range(9)]


async def test_a_stop_does_not_search_the_pool(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """httpcore looks at each connection for each request in its queue, whenever one of
    them gives up, which for hundreds takes seconds.
    """
    searched = 0
    is_available = httpcore.AsyncHTTPConnection.is_available
    requests: list[asyncio.Task[Any]] = []

    def counted(connection: httpcore.AsyncHTTPConnection) -> bool:
        nonlocal searched
        searched += 1
        return is_available(connection)

    async def patient(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        for _ in range(count):
            requests.append(asyncio.create_task(client.get(url, timeout=None)))
        return await asyncio.gather(*requests, return_exceptions=True)

    server.latency = 600
    execution = execution_of(patient, server.url, 120)
    task = asyncio.create_task(execution.run())
    await until(lambda: server.timeline.in_flight == 100)
    monkeypatch.setattr(httpcore.AsyncHTTPConnection, "is_available", counted)
    for request in requests[100:]:
        request.cancel()  # it ends in the turn of the loop in which Stop is pressed
    execution.stop()
    await asyncio.wait([task])
    assert kinds_of(execution.result) == {asyncio.CancelledError: 120}
    assert execution.result.error is None
    assert searched == 0


@pytest.mark.usefixtures("ends_those_that_go_on")
async def test_children_that_ignore_the_cancel_do_not_lose_what_the_others_brought(
    server: PracticeServer,
) -> None:
    """What was answered is among the outcomes, and how many go on is known."""

    async def one(number: int, url: str, client: httpx.AsyncClient) -> Any:
        if number % 2:
            return await for_ever(lambda: asyncio.sleep(3600))
        return await client.get(url)

    async def mixed(url: str, count: int, *, client: httpx.AsyncClient) -> list[Any]:
        children = (one(number, url, client) for number in range(count))
        return await asyncio.gather(*children, return_exceptions=True)

    execution = execution_of(mixed, server.url, 6)
    outcomes, error = await stopped_once(
        execution, lambda: execution.timeline.stats().accepted == 3
    )
    assert sum(isinstance(each, httpx.Response) for each in outcomes) == 3
    assert len(outcomes) == 6
    assert isinstance(error, asyncio.CancelledError)
    assert execution.left_running == 3 + 1  # and the one that gathers them


def test_a_run_that_sends_without_end_keeps_the_last_outcomes() -> None:
    """Its memory has a bound, whatever the runner does, and it ends within a second."""

    async def insist(url: str, count: int, *, client: httpx.AsyncClient) -> None:
        await for_ever(lambda: client.get("http://api.example/get"))

    async def twenty_seconds_of_it() -> tuple[Result, float]:
        execution = execution_of(insist, NOWHERE, 5)
        task = asyncio.create_task(execution.run())
        await asyncio.sleep(20)
        execution.stop()
        stopped = virtual_loop().time()
        result = await task
        seconds = virtual_loop().time() - stopped
        released.set()
        await settle()
        return result, seconds

    result, seconds = run_virtually(twenty_seconds_of_it())
    released.clear()
    assert 0.15 <= seconds < 0.9
    assert isinstance(result.error, asyncio.CancelledError)
    assert kinds_of(result)[OutsideError] >= MAX_EXTRA_OUTCOMES - 1
    assert len(result.outcomes) == MAX_EXTRA_OUTCOMES


# ---- the keywords that a runner takes


@functools.wraps(semaphore.make_many_requests)
def decorated(*arguments: Any, **options: Any) -> Any:
    """A decorator's wrapper, as functools makes it."""


ALL = {"client", "limiter", "return_exceptions"}


@pytest.mark.parametrize(
    ("runner", "keywords"),
    [
        (naive.make_many_requests, {"client", "return_exceptions"}),
        (decorated, ALL),
        (functools.partial(semaphore.make_many_requests, verbose=False), ALL),
        (lambda url, count, **more: None, ALL),
        (lambda url, count: None, set()),
    ],
)
def test_a_runners_keywords_are_found(runner: Any, keywords: set[str]) -> None:
    """Through a decorator, a partial and ``**`` too."""
    check_runner(runner)
    assert {name for name in ALL if takes(runner, name)} == keywords

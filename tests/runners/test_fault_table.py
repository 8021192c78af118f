"""Every runner against every fault of the table in `tests.support.faults`."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from inflight_lab import LivePlot, PracticeServer, Timeline
from inflight_lab.engine.execution import Execution
from inflight_lab.engine.runner import Runner
from inflight_lab.runners import (
    adaptive,
    budgets,
    naive,
    paced,
    resilient,
    semaphore,
    semaphore_pause,
    threaded,
    workers,
)
from inflight_lab.runs.events import RunStats
from tests.support.faults import FAULTS, LIMIT, Fault
from tests.support.faulty_path import FaultyPath, nobody_listens
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio

COUNT = 12
SHORT = httpx.Timeout(PATIENCE, read=0.05)


async def resilient_and_quick(url: str, count: int, **keywords: Any) -> list[Any]:
    """The resilient rung with backoffs of milliseconds, and two attempts where a third
    would be no better.
    """
    attempts = 2 if keywords.pop("in_vain", False) else 20
    retries = resilient.Retries(attempts=attempts, retry_budget=attempts, base=0.001)
    return await resilient.make_many_requests(url, count, retries=retries, **keywords)


RUNNERS: dict[str, Runner] = {
    "naive": naive.make_many_requests,
    "semaphore": semaphore.make_many_requests,
    "semaphore_pause": functools.partial(
        semaphore_pause.make_many_requests, pause=0.001
    ),
    "paced": functools.partial(paced.make_many_requests, rate=1000),
    "adaptive": functools.partial(adaptive.make_many_requests, rate=1000),
    "budgets": budgets.make_many_requests,
    "workers": functools.partial(workers.make_many_requests, limit=LIMIT),
    "resilient": resilient_and_quick,
}


@pytest.fixture(autouse=True)
def pauses_of_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rung waits for a second where a refusal does not say how long."""
    monkeypatch.setattr(adaptive.Refusals, "pause", 0.001)
    monkeypatch.setattr(budgets.Budgets, "backoff", 0.001)


@contextlib.asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """No task is left, and none ended in an exception that nobody looked at."""
    before, unseen = asyncio.all_tasks(), []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: unseen.append(context)
    )
    yield
    await until(lambda: asyncio.all_tasks() <= before)
    gc.collect(1)
    assert unseen == []


def with_timeout(runner: Runner, timeout: httpx.Timeout) -> Runner:
    """``runner``, with this timeout on the client that it is given."""

    @functools.wraps(runner)  # its signature tells the panel what it takes
    async def run(
        url: str, count: int, *, client: httpx.AsyncClient, **keywords: Any
    ) -> Any:
        client.timeout = timeout
        return await runner(url, count, client=client, **keywords)

    return run


@pytest.fixture(scope="module")
def one_server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0) as one_server:
        yield one_server


@pytest.fixture
def healthy(one_server: PracticeServer) -> PracticeServer:
    """One server for all, as new: to stop one takes longer than most of these tests."""
    one_server.reset()
    return one_server


each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
each_runner = pytest.mark.parametrize("name", RUNNERS)


def impatient(name: str) -> Runner:
    """The runner for faults in which every request times out, or fails at once."""
    runner = RUNNERS[name]
    if name == "resilient":
        runner = functools.partial(runner, in_vain=True)
    return with_timeout(runner, SHORT)


async def run_to_its_end(execution: Execution) -> list[object]:
    """The outcomes of a run that ends, raises nothing and has every slot back."""
    async with asyncio.timeout(PATIENCE):
        outcomes, error = await execution.run()
    assert error is None
    if execution.limiter:
        assert (execution.limiter.in_use, execution.limiter.waiting) == (0, 0)
    return list(outcomes)


@each_fault
@each_runner
@nothing_left()
async def test_fault(name: str, fault: Fault, healthy: PracticeServer) -> None:
    """Each request has its outcome, the run ends, and client, server and plot tell the
    same story.
    """
    patient = with_timeout(RUNNERS[name], httpx.Timeout(PATIENCE))
    runner = impatient(name) if fault.then == "silence" else patient
    async with FaultyPath(healthy, fault.says, fault.then, harmed=fault.harmed) as path:
        execution = Execution(runner, path.url, COUNT, limit=LIMIT, timeline=Timeline())
        with LivePlot(healthy, execution) as plot:
            outcomes = await run_to_its_end(execution)
            await path.quiet()
    check_outcomes(outcomes, fault, path, name)
    check_counts(execution.timeline, fault, path, healthy)
    check_plot(plot, execution.timeline, healthy)


@each_fault
@pytest.mark.parametrize("name", ["semaphore", "threaded"])
@nothing_left()
async def test_fault_with_a_client_that_nobody_observes(
    name: str, fault: Fault, healthy: PracticeServer
) -> None:
    """The same outcomes with plain httpx, which reads a body later than the panel's
    client does.
    """
    timeout = SHORT if fault.then == "silence" else PATIENCE
    async with FaultyPath(healthy, fault.says, fault.then, harmed=fault.harmed) as path:
        async with asyncio.timeout(PATIENCE):
            if name == "semaphore":
                async with httpx.AsyncClient(timeout=timeout) as client:
                    outcomes = await semaphore.make_many_requests(
                        path.url, COUNT, client=client, return_exceptions=True
                    )
            else:
                with httpx.Client(timeout=timeout) as client_for_threads:
                    outcomes = await asyncio.to_thread(
                        threaded.make_many_requests,
                        *(path.url, COUNT),
                        client=client_for_threads,
                        return_exceptions=True,
                    )
        await path.quiet()
    check_outcomes(list(outcomes), fault, path, name)
    assert path.seen == COUNT


@each_runner
@nothing_left()
async def test_connection_refused(name: str, healthy: PracticeServer) -> None:
    """Where nobody listens each request fails by itself, and the plot says so."""
    with nobody_listens() as url:
        execution = Execution(
            impatient(name), url, COUNT, limit=LIMIT, timeline=Timeline()
        )
        with LivePlot(healthy, execution) as plot:
            outcomes = await run_to_its_end(execution)
    assert [type(outcome) for outcome in outcomes] == [httpx.ConnectError] * COUNT
    stats = execution.timeline.stats()
    assert (stats.started, stats.accepted + stats.refused) == (stats.failed, 0)
    check_plot(plot, execution.timeline, healthy)


@each_runner
@nothing_left()
async def test_a_stall_of_30_seconds(name: str, server: PracticeServer) -> None:
    """Against a short timeout nobody waits: clients hang up, and the server gives their
    requests up.
    """
    server.latency = 30
    execution = Execution(
        impatient(name), server.url, COUNT, limit=LIMIT, timeline=Timeline()
    )
    with LivePlot(server, execution) as plot:
        outcomes = await run_to_its_end(execution)
        await until(
            lambda: server.stats().cancelled == execution.timeline.stats().failed
        )
    assert [type(outcome) for outcome in outcomes] == [httpx.ReadTimeout] * COUNT
    stats, served = execution.timeline.stats(), server.stats()
    assert (stats.failed, served.started) == (stats.started, stats.started)
    check_plot(plot, execution.timeline, server)


@each_runner
@nothing_left()
async def test_server_stops_and_comes_back(name: str, server: PracticeServer) -> None:
    """An outage costs the requests that meet it, and no slot: who retries has all
    answers in the end.
    """
    server.latency = 600
    execution = Execution(
        RUNNERS[name], server.url, COUNT, limit=LIMIT, timeline=Timeline()
    )
    with LivePlot(server, execution) as plot:
        running = asyncio.create_task(run_to_its_end(execution))
        await until(
            lambda: server.timeline.in_flight == (COUNT if name == "naive" else LIMIT)
        )
        await asyncio.to_thread(server.stop)
        server.latency = 0
        server.start()  # on the same port
        outcomes = await running
    answers = sum(is_answer(outcome) for outcome in outcomes)
    assert len(outcomes) == COUNT
    assert answers == COUNT if name == "resilient" else answers <= COUNT - LIMIT
    assert answers == server.stats().accepted == execution.timeline.stats().accepted
    assert all(
        is_answer(outcome) or isinstance(outcome, httpx.TransportError)
        for outcome in outcomes
    )
    check_plot(plot, execution.timeline, server)
    again = Execution(
        RUNNERS[name], server.url, COUNT, limit=LIMIT, timeline=Timeline()
    )
    assert all(map(is_answer, await run_to_its_end(again)))


@nothing_left()
async def test_a_client_outlives_an_outage() -> None:
    """The connections that a client keeps are dead after it; its next requests go
    through all the same.
    """
    server = PracticeServer(latency=0).start()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        send = functools.partial(
            semaphore.make_many_requests, server.url, COUNT, client=client
        )
        assert len(await send()) == COUNT
        await asyncio.to_thread(server.stop)
        down = await send(return_exceptions=True)
        server.start()
        assert len(await send()) == COUNT
        await asyncio.to_thread(server.stop)
    assert [type(outcome) for outcome in down] == [httpx.ConnectError] * COUNT
    assert server.stats().accepted == 2 * COUNT


def check_outcomes(
    outcomes: list[object], fault: Fault, path: FaultyPath, name: str
) -> None:
    """As many as were asked for, and each says what happened to its request."""
    assert len(outcomes) == COUNT
    failures = [outcome for outcome in outcomes if not is_answer(outcome)]
    unsent = [failure for failure in failures if type(failure) is TimeoutError]
    if fault.outcome == 200 or (fault.heals and sends_again(name, fault)):
        assert failures == []
    elif (
        name == "resilient" and fault.then == "silence"
    ):  # two attempts for each, both in vain
        assert len(failures) == COUNT
    elif name == "budgets" and fault.shuts:  # the others get the same answer, unsent
        assert len(failures) == COUNT
    else:
        assert len(failures) - len(unsent) == path.harmed_count
    assert bool(unsent) == (fault.shuts and name in ("adaptive", "resilient"))
    for failure in failures:
        assert failure in unsent or is_expected(failure, fault.outcome)


def sends_again(name: str, fault: Fault) -> bool:
    """Whether this rung sends a request again after this fault."""
    return name == "resilient" or (name == "budgets" and fault.outcome in (429, 503))


def is_answer(outcome: object) -> bool:
    return isinstance(outcome, httpx.Response) and outcome.status_code == 200


def is_expected(failure: object, expected: Any) -> bool:
    if isinstance(expected, int):
        return isinstance(failure, ValueError) and f"is {expected}." in str(failure)
    return isinstance(failure, expected)


def check_counts(
    timeline: Timeline, fault: Fault, path: FaultyPath, server: PracticeServer
) -> None:
    """They add up; what the client sent, the path has seen; what that handed on, the
    server has counted.
    """
    stats, served = timeline.stats(), server.stats()
    sent = sum(event.kind == "sent" for event in timeline.events)
    assert (
        stats.started == stats.accepted + stats.refused + stats.failed + stats.cancelled
    )
    assert (stats.waiting, stats.in_flight) == (0, 0)
    assert (sent, stats.started - stats.cancelled) == (path.seen, path.seen)
    assert (served.started, served.accepted, served.in_flight) == (
        path.handed_on,
        path.handed_on,
        0,
    )
    counts = dict.fromkeys(("accepted", "refused", "failed"), 0)
    counts["accepted"] += path.seen - path.harmed_count
    counts[fault.counted] += path.harmed_count
    assert {name: getattr(stats, name) for name in counts} == counts


def check_plot(plot: LivePlot, timeline: Timeline, server: PracticeServer) -> None:
    """The numbers beside the plot, and the ends of its lines, are the timelines'."""
    counts = plot.run.counts
    lines = plot.run.levels
    at_server = server.stats()
    by_client = replace(
        timeline.stats(),
        in_flight=at_server.in_flight,
        busiest_period=at_server.busiest_period,
    )
    assert counts == RunStats(**vars(by_client), announced=counts.announced)
    assert lines["client"][-1].last == 0
    assert lines["waiting"][-1].last == 0
    assert not lines["server"] or lines["server"][-1].last == 0
    assert bool(lines["failed"]) == (counts.failed > 0)
    assert bool(lines["refused"]) == (counts.refused > 0)

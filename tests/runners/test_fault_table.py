"""A rung that sends once and one that retries, against every fault of the table in
`tests.support.faults`, over sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.runners import patiently, resilient, semaphore
from inflight_lab.runners.patiently import NoAnswer, Patience, Stop
from tests.support.faults import FAULTS, LIMIT, Fault
from tests.support.faulty_path import FaultyPath, nobody_listens
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio

COUNT = 12
each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))


@pytest.fixture(scope="module")
def one_server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0) as one_server:
        yield one_server


@pytest.fixture
def healthy(one_server: PracticeServer) -> PracticeServer:
    """One server for all, as new: to stop one takes longer than most of these tests."""
    one_server.reset()
    return one_server


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits between attempts."""
    monkeypatch.setattr(patiently, "BACKOFFS", (0.001,) * 8)


async def send(url: str, fault: Fault | None = None) -> list[Any]:
    """Twelve outcomes of the rung that retries; every slot is given back."""
    limiter = AdjustableLimiter(LIMIT)
    is_silent = fault is not None and fault.then == "silence"
    patience = Patience(
        timeout=0.05 if is_silent else PATIENCE, attempts=2 if is_silent else 8
    )
    async with asyncio.timeout(PATIENCE):
        outcomes = await resilient.make_many_requests(
            url, COUNT, limiter=limiter, patiently=patience, return_exceptions=True
        )
    assert (limiter.in_use, limiter.waiting) == (0, 0)
    return outcomes


def is_answer(outcome: object) -> bool:
    return isinstance(outcome, httpx.Response) and outcome.status_code == 200


@each_fault
async def test_a_rung_that_sends_once(fault: Fault, healthy: PracticeServer) -> None:
    """Each request has its outcome: the fault that it met, or its answer."""
    timeout = 0.05 if fault.then == "silence" else PATIENCE
    async with FaultyPath(healthy, fault.says, fault.then, harmed=fault.harmed) as path:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=timeout) as it:
            outcomes = await semaphore.make_many_requests(
                path.url, COUNT, client=it, return_exceptions=True
            )
        await path.quiet()
    failures = [outcome for outcome in outcomes if not is_answer(outcome)]
    assert path.seen == len(outcomes) == COUNT
    assert len(failures) == (0 if fault.outcome == 200 else path.harmed_count)
    for failure in failures:
        if isinstance(fault.outcome, int):
            assert f"is {fault.outcome}." in str(failure)
        else:
            assert isinstance(failure, fault.outcome)


@each_fault
async def test_a_rung_that_retries(fault: Fault, healthy: PracticeServer) -> None:
    """It has every answer that can be had, and for all else a reason."""
    async with FaultyPath(healthy, fault.says, fault.then, harmed=fault.harmed) as path:
        outcomes = await send(path.url, fault)
        await path.quiet()
    failures = [outcome for outcome in outcomes if not is_answer(outcome)]
    assert len(outcomes) == COUNT
    if fault.heals or fault.outcome == 200:
        assert failures == []
    elif fault.shuts:
        assert {type(failure) for failure in failures} == {Stop}
        assert path.seen <= LIMIT
    else:
        kinds = {NoAnswer, Stop, httpx.DecodingError}
        assert {type(failure) for failure in failures} <= kinds
        assert len(failures) == (COUNT if fault.then == "silence" else LIMIT)


async def test_nobody_listens() -> None:
    """The run ends, and each request says why."""
    with nobody_listens() as url:
        outcomes = await send(url)
    assert {type(outcome) for outcome in outcomes} <= {NoAnswer, Stop}
    assert all("ConnectError" in str(outcome) for outcome in outcomes)


async def test_a_server_that_stops_and_comes_back(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage of an API costs no answer."""
    monkeypatch.setattr(patiently, "BACKOFFS", (0, *(0.2,) * 7))
    server.latency = 600
    running = asyncio.create_task(send(server.url))
    await until(lambda: server.timeline.in_flight == LIMIT)
    await asyncio.to_thread(server.stop)
    server.latency = 0
    server.start()  # on the same port
    assert all(map(is_answer, await running))
    assert server.stats().accepted == COUNT


async def test_a_client_outlives_an_outage() -> None:
    """The connections that it keeps are dead after it; its next requests go through."""
    server = PracticeServer(latency=0).start()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for _ in range(2):
            outcomes = await semaphore.make_many_requests(
                server.url, COUNT, client=client
            )
            assert len(outcomes) == COUNT
            await asyncio.to_thread(server.stop)
            server.start()
        server.stop()
    assert server.stats().accepted == 2 * COUNT

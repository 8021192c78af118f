"""The first rungs: the limit is exact, the pause comes where the source has it, and a
cancelled run leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import gc
from types import ModuleType
from typing import Any

import httpx
import pytest

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause, workers
from tests.support.simulator import SimulatedApi, network
from tests.support.virtual_clock import run
from tests.support.waiting import PATIENCE, Gate, Hold, seen_by, settle, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
PAUSED = "Concurrency limit reached, waiting ..."
REFUSED = "Unexpected Status: Http status code is 429."


def each(*rungs: ModuleType) -> Any:
    """Run the test once per rung."""
    return pytest.mark.parametrize(
        "rung", rungs, ids=lambda rung: rung.__name__.rpartition(".")[2]
    )


def fast(rung: ModuleType) -> dict[str, float]:
    """Arguments that shorten the pause of the rung that has one."""
    return {"pause": 0.001} if rung is semaphore_pause else {}


# The limit.


@each(semaphore, semaphore_pause, workers)
@pytest.mark.parametrize(("limit", "count"), [(1, 4), (3, 12), (10, 40), (30, 8)])
async def test_the_server_sees_the_limit(
    rung: ModuleType, limit: int, count: int, server: PracticeServer, hold: Hold
) -> None:
    """The server holds every request and counts exactly min(limit, count)."""
    sending = asyncio.create_task(
        rung.make_many_requests(server.url, count, limit=limit, **fast(rung))
    )
    await until(lambda: server.stats().in_flight >= min(limit, count))
    hold.release()
    assert len(await sending) == count
    stats = server.stats()
    assert (stats.peak_in_flight, stats.accepted) == (min(limit, count), count)


async def test_naive_meets_the_pool(
    server: PracticeServer, client: httpx.AsyncClient, hold: Hold
) -> None:
    """200 at once: the client counts 200 in flight, the server never sees more than the
    pool's 100.
    """
    sending = asyncio.create_task(
        naive.make_many_requests(server.url, 200, client=client)
    )
    await until(lambda: server.stats().in_flight >= 100)
    assert seen_by(client).stats().in_flight == 200
    hold.release()
    assert len(await sending) == 200
    assert server.stats().peak_in_flight == 100


@each(semaphore, semaphore_pause)
async def test_a_limiter_of_yours_takes_the_place_of_the_limit(
    rung: ModuleType,
) -> None:
    """An adjustable limiter moves the number in flight up at once, and down as requests
    finish.
    """
    observed, limiter = ObservedTransport(gate := Gate()), AdjustableLimiter(2)
    async with httpx.AsyncClient(transport=observed) as client:
        sending = asyncio.create_task(
            rung.make_many_requests(
                URL, 30, limit=9, limiter=limiter, client=client, **fast(rung)
            )
        )
        await settle()
        assert (observed.stats().in_flight, limiter.waiting) == (2, 28)
        limiter.limit = 8
        await settle()
        assert (observed.stats().in_flight, limiter.waiting) == (8, 22)
        limiter.limit = 1
        before = len(observed.timeline.events)
        gate.open.set()
        await sending
    later = observed.timeline.events[before:]
    assert {event.in_flight for event in later if event.kind == "sent"} == {1}


async def test_a_semaphore_is_no_rate_limit(server: PracticeServer) -> None:
    """Limit 3 without a pause soon uses up a quota of far more than 3."""
    server.quota, server.rate, server.period = "sliding-window", 30, 3600
    outcomes = await semaphore.make_many_requests(
        server.url, 50, limit=3, return_exceptions=True
    )
    assert [str(outcome) for outcome in outcomes].count(REFUSED) == 20


@each(naive, semaphore, semaphore_pause)
async def test_gather_does_not_cancel_the_others(rung: ModuleType) -> None:
    """What the docstring warns of: after a raised failure the other requests go on
    hitting the API.
    """
    observed = ObservedTransport(gate := Gate(429))
    async with httpx.AsyncClient(transport=observed) as client:
        gate.open.set()
        with pytest.raises(ValueError, match=REFUSED):
            await rung.make_many_requests(URL, 12, client=client, **fast(rung))
        await until(lambda: observed.stats().accepted == 11)


# The pause.


class SpyLimiter:
    """A limiter that writes down what is asked of it."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def __aenter__(self) -> None:
        self.log.append("acquire")

    async def __aexit__(self, *exc_info: object) -> None:
        self.log.append("release")

    def locked(self) -> bool:
        """It always is."""
        self.log.append("locked?")
        return True


@pytest.mark.parametrize("status", [200, 429])
async def test_order_inside_one_request(
    status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Acquire, send, look whether all slots are taken, pause, release, and only then
    look at the status.
    """
    log: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        log.append("send")
        return httpx.Response(status)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        (outcome,) = await asyncio.gather(
            semaphore_pause.make_one_request(
                URL, 0, client=client, limiter=SpyLimiter(log), pause=0, verbose=True
            ),
            return_exceptions=True,
        )
    assert log == ["acquire", "send", "locked?", "release"]
    assert capsys.readouterr().out == f"Making request 0\n{PAUSED}\n"
    assert isinstance(outcome, ValueError) == (status == 429)


@pytest.mark.parametrize(
    ("limit", "count", "pauses"),
    [
        pytest.param(1, 1, 1, id="limit 1: the only request pauses for nobody"),
        pytest.param(1, 5, 5, id="limit 1: each pauses, the last one too"),
        pytest.param(3, 2, 0, id="2 of 3 never pause"),
        pytest.param(3, 3, 3, id="3 of 3 all pause, with nobody waiting"),
        pytest.param(3, 8, 6, id="the last two do not pause"),
        pytest.param(10, 9, 0, id="9 of 10 never pause"),
    ],
)
def test_who_pauses(
    limit: int, count: int, pauses: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever finds all slots taken when its answer comes, its own included."""
    api: Any = SimulatedApi(network(latency=0.1))
    run(
        semaphore_pause.make_many_requests(
            URL, count, limit=limit, client=api, verbose=True
        )
    )
    assert capsys.readouterr().out.count(PAUSED) == pauses


def test_pausing_takes_a_second_a_group() -> None:
    """18 requests in groups of 3, each kept until a second after its answer."""
    api: Any = SimulatedApi(network(latency=0.1))
    run(semaphore_pause.make_many_requests(URL, 18, client=api))
    seconds = [round(arrival - api.arrivals[0], 6) for arrival in api.arrivals]
    assert seconds == [round(1.1 * group, 6) for group in range(6) for _ in range(3)]


def test_the_pause_is_as_long_as_you_say() -> None:
    """Each group of 3 comes 4 s after the answers to the one before."""
    api: Any = SimulatedApi(network(latency=0.1))
    run(semaphore_pause.make_many_requests(URL, 9, client=api, pause=4))
    assert api.arrivals[-1] - api.arrivals[0] == pytest.approx(2 * 4.1)


async def test_small_batches_never_pause_and_meet_429s(server: PracticeServer) -> None:
    """What the pause does not protect from: repeated batches smaller than the limit."""
    server.quota, server.rate, server.period = "sliding-window", 6, 3600
    outcomes = []
    for _ in range(5):
        outcomes += await semaphore_pause.make_many_requests(
            server.url, 2, limit=3, pause=600, return_exceptions=True
        )
    assert [str(outcome) for outcome in outcomes].count(REFUSED) == 4


# Cancelled.


@each(naive, semaphore, semaphore_pause, workers)
async def test_a_cancelled_run_leaves_nothing(
    rung: ModuleType, server: PracticeServer, hold: Hold
) -> None:
    """Those in flight and those that wait end; the server sees it, and no task or
    socket is left.
    """
    before = asyncio.all_tasks()
    sending = asyncio.create_task(
        rung.make_many_requests(server.url, 20, return_exceptions=True, **fast(rung))
    )
    await until(lambda: server.stats().in_flight == (20 if rung is naive else 3))
    started = server.stats().started
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await settle()
    assert asyncio.all_tasks() == before
    hold.release()
    await until(lambda: server.stats().in_flight == 0)
    assert server.stats().started == started
    gc.collect()  # an unclosed socket is a ResourceWarning here, and so an error


@each(semaphore, semaphore_pause)
async def test_a_cancelled_run_gives_every_slot_back(rung: ModuleType) -> None:
    """In flight or in its pause: the same limiter serves the next run, whole."""
    limiter = AdjustableLimiter(3)
    pause = {"pause": 600} if rung is semaphore_pause else {}
    async with httpx.AsyncClient(transport=(gate := Gate())) as client:
        if pause:
            gate.open.set()
        sending = asyncio.create_task(
            rung.make_many_requests(URL, 20, limiter=limiter, client=client, **pause)
        )
        await until(lambda: limiter.waiting == 17)
        sending.cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([sending])
            await until(lambda: limiter.in_use == limiter.waiting == 0)


async def test_one_cancelled_request_is_one_outcome() -> None:
    """It leaves a ``CancelledError`` in its place and harms no other."""
    numbers = iter(range(5))

    async def answer(request: httpx.Request) -> httpx.Response:
        if next(numbers) == 2:
            task = asyncio.current_task()
            assert task
            task.cancel()
        await asyncio.sleep(0)
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        outcomes = await semaphore.make_many_requests(
            URL, 5, client=client, return_exceptions=True
        )
    response, cancelled = httpx.Response, asyncio.CancelledError
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [response, response, cancelled, response, response]

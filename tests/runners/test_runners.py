"""The ladder: the limit is exact, the order is the documented one, and each rung has
the same face.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from types import ModuleType
from typing import Any

import httpx
import pytest
import respx

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause
from tests.support.simulator import SimulatedApi, network
from tests.support.virtual_clock import run
from tests.support.waiting import PATIENCE, Gate, Hold, seen_by, settle, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
LADDER = [naive, semaphore, semaphore_pause]
LIMITED = [semaphore, semaphore_pause]
PAUSED = "Concurrency limit reached, waiting ..."
REFUSED = "Unexpected Status: Http status code is 429."


def each(rungs: list[ModuleType]) -> Any:
    """Run the test once per rung."""
    return pytest.mark.parametrize(
        "rung", rungs, ids=lambda rung: rung.__name__.rpartition(".")[2]
    )


def fast(rung: ModuleType) -> dict[str, float]:
    """Arguments that shorten the pause of the rung that has one."""
    return {"pause": 0.001} if rung is semaphore_pause else {}


@each(LADDER)
async def test_header_order_and_one_client(
    rung: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request is a GET that says it sends JSON; results keep their order; one
    client serves all.
    """
    clients: list[httpx.AsyncClient] = []

    class CountedClient(httpx.AsyncClient):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            clients.append(self)

    monkeypatch.setattr(httpx, "AsyncClient", CountedClient)
    answers = [httpx.Response(200, json={"number": number}) for number in range(7)]
    with respx.mock:
        route = respx.get(URL, headers={"Content-Type": "application/json"}).mock(
            side_effect=answers
        )
        outcomes = await rung.make_many_requests(URL, 7, **fast(rung))
    assert route.call_count == 7
    assert [outcome.json()["number"] for outcome in outcomes] == list(range(7))
    assert len(clients) == 1
    assert clients[0].is_closed


@each(LADDER)
async def test_order_is_that_of_the_requests(rung: ModuleType) -> None:
    """Results stand in the order of the requests, also when the answers come in the
    reverse order.
    """
    turns = [asyncio.Event() for _ in range(6)]
    turns[5].set()
    arrivals = 0

    async def backwards(request: httpx.Request) -> httpx.Response:
        nonlocal arrivals
        number, arrivals = arrivals, arrivals + 1
        await turns[number].wait()
        if number:
            turns[number - 1].set()
        return httpx.Response(200, json=number)

    limit = {} if rung is naive else {"limit": 6}
    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(transport=httpx.MockTransport(backwards)) as client,
    ):
        outcomes = await rung.make_many_requests(
            URL, 6, client=client, **limit, **fast(rung)
        )
    assert [outcome.json() for outcome in outcomes] == [0, 1, 2, 3, 4, 5]


@each(LADDER)
async def test_a_client_of_yours_stays_open(
    rung: ModuleType, client: httpx.AsyncClient
) -> None:
    """A client handed in is used for every request and is not closed."""
    with respx.mock:
        respx.get(URL)
        await rung.make_many_requests(URL, 4, client=client, **fast(rung))
    assert not client.is_closed
    assert seen_by(client).stats().started == 4


@each(LADDER)
async def test_count_zero(rung: ModuleType) -> None:
    """No request asked for gives an empty list."""
    assert await rung.make_many_requests(URL, 0) == []


@each(LADDER)
def test_runs_twice(rung: ModuleType, server: PracticeServer) -> None:
    """Nothing binds to the first event loop: a second ``asyncio.run`` works like the
    first.
    """
    for _ in range(2):
        outcomes = asyncio.run(rung.make_many_requests(server.url, 5, **fast(rung)))
        assert [outcome.status_code for outcome in outcomes] == [200] * 5


@each(LADDER)
@pytest.mark.parametrize("verbose", [False, True])
async def test_verbose(
    rung: ModuleType, verbose: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Silent by default; ``verbose`` prints a line for each request that is really
    under way.
    """
    gate = Gate()
    async with httpx.AsyncClient(transport=gate) as client:
        run = asyncio.create_task(
            rung.make_many_requests(
                URL, 5, client=client, verbose=verbose, **fast(rung)
            )
        )
        await settle()
        under_way = 5 if rung is naive else 3
        assert capsys.readouterr().out.count("Making request") == (
            under_way if verbose else 0
        )
        gate.open.set()
        await run


# The limit.


@each(LIMITED)
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("count", [1, 3, 20])
async def test_peak_equals_the_limit(rung: ModuleType, limit: int, count: int) -> None:
    """Exactly min(limit, count) fly while the gate is shut, and never more until the
    last is through.
    """
    observed = ObservedTransport(gate := Gate())
    async with httpx.AsyncClient(transport=observed) as client:
        run = asyncio.create_task(
            rung.make_many_requests(
                URL, count, limit=limit, client=client, **fast(rung)
            )
        )
        await settle()
        assert (
            observed.stats().in_flight == observed.stats().started == min(limit, count)
        )
        gate.open.set()
        assert len(await run) == count
    assert observed.stats().peak_in_flight == min(limit, count)
    assert observed.stats().accepted == count


@each(LIMITED)
@pytest.mark.parametrize(("limit", "count"), [(1, 4), (3, 12), (10, 40), (30, 8)])
async def test_peak_as_the_server_sees_it(
    rung: ModuleType, limit: int, count: int, server: PracticeServer, hold: Hold
) -> None:
    """The same on real sockets: the server holds every request and counts min(limit,
    count).
    """
    run = asyncio.create_task(
        rung.make_many_requests(server.url, count, limit=limit, **fast(rung))
    )
    await until(lambda: server.stats().in_flight >= min(limit, count))
    hold.release()
    assert len(await run) == count
    stats = server.stats()
    assert (stats.peak_in_flight, stats.accepted) == (min(limit, count), count)


async def test_naive_meets_the_pool(
    server: PracticeServer, client: httpx.AsyncClient, hold: Hold
) -> None:
    """200 at once: the client counts 200 in flight, the server never sees more than the
    pool's 100.
    """
    run = asyncio.create_task(naive.make_many_requests(server.url, 200, client=client))
    await until(lambda: server.stats().in_flight >= 100)
    assert seen_by(client).stats().in_flight == 200
    await settle()
    hold.release()
    await run
    assert server.stats().peak_in_flight == 100
    assert seen_by(client).stats().peak_in_flight == 200
    assert server.stats().accepted == seen_by(client).stats().accepted == 200


@each(LIMITED)
async def test_a_limiter_of_yours_takes_the_place_of_the_limit(
    rung: ModuleType,
) -> None:
    """An adjustable limiter moves the number in flight up at once, and down as requests
    finish.
    """
    observed, limiter = ObservedTransport(gate := Gate()), AdjustableLimiter(2)
    async with httpx.AsyncClient(transport=observed) as client:
        run = asyncio.create_task(
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
        await settle()
        assert observed.stats().in_flight == 8
        before = len(observed.timeline.events)
        gate.open.set()
        await run
    later = [
        event for event in observed.timeline.events[before:] if event.kind == "sent"
    ]
    assert len(later) == 22
    assert {event.in_flight for event in later} == {1}
    assert (limiter.in_use, limiter.waiting) == (0, 0)


# Failures: the documented ValueError, and one outcome per request on demand.


@each(LADDER)
async def test_a_status_other_than_200_is_raised(rung: ModuleType) -> None:
    """The text is the one of the source, whatever the status is: a redirect and a 201
    as well.
    """
    for status in (201, 302, 404, 429, 500, 503):
        async with httpx.AsyncClient(transport=(gate := Gate(200, status))) as client:
            gate.open.set()
            with pytest.raises(
                ValueError,
                match=rf"^Unexpected Status: Http status code is {status}\.$",
            ):
                await rung.make_many_requests(URL, 2, client=client, **fast(rung))


@each(LADDER)
async def test_return_exceptions_loses_nothing(rung: ModuleType) -> None:
    """One outcome per request, each in its place: responses and the errors between
    them.
    """
    statuses = [200, 429, 200, 200, 503, 200]
    async with httpx.AsyncClient(transport=(gate := Gate(*statuses))) as client:
        gate.open.set()
        limit = {} if rung is naive else {"limit": 1}
        outcomes = await rung.make_many_requests(
            URL, 6, client=client, return_exceptions=True, **limit, **fast(rung)
        )
    seen = [
        outcome.status_code if isinstance(outcome, httpx.Response) else str(outcome)
        for outcome in outcomes
    ]
    texts = {
        status: f"Unexpected Status: Http status code is {status}."
        for status in (429, 503)
    }
    assert seen == [texts.get(status, status) for status in statuses]


@each(LADDER)
async def test_gather_does_not_cancel_the_others(rung: ModuleType) -> None:
    """What the docstring warns of: after a raised failure the other requests go on
    hitting the API.
    """
    observed = ObservedTransport(gate := Gate(429))
    async with httpx.AsyncClient(transport=observed) as client:
        gate.open.set()
        with pytest.raises(ValueError, match=REFUSED):
            await rung.make_many_requests(URL, 12, client=client, **fast(rung))
        await until(
            lambda: observed.stats().started == 12 and observed.stats().in_flight == 0
        )
    assert (observed.stats().accepted, observed.stats().refused) == (11, 1)


# The pause.


class SpyLimiter:
    """A limiter that writes down what is asked of it."""

    def __init__(self, log: list[str], *, locked: bool) -> None:
        self.log, self.is_locked = log, locked

    async def __aenter__(self) -> None:
        self.log.append("acquire")

    async def __aexit__(self, *exc_info: object) -> None:
        self.log.append(
            f"release after {type(exc_info[1]).__name__}" if exc_info[1] else "release"
        )

    def locked(self) -> bool:
        """What the test wants it to be."""
        self.log.append("locked?")
        return self.is_locked


@pytest.mark.parametrize("status", [200, 429, 500])
@pytest.mark.parametrize("locked", [True, False])
@each(LIMITED)
async def test_order_inside_one_request(
    rung: ModuleType, locked: bool, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acquire, send, look whether locked, pause, release, and only then look at the
    status.
    """
    log: list[str] = []

    class LoggedResponse(httpx.Response):
        @property
        def status_code(self) -> int:
            if (
                "release" in "".join(log) or "locked?" in log
            ):  # httpx itself looks at it earlier
                log.append("status")
            return status

        @status_code.setter
        def status_code(self, value: int) -> None: ...

    async def sleep(seconds: float) -> None:
        log.append(f"sleep {seconds}")

    def answer(request: httpx.Request) -> httpx.Response:
        log.append("send")
        return LoggedResponse(status)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        limiter = SpyLimiter(log, locked=locked)
        refusal = pytest.raises(
            ValueError, match=rf"^Unexpected Status: Http status code is {status}\.$"
        )
        with refusal if status != 200 else contextlib.nullcontext():
            await rung.make_one_request(URL, 0, client=client, limiter=limiter)
    paused = (
        (["locked?", "sleep 1.0"] if locked else ["locked?"])
        if rung is semaphore_pause
        else []
    )
    expected = ["acquire", "send", *paused, "release", "status"]
    assert log[: len(expected)] == expected
    assert set(log[len(expected) :]) <= {"status"}


@each(LIMITED)
async def test_no_answer_gives_the_slot_back_without_a_pause(
    rung: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that gets no answer releases its slot at once: there is no response to
    pause after.
    """
    log: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        with pytest.raises(httpx.ConnectError):
            await rung.make_one_request(
                URL, 0, client=client, limiter=SpyLimiter(log, locked=True)
            )
    assert log == ["acquire", "release after ConnectError"]


@pytest.mark.parametrize(
    ("limit", "count", "pauses"),
    [
        pytest.param(1, 1, 1, id="limit 1: the only request pauses for nobody"),
        pytest.param(1, 5, 5, id="limit 1: each pauses, the last one too"),
        pytest.param(3, 2, 0, id="2 of 3 never pause"),
        pytest.param(3, 3, 3, id="3 of 3 all pause, with nobody waiting"),
        pytest.param(3, 6, 6, id="two full groups"),
        pytest.param(3, 7, 6, id="the last, alone, does not pause"),
        pytest.param(3, 8, 6, id="nor do the last two"),
        pytest.param(10, 9, 0, id="9 of 10 never pause"),
    ],
)
def test_who_pauses(
    limit: int, count: int, pauses: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever finds all slots taken when its answer comes, its own included."""
    api: Any = SimulatedApi(
        network(latency=0.1)
    )  # answers of a real one come apart on a busy machine
    run(
        semaphore_pause.make_many_requests(
            URL, count, limit=limit, client=api, pause=0.1, verbose=True
        )
    )
    assert capsys.readouterr().out.count(PAUSED) == pauses


async def test_refused_requests_pause_too(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pause comes before the status is looked at, so a 429 does not skip it."""
    server.quota = "fixed-window"
    server.rate = 1
    server.period = 3600
    # With a limit of 1 the one slot is taken whenever an answer comes, however late.
    outcomes = await semaphore_pause.make_many_requests(
        server.url, 6, limit=1, pause=0.01, verbose=True, return_exceptions=True
    )
    assert [str(outcome) for outcome in outcomes].count(REFUSED) == 5
    assert capsys.readouterr().out.count(PAUSED) == 6


@pytest.mark.parametrize(
    ("count", "rate", "period", "pause"),
    [
        pytest.param(7, 100, 1.0, 1.0, id="the lesson: limit 3 at 100 per second"),
        pytest.param(18, 3, 0.2, 0.2, id="the tightest: limit 3 at 3 per pause"),
    ],
)
async def test_pausing_meets_no_429(
    count: int, rate: int, period: float, pause: float, server: PracticeServer
) -> None:
    """A slot kept until one period after the *answer* is safe, whatever the network
    does.
    """
    server.latency, server.quota, server.rate, server.period = (
        0.02,
        "sliding-window",
        rate,
        period,
    )
    await semaphore_pause.make_many_requests(server.url, count, limit=3, pause=pause)
    stats = server.stats()
    assert (stats.accepted, stats.refused, stats.peak_in_flight) == (count, 0, 3)


async def test_small_batches_never_pause_and_meet_429s(server: PracticeServer) -> None:
    """What the pause does not protect from: repeated batches smaller than the limit."""
    server.quota, server.rate, server.period = "sliding-window", 6, 3600
    outcomes = []
    for _ in range(5):
        outcomes += await semaphore_pause.make_many_requests(
            server.url, 2, limit=3, pause=600, return_exceptions=True
        )
    assert [str(outcome) for outcome in outcomes].count(REFUSED) == 4


async def test_a_semaphore_is_no_rate_limit(server: PracticeServer) -> None:
    """Limit 3 without a pause sends far more than 3 per second: the quota is soon used
    up.
    """
    server.quota, server.rate, server.period = "sliding-window", 30, 3600
    outcomes = await semaphore.make_many_requests(
        server.url, 50, limit=3, return_exceptions=True
    )
    assert [str(outcome) for outcome in outcomes].count(REFUSED) == 20


# Nothing is left behind.


@each(LADDER)
async def test_nothing_is_left(rung: ModuleType, server: PracticeServer) -> None:
    """After a run there is no task more than before, and no socket left for the
    collector to find.
    """
    before = asyncio.all_tasks()
    await rung.make_many_requests(server.url, 10, **fast(rung))
    assert asyncio.all_tasks() == before
    gc.collect()  # an unclosed socket is a ResourceWarning here, and so an error

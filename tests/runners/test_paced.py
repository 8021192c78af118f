"""The paced rung: no 429 and nearly the whole quota, on a virtual clock and on real sockets."""

from __future__ import annotations

import asyncio
import inspect
import random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import AdjustableLimiter, PracticeServer, Timeline
from inflight_lab.panel.run import Run
from inflight_lab.runners import paced
from inflight_lab.runners.paced import Pacer
from tests.support.simulator import URL, Path, SimulatedApi, network, quota, stall_each_second
from tests.support.virtual_clock import run, virtual_loop
from tests.support.waiting import PATIENCE, until

NAN, INFINITY = float("nan"), float("inf")
REAL_LATE = 0.0005
"""How late a loop on an idle machine wakes up, in seconds on average: epoll counts in milliseconds."""
WITH_ROOM = [("fixed-window", None), ("sliding-window", None), ("token-bucket", None), ("gcra", 10)]
"""The quotas that permit a burst, by kind and burst."""


def send(
    api: SimulatedApi, seconds: float, *, stall: float = 0.0, late: float = 0.0, seed: int = 1, **quota: Any
) -> None:
    """The runner itself, sending for about so long against ``api`` on the virtual clock."""

    async def main() -> None:
        stalls = asyncio.create_task(stall_each_second(stall, seed=seed)) if stall else None
        await paced.make_many_requests(
            URL, round(seconds * quota.get("rate", 100)), client=api, return_exceptions=True, **quota
        )
        if stalls:
            stalls.cancel()

    run(main(), late=late, seed=seed)


# The quota is used, and not exceeded.


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("stall", "least"), [(0, 0.98), (0.1, 0.95)])
@pytest.mark.parametrize("jitter", [0, 0.002, 0.01])
def test_whole_quota_and_no_429(jitter: float, stall: float, least: float, seed: int) -> None:
    """Network jitter up to 10 ms and a loop that blocks for 100 ms each second cost no 429."""
    api = SimulatedApi(network(jitter, seed=seed))
    send(api, 40, stall=stall, late=REAL_LATE, seed=seed)
    assert len(api.arrivals) == 4000
    assert {kind: api.refused(quota(kind, burst=burst)) for kind, burst in WITH_ROOM} == {
        kind: 0 for kind, _ in WITH_ROOM
    }
    assert api.utilisation() >= least


@pytest.mark.parametrize(
    ("rate", "period"), [(1, 1.0), (7, 1.0), (20, 60.0), (300, 1.0), (2.5, 1.0), (0.5, 1.0)]
)
def test_other_quotas(rate: float, period: float) -> None:
    """Rate and period may be any: slow, fast, by the minute, not whole, less than one per period."""
    api = SimulatedApi(network(0.01 * period))
    send(api, 12 * period, rate=rate, period=period)
    if rate >= 1:
        assert api.refused(quota("sliding-window", rate, period)) == 0
    assert api.refused(quota("gcra", rate, period, burst=10)) == 0
    assert api.utilisation(rate, period) >= (0.98 if rate != 2.5 else 0.78)  # a window holds whole requests


def test_spread_evenly_for_an_hour() -> None:
    """Late wake-ups do not add up: after ten minutes requests still come one by one, not in clusters."""
    api = SimulatedApi(network())
    send(api, 600, rate=20, late=0.002)
    assert api.refused(quota("gcra", 20, burst=2)) == 0
    assert api.utilisation(20) >= 0.98


def test_what_varying_latency_costs() -> None:
    """How long an answer took beyond the shortest is time lost, and no more than that; lost answers too."""
    draw = random.Random(1)
    api = SimulatedApi(lambda: Path(latency=draw.uniform(0.05, 0.15), lost=draw.random() < 0.1))
    send(api, 60, late=REAL_LATE)
    held_longer = 0.05 + 0.1 * 0.05  # on average; a lost answer's place is held for the shortest as well
    assert api.refused(quota("sliding-window")) == 0
    assert 0.98 / (1 + held_longer) <= api.utilisation() <= 1 / (1 + held_longer)


@pytest.mark.parametrize("jitter", [0.02, 0.05, 0.1])
def test_frontier_of_windows(jitter: float) -> None:
    """With jitter J at most W / (W + J) of a window is to be had without a 429, and the runner gets it."""
    api = SimulatedApi(network(jitter))
    send(api, 60)
    reachable = 1 / (1 + jitter)
    assert api.refused(quota("sliding-window")) == 0
    assert reachable * 0.985 <= api.utilisation() <= reachable * 1.005  # the ends of a finite run


def test_new_connections_arrive_late() -> None:
    """Requests that first open a connection arrive together with later ones; that is no 429 either."""
    handshakes = [0.15] * 15
    api = SimulatedApi(lambda: Path(there=handshakes.pop() if handshakes else 0))
    send(api, 10)
    assert api.refused(quota("sliding-window")) == 0
    assert api.utilisation() >= 0.97


@pytest.mark.parametrize(("jitter", "rate"), [(0.001, 92), (0.005, 67), (0.01, 50)])
def test_frontier_without_bursts(jitter: float, rate: int) -> None:
    """GCRA(1): without a 429 at most T / (T + J) is to be had, and the runner gets it, for the right rate."""
    spacing = 0.01
    reachable = spacing / (spacing + jitter)

    def sent_at(rate: int) -> tuple[float, int]:
        api = SimulatedApi(network(jitter))
        send(api, 60, limiter=Pacer(rate, burst=1))
        refused = api.refused(quota("gcra"))
        return api.utilisation(refused=refused), refused

    utilisation, refused = sent_at(rate)
    assert refused == 0
    assert reachable * 0.98 <= utilisation <= reachable
    # A little faster, and there are 429s: this is the frontier, and not some point below it.
    assert sent_at(round(rate * 1.05))[1] > 0


def paths(there: st.SearchStrategy[float]) -> st.SearchStrategy[list[Path]]:
    """A batch of requests of any fate, none of them quicker than 20 ms at the API."""
    latency = st.one_of(st.floats(0.02, 0.2), st.floats(0.02, 5))
    path = st.builds(Path, there=there, latency=latency, back=st.floats(0, 0.5), lost=st.booleans())
    return st.tuples(st.just("send"), st.lists(path, min_size=1, max_size=30))


STALLS = st.tuples(st.just("stall"), st.floats(0, 1.5))
QUIET = st.tuples(st.just("wait"), st.one_of(st.floats(0, 0.1), st.floats(0, 3)))
CANCELLED = st.tuples(st.just("cancel"), st.integers(0, 200))
NEAR = st.lists(st.one_of(paths(st.floats(0, 0.01)), STALLS, QUIET, CANCELLED), min_size=1, max_size=25)
FAR = st.lists(st.one_of(paths(st.floats(0, 2)), STALLS, QUIET), min_size=1, max_size=25)


def live_through(history: list[tuple[str, Any]], pacer: dict[str, Any]) -> list[float]:
    """Send, cancel, block the loop and wait as ``history`` says; return when requests reached the API."""
    paths = [Path(latency=0.02)]
    api = SimulatedApi(lambda: paths.pop(0))

    async def main() -> None:
        limiter = AdjustableLimiter(pacer.pop("limit"))
        shared = Pacer(**pacer, limiter=limiter)
        tasks: list[asyncio.Task[httpx.Response]] = []

        def start() -> None:
            request = paced.make_one_request(URL, len(tasks), client=api, limiter=shared)
            tasks.append(asyncio.create_task(request))

        start()
        await tasks[0]  # the pacer has seen the shortest latency there is
        for what, value in history:
            if what == "send":
                paths.extend(value)
                for _ in value:
                    start()
            elif what == "cancel":
                tasks[value % len(tasks)].cancel()
            elif what == "stall":
                virtual_loop().stall(value)
            else:
                await asyncio.sleep(value)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limiter.in_use == 0, "a slot was lost"
        await asyncio.sleep(3)
        assert not shared.locked(), "a turn or a place was lost"

    run(main())
    return sorted(api.arrivals)


@given(NEAR, st.integers(1, 20), st.integers(1, 40), st.floats(1, 8))
def test_no_window_holds_more_than_the_quota(
    history: list[tuple[str, Any]], rate: int, limit: int, burst: float
) -> None:
    """Whatever becomes of requests and loop: the API never counts more than the quota in any one period."""
    arrivals = live_through(history, {"rate": rate, "limit": limit, "burst": burst})
    for first, next_over in zip(arrivals, arrivals[rate:], strict=False):
        assert next_over - first >= 1.0 - 1e-9, f"more than {rate} requests in one period"
    gcra = quota("gcra", rate, burst=10)
    assert sum(gcra.admit(arrival) > 0 for arrival in arrivals) == 0


@given(FAR, st.integers(1, 20), st.integers(1, 40), st.floats(1, 8))
def test_no_network_breaks_the_quota(
    history: list[tuple[str, Any]], rate: int, limit: int, burst: float
) -> None:
    """The same for any network, though requests overtake each other and arrive seconds late."""
    arrivals = live_through(history, {"rate": rate, "limit": limit, "burst": burst})
    for first, next_over in zip(arrivals, arrivals[rate:], strict=False):
        assert next_over - first >= 1.0 - 1e-9, f"more than {rate} requests in one period"


# Its parts.


def test_catch_up_is_bounded() -> None:
    """After a blocked loop at most ``burst`` requests go at once; the rest of the delay is given up."""

    async def main() -> list[float]:
        sent: list[float] = []

        async def one(pacer: Pacer) -> None:
            async with pacer:
                sent.append(virtual_loop().time())

        pacer = Pacer(100, burst=4)
        requests = [asyncio.create_task(one(pacer)) for _ in range(20)]
        await asyncio.sleep(0.05)
        virtual_loop().stall(0.5)
        await asyncio.gather(*requests)
        return sent

    sent = run(main())
    stalled = max(sent, key=sent.count)
    assert sent.count(stalled) == 4
    after = [round(later - stalled, 6) for later in sent[sent.index(stalled) + 4 :]]
    assert after == [round(0.010125 * (i + 1), 6) for i in range(len(after))]


def test_idle_time_is_no_credit() -> None:
    """A batch that comes after a quiet time starts evenly spaced, and not with a burst."""

    async def main() -> None:
        pacer = Pacer(100)
        for _ in range(3):
            await paced.make_many_requests(URL, 5, client=api, limiter=pacer)
            await asyncio.sleep(10)

    api = SimulatedApi(network())
    run(main())
    assert api.refused(quota("gcra")) == 0


def test_one_quota_for_many_batches() -> None:
    """Polling in small batches, one right after the other, keeps to the quota as one large run does."""

    async def main() -> None:
        pacer = Pacer(100)
        for _ in range(100):
            await paced.make_many_requests(URL, 30, client=api, limiter=pacer)

    api = SimulatedApi(network(0.01, latency=0.005))
    run(main())
    assert api.refused(quota("sliding-window")) == 0
    assert api.refused(quota("gcra", burst=2)) == 0


def test_first_come_first_served() -> None:
    """Requests go out in the order in which they were asked for."""
    order: list[int] = []

    class Noting(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            order.append(int(url.rpartition("=")[2]))
            return await super().get(url, headers=headers)

    async def main() -> None:
        api, pacer = Noting(network(0.01)), Pacer(100, limit=5)
        requests = (paced.make_one_request(f"{URL}?n={n}", n, client=api, limiter=pacer) for n in range(150))
        await asyncio.gather(*requests)

    run(main())
    assert order == list(range(150))


def test_cancelled_waiter_gives_its_turn_away() -> None:
    """One that is cancelled while it waits for its turn costs the next in line no time, and no slot."""

    async def main() -> tuple[list[float], int]:
        sent: list[float] = []

        async def one(pacer: Pacer) -> None:
            async with pacer:
                sent.append(virtual_loop().time() - began)

        limiter, began = AdjustableLimiter(4), virtual_loop().time()
        pacer = Pacer(2, 0.2, limiter=limiter)  # as few places as show a lost one
        requests = [asyncio.create_task(one(pacer)) for _ in range(6)]
        await asyncio.sleep(0.05)
        requests[1].cancel()  # its turn comes next
        requests[3].cancel()  # waits for its turn
        requests[4].cancel()  # waits for a slot
        await asyncio.wait(requests)
        return sent, limiter.in_use

    sent, in_use = run(main())
    assert sent == pytest.approx([0, 0.10125, 0.2025])
    assert in_use == 0


def test_cancelled_on_the_way() -> None:
    """A request given up before it reached the API is still counted there, so it keeps its place in full."""
    ways = [0.0, 0.01, 0.01, 0.01]
    api = SimulatedApi(lambda: Path(there=ways.pop(0) if ways else 0))

    async def main() -> None:
        pacer = Pacer(10)
        requests = [
            asyncio.create_task(paced.make_one_request(URL, n, client=api, limiter=pacer)) for n in range(25)
        ]
        await asyncio.sleep(0.05)
        virtual_loop().stall(0.3)
        while len(api.arrivals) < 4:  # noqa: ASYNC110, three go at once after the blocked loop
            await asyncio.sleep(0)
        for request in requests[1:4]:
            request.cancel()
        await asyncio.wait(requests)

    run(main())
    assert len(api.arrivals) == 25
    assert api.refused(quota("sliding-window", 10)) == 0


def test_a_quick_failure_is_no_short_latency() -> None:
    """What the network refuses at once tells nothing about latencies, and does not slow the others down."""
    fates = [Path(latency=0, lost=True)]
    api = SimulatedApi(lambda: fates.pop() if fates else Path(latency=0.3))
    send(api, 20)
    assert api.utilisation() >= 0.97


def test_locked_tells_whether_one_more_would_wait() -> None:
    """``locked()`` looks at the schedule, at those in line and at the slots."""

    async def main() -> None:
        pacer = Pacer(10, limit=1)
        assert not pacer.locked()
        async with pacer:
            assert pacer.locked()
        assert pacer.locked()
        await asyncio.sleep(0.11)
        assert not pacer.locked()

    run(main())


def test_a_limiter_handed_in_stays_in_force() -> None:
    """The panel's limiter caps what is in flight, also when it changes, and the pace holds on top of it."""

    async def main() -> None:
        limiter = AdjustableLimiter(2)
        batch = asyncio.create_task(
            paced.make_many_requests(URL, 150, rate=100, client=api, limiter=limiter, return_exceptions=True)
        )
        await asyncio.sleep(1)
        slow = len(api.arrivals)
        assert slow == pytest.approx(40, abs=2), "2 in flight / 50 ms = 40 per second"
        limiter.limit = 50
        await asyncio.sleep(0.5)
        assert len(api.arrivals) - slow == pytest.approx(50, abs=2), "now the pace holds them back"
        await batch
        assert limiter.in_use == 0

    api = SimulatedApi(network())
    run(main())


# On real sockets.


@pytest.mark.anyio
async def test_real_server_refuses_none() -> None:
    """More than a window's worth over real sockets: with a wide margin for a busy machine, no 429."""
    with PracticeServer(latency=0.05, quota="sliding-window", rate=100) as server:
        responses = await paced.make_many_requests(server.url, 200, rate=80)
        stats = server.stats()
    assert [response.status_code for response in responses] == [200] * 200
    assert stats.refused == 0
    assert stats.busiest_period <= 100
    assert stats.accepted / (80 * stats.elapsed) >= 0.5


@pytest.mark.anyio
async def test_stop_while_paced(server: PracticeServer) -> None:
    """Stop in the panel also reaches those that wait for their turn, and no slot stays taken."""
    run = Run(paced.make_many_requests, server.url, 500, limit=20, timeline=Timeline())
    outcomes = asyncio.create_task(run.outcomes())
    await until(lambda: server.stats().accepted >= 10)
    run.stop()
    done, error = await asyncio.wait_for(outcomes, PATIENCE)
    assert error is None
    assert len(done) == 500
    assert sum(isinstance(outcome, httpx.Response) for outcome in done) < 500
    assert run.limiter is not None
    assert run.limiter.in_use == 0


# The face.


def test_signatures() -> None:
    """The documented parameters with their defaults; the argument checks hide none of them."""
    shown = {
        name: str(inspect.signature(function).replace(return_annotation=inspect.Signature.empty))
        for name, function in {
            "one": paced.make_one_request,
            "many": paced.make_many_requests,
            "pacer": Pacer,
        }.items()
    }
    assert [parameter.split(":")[0].strip() for parameter in shown["one"].strip("()").split(",")] == [
        *("url", "num", "*", "client", "limiter", "verbose")
    ]
    many = inspect.signature(paced.make_many_requests).parameters
    assert {name: p.default for name, p in many.items() if p.default is not p.empty} == {
        "rate": 100,
        "period": 1.0,
        "limit": None,
        "client": None,
        "limiter": None,
        "return_exceptions": False,
        "verbose": False,
    }
    assert list(inspect.signature(Pacer).parameters) == ["rate", "period", "limit", "limiter", "burst"]


NUMBERS: list[tuple[object, type[Exception]]] = [
    (0, ValueError),
    (-1, ValueError),
    (NAN, ValueError),
    (INFINITY, ValueError),
    ("100", TypeError),
    (True, TypeError),
    (None, TypeError),
]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "value", "error", "allowed"),
    [
        *(("rate", value, error, "more than 0") for value, error in NUMBERS),
        *(("period", value, error, "more than 0") for value, error in NUMBERS),
        *(("burst", value, error, "1 or more") for value, error in [*NUMBERS, (0.5, ValueError)]),
        *(("limit", value, error, "1 or more, or None") for value, error in NUMBERS[:2]),
        *(("limit", value, TypeError, "1 or more, or None") for value in (NAN, "3", True, 2.5)),
        ("url", "/get", ValueError, "http://"),
        ("count", -1, ValueError, "0 or more"),
        ("count", True, TypeError, "0 or more"),
    ],
)
async def test_refuses(name: str, value: object, error: type[Exception], allowed: str) -> None:
    """A bad argument is one clear error that names it, before anything is sent; the pacer says the same."""
    calls = []
    if name != "burst":
        calls.append(lambda: paced.make_many_requests(**({"url": URL, "count": 3, "client": api} | bad)))
    if name not in ("url", "count"):
        calls.append(lambda: asyncio.to_thread(Pacer, **bad))
    api, bad = SimulatedApi(network()), {name: value}
    for call in calls:
        with pytest.raises(error) as caught:
            await call()
        assert type(caught.value) is error
        assert str(caught.value).startswith(f"{name} must ")
        assert repr(value) in str(caught.value)
        assert allowed in str(caught.value)
    assert api.arrivals == []

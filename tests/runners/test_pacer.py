"""The pacer on a virtual clock: the quota is used, and never exceeded."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inflight_lab import AdjustableLimiter
from inflight_lab.runners import paced
from inflight_lab.runners.pacer import Pacer
from tests.support.simulator import (
    URL,
    Path,
    SimulatedApi,
    network,
    quota,
    stall_each_second,
)
from tests.support.virtual_clock import WINDOWS_TICK, run, virtual_loop

REAL_LATE = 0.0005
"""Seconds that a loop on an idle machine wakes up too late, on average."""
SPACING = Pacer.HEADROOM / 100
"""Seconds between two requests, for 100 a second."""
many = pytest.mark.parametrize(
    "examples", [100, pytest.param(5000, marks=pytest.mark.full)]
)


def send(
    api: SimulatedApi,
    count: int,
    pacer: Callable[[], Pacer] = Pacer,
    *,
    stall: float = 0.0,
    **clock: Any,
) -> None:
    """Send so many through the rung, on a loop that may block once in each second."""

    client: Any = api

    async def main() -> None:
        stalls = asyncio.create_task(stall_each_second(stall)) if stall else None
        await paced.make_many_requests(
            URL, count, client=client, limiter=pacer(), return_exceptions=True
        )
        if stalls:
            stalls.cancel()

    run(main(), **clock)


async def departures(pacer: Pacer, count: int, sent: list[float]) -> None:
    """Enter so many times at once; note when each went, in seconds from now."""
    began = virtual_loop().now

    async def enter() -> None:
        async with pacer:
            sent.append(virtual_loop().now - began)

    await asyncio.gather(*(enter() for _ in range(count)))


def refused_by(api: SimulatedApi) -> dict[str, int]:
    """The 429s that each kind of quota with room for a burst would have sent."""
    kinds: dict[str, int | None] = {"fixed-window": None, "sliding-window": None}
    kinds |= {"token-bucket": None, "gcra": 10}
    refused = {kind: api.refused(quota(kind, burst=kinds[kind])) for kind in kinds}
    return {kind: count for kind, count in refused.items() if count}


# The quota is used, and not exceeded.


class Network(NamedTuple):
    """Conditions, and how much of the quota has to be used under them."""

    jitter: float
    stall: float
    least: float


@pytest.mark.parametrize("latency", [0.05, 0.3, 1.0])
@pytest.mark.parametrize(
    "network_",
    [Network(0, 0, 0.985), Network(0.01, 0, 0.98), Network(0.01, 0.1, 0.94)],
    ids=str,
)
def test_nearly_the_whole_quota_and_no_429(network_: Network, latency: float) -> None:
    """At any latency, with 10 ms of jitter, and when the loop blocks for 100 ms in each
    second.
    """
    api = SimulatedApi(network(network_.jitter, latency=latency))
    send(
        api,
        3000,
        lambda: Pacer(100, limit=200),
        stall=network_.stall,
        late=REAL_LATE,
    )
    assert refused_by(api) == {}
    assert api.used(1, 29) >= network_.least


def test_a_coarse_clock() -> None:
    """A loop's clock that moves 64 times a second, as on Windows, costs no 429."""
    api = SimulatedApi(network(0.01))
    send(api, 1000, tick=WINDOWS_TICK)
    assert refused_by(api) == {}
    assert api.used(1, 10) >= 0.97


@pytest.mark.parametrize(
    ("rate", "period", "least"),
    [
        (1, 1.0, 0.97),
        (7, 2.0, 0.97),
        (20, 60.0, 0.97),
        (300, 1.0, 0.97),
        (2.5, 1.0, 0.78),  # a window holds whole requests
        (0.5, 1.0, 0.97),  # 1 in 2 s
    ],
)
def test_other_quotas(rate: float, period: float, least: float) -> None:
    """Slow, fast, by the minute, not whole, less than one in a period."""
    api = SimulatedApi(network(0.01 * period))
    send(api, round(12 * rate) + 2, lambda: Pacer(rate, period))
    whole = quota("sliding-window", max(1, int(rate)), max(period, period / rate))
    assert api.refused(whole) == 0
    assert api.utilisation(rate, period) >= least


def test_a_latency_longer_than_the_period() -> None:
    """A request without an answer was counted at the latest when it could have been:
    nobody waits for the answer.
    """
    api = SimulatedApi(network(latency=0.5))
    send(api, 400, lambda: Pacer(10, 0.1))
    assert api.refused(quota("sliding-window", 10, 0.1)) == 0
    assert api.used(1, 4) >= 0.95


def test_what_varying_latency_costs() -> None:
    """The docstring's 71 % of 100 a second, for 0.1 to 0.9 s; and no 429."""
    draw = random.Random(1).uniform
    api = SimulatedApi(lambda: Path(latency=draw(0.1, 0.9)))
    send(api, 3000, lambda: Pacer(100, limit=200))
    assert refused_by(api) == {}
    assert api.utilisation() == pytest.approx(0.71, abs=0.01)


def test_new_connections_arrive_late() -> None:
    """Requests that first open a connection arrive together with later ones; that is no
    429 either.
    """
    handshakes = [0.15] * 15
    api = SimulatedApi(lambda: Path(there=handshakes.pop() if handshakes else 0))
    send(api, 1000)
    assert api.refused(quota("sliding-window")) == 0
    assert api.utilisation() >= 0.97


@pytest.mark.parametrize("seed", range(3))
def test_a_busy_start(seed: int) -> None:
    """All of the first hundred requests are late, and then none is: no 429."""
    draw = random.Random(seed).uniform
    late = [
        Path(there=0.02 + draw(0, 0.04), latency=0.3, back=draw(0, 0.04))
        for _ in range(100)
    ]
    api = SimulatedApi(lambda: late.pop() if late else Path(latency=0.3))
    send(api, 300)
    assert api.refused(quota("sliding-window")) == 0
    assert api.utilisation() >= 0.95


@pytest.mark.parametrize("jitter", [0, 0.001])
def test_an_api_that_allows_no_burst(jitter: float) -> None:
    """GCRA(1) refuses nothing at about 90 % of its rate, with ``burst=1``."""
    api = SimulatedApi(network(jitter))
    send(api, 3000, lambda: Pacer(90, burst=1))
    assert api.refused(quota("gcra")) == 0


def test_spread_evenly_for_minutes() -> None:
    """Late wake-ups do not add up: minutes later requests still come one by one."""
    api: Any = SimulatedApi(network())
    send(api, 4000, lambda: Pacer(20), late=0.002)
    assert api.refused(quota("gcra", 20, burst=2)) == 0
    assert api.utilisation(20) >= 0.98


def test_small_batches_in_a_row_share_one_quota() -> None:
    """Polling keeps to the quota as one large run does, and a rest earns no credit."""

    async def main() -> None:
        pacer = Pacer(100)
        for batch in range(60):
            await paced.make_many_requests(URL, 30, client=api, limiter=pacer)
            await asyncio.sleep(10 if batch % 10 == 0 else 0)

    api: Any = SimulatedApi(network(0.01, latency=0.005))
    run(main())
    assert refused_by(api) == {}
    assert api.refused(quota("gcra", burst=3)) == 0


class Several(NamedTuple):
    """A quota, the others, and how long 50 requests take, in seconds."""

    rate: float
    period: float
    also: list[tuple[float, float]]
    seconds: float


@pytest.mark.parametrize(
    "row",
    [
        Several(10, 1, [], 5.0),
        Several(10, 1, [(1000, 3600)], 5.0),
        Several(1000, 3600, [(10, 1)], 5.0),  # in any order
        Several(10, 1, [(30, 60)], 62.0),  # 30 in 3 s, and the next a minute later
        Several(10, 1, [(5, 1)], 10.0),
        Several(math.inf, 1, [(10, 1)], 5.0),
        Several(math.inf, 1, [], 0.0),  # a limit, and no pace
    ],
    ids=str,
)
def test_the_shortest_quota_spaces_and_each_is_counted(row: Several) -> None:
    """A job that fits into the long quotas is not spread over their periods."""
    api = SimulatedApi(network(0.001))
    send(api, 50, lambda: Pacer(row.rate, row.period, also=row.also))
    taken = max(api.arrivals) - min(api.arrivals)
    assert taken == pytest.approx(row.seconds, rel=0.05, abs=0.01)
    for rate, period in [(row.rate, row.period), *row.also]:
        if rate < math.inf:
            assert api.refused(quota("sliding-window", rate, period)) == 0


# Whatever becomes of requests, network, loop and limit.

OUTCOMES = (httpx.Response, httpx.ReadError, TimeoutError, asyncio.CancelledError)
PATIENT = 1e9


def batches(there: st.SearchStrategy[float], patience: st.SearchStrategy[float]) -> Any:
    """Requests of any fate, none of them quicker than 20 ms at the API, and for how
    long each is awaited.
    """
    latency = st.one_of(st.floats(0.02, 0.2), st.floats(0.02, 5))
    path = st.builds(
        Path, there=there, latency=latency, back=st.floats(0, 0.5), lost=st.booleans()
    )
    batch = st.lists(st.tuples(path, patience), min_size=1, max_size=30)
    return st.tuples(st.just("send"), batch)


STALL = st.tuples(st.just("stall"), st.floats(0, 1.5))
QUIET = st.tuples(st.just("wait"), st.one_of(st.floats(0, 0.1), st.floats(0, 3)))
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 200))
LIMIT = st.tuples(st.just("limit"), st.integers(1, 40))
PAUSE = st.tuples(st.just("pause"), st.floats(0, 3))
OTHERS = st.one_of(STALL, QUIET, LIMIT, PAUSE)
NEARBY = batches(st.floats(0, 0.01), st.one_of(st.just(PATIENT), st.floats(0.001, 3)))
FAR_AWAY = batches(st.floats(0, 2), st.just(PATIENT))
"""What is cancelled may arrive later, so only what is nearby is."""
HISTORY = st.one_of(
    st.lists(st.one_of(NEARBY, CANCEL, OTHERS), min_size=1, max_size=25),
    st.lists(st.one_of(FAR_AWAY, OTHERS), min_size=1, max_size=25),
)


class Api(SimulatedApi):
    """Refuses to be asked during a pause."""

    closed_until = -math.inf

    async def get(self, url: str = URL, **options: Any) -> httpx.Response:
        """Send one request."""
        assert virtual_loop().now >= self.closed_until - 1e-9, "sent during a pause"
        return await super().get(url, **options)


def live_through(
    history: list[tuple[str, Any]], make: Callable[..., Pacer], slots: int
) -> list[float]:
    """Do as ``history`` says, with one pacer; return when requests reached the API, in
    order.
    """
    fates = [(Path(latency=0.02), PATIENT)]
    api = Api(lambda: fates.pop(0)[0])

    async def request(pacer: Pacer) -> httpx.Response:
        async with pacer:
            async with asyncio.timeout(fates[0][1]):
                return await api.get()

    async def main() -> None:
        limiter = AdjustableLimiter(slots)
        pacer = make(limiter=limiter)
        tasks = [asyncio.create_task(request(pacer))]
        await tasks[0]  # the pacer has seen the shortest latency there is
        for what, value in history:
            if what == "send":
                fates.extend(value)
                tasks += [asyncio.create_task(request(pacer)) for _ in value]
            elif what == "cancel":
                tasks[value % len(tasks)].cancel()
            elif what == "limit":
                limiter.limit = value
            elif what == "stall":
                virtual_loop().stall(value)
            elif what == "pause":
                pacer.pause(value)
                api.closed_until = max(api.closed_until, virtual_loop().now + value)
            else:
                await asyncio.sleep(value)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, OUTCOMES) for outcome in outcomes), outcomes
        assert limiter.in_use == limiter.waiting == 0, "a slot was lost"
        await asyncio.sleep(21)  # longer than the longest window
        async with asyncio.timeout(0.001), pacer:  # no turn was lost
            pass

    run(main())
    return sorted(api.arrivals)


def assert_kept(arrivals: list[float], allowed: int, window: float = 1.0) -> None:
    """No span of one window holds more than the quota."""
    for first, one_too_many in zip(arrivals, arrivals[allowed:], strict=False):
        assert one_too_many - first >= window - 1e-9


@many
def test_no_window_holds_more_than_the_quota(examples: int) -> None:
    """Cancelled, timed out, lost, late, overtaken or stalled, with any burst: each of
    two quotas holds, a pause holds back all, and no slot is lost.
    """

    @settings(max_examples=examples)
    @given(
        history=HISTORY,
        rate=st.integers(1, 20),
        more=st.integers(1, 60),
        period=st.sampled_from([2, 5, 20]),
        slots=st.integers(1, 40),
        burst=st.floats(1, 30),
    )
    def holds(
        history: list[tuple[str, Any]],
        rate: int,
        more: int,
        period: int,
        slots: int,
        burst: float,
    ) -> None:
        def make(**limiter: Any) -> Pacer:
            return Pacer(rate, also=[(more, period)], burst=burst, **limiter)

        arrivals = live_through(history, make, slots)
        assert_kept(arrivals, rate)
        assert_kept(arrivals, more, period)

    holds()


# Its rules, one by one.


@pytest.mark.parametrize("burst", [1, 4])
def test_catch_up_is_bounded(burst: int) -> None:
    """After a blocked loop at most ``burst`` requests go at once; the rest of the delay
    is given up.
    """
    sent: list[float] = []

    async def main() -> None:
        requests = asyncio.create_task(departures(Pacer(100, burst=burst), 20, sent))
        await asyncio.sleep(0.05)
        virtual_loop().stall(0.5)
        await requests

    run(main())
    stalled = max(sent, key=sent.count) if burst > 1 else sent[5]
    assert sent.count(stalled) == burst
    after = [late - stalled for late in sent[sent.index(stalled) + burst :]]
    assert after == pytest.approx([SPACING * (i + 1) for i in range(len(after))])


def test_a_pause_holds_back_those_that_wait_already() -> None:
    """A shorter one changes nothing; then they go at the pace, and not all at once."""
    sent: list[float] = []

    async def main() -> None:
        pacer = Pacer(10)
        requests = asyncio.create_task(departures(pacer, 4, sent))
        await asyncio.sleep(0.05)  # one has gone, one has the next turn, two wait
        pacer.pause(3)
        pacer.pause(1)
        await requests

    run(main())
    assert sent == pytest.approx([0, 3.05, 3.15125, 3.2525])


def test_a_cancelled_waiter_gives_its_turn_and_its_slot_away() -> None:
    """It costs the next in line no time, and the limiter no slot."""
    sent: list[float] = []

    async def main() -> None:
        limiter = AdjustableLimiter(4)
        pacer, began = Pacer(10, limiter=limiter), virtual_loop().now

        async def enter() -> None:
            async with pacer:
                sent.append(virtual_loop().now - began)

        requests = [asyncio.create_task(enter()) for _ in range(6)]
        await asyncio.sleep(0.05)
        requests[1].cancel()  # its turn comes next
        requests[3].cancel()  # waits for its turn
        requests[5].cancel()  # waits for a slot
        await asyncio.wait(requests)
        assert limiter.in_use == limiter.waiting == 0

    run(main())
    assert sent == pytest.approx([0, 0.10125, 0.2025])


def test_a_new_rate_is_for_all_that_follow() -> None:
    """``rate`` can be set while it is in use, up and down; other quotas stay."""
    sent: list[float] = []

    async def main() -> None:
        pacer = Pacer(100, also=[(35, 60)])
        for rate in (100, 10, 50):
            pacer.rate = rate
            await departures(pacer, 10, sent)
            await asyncio.sleep(1)
        await departures(pacer, 5, sent)
        assert sent[-1] - sent[30] < 1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(50), pacer:
                raise AssertionError("was let in")

    run(main())
    spans = [sent[number + 9] - sent[number] for number in (0, 10, 20)]
    expected = [9 * SPACING, 90 * SPACING, 18 * SPACING]
    assert spans == pytest.approx(expected)


def test_a_failure_counts_from_now_and_is_no_short_latency() -> None:
    """A request that failed may still be on its way, for as long as the quickest took;
    and how quickly it failed says nothing about how long answers take.
    """
    fates = [Path(latency=0.3), Path(latency=0.9, lost=True)]
    api = SimulatedApi(lambda: fates.pop(0) if fates else Path(latency=0.3))
    send(api, 3, lambda: Pacer(1, 1))
    went = [arrival - api.arrivals[0] for arrival in api.arrivals]
    assert went == pytest.approx([0, 1.0125, 1.0125 + 0.9 + 0.3 + 1])
    fates = [Path(latency=0, lost=True)]
    api = SimulatedApi(lambda: fates.pop() if fates else Path(latency=0.3))
    send(api, 2000)
    assert api.utilisation() >= 0.97


def test_entering_twice_is_an_error_that_costs_no_slot() -> None:
    """A task that is inside cannot enter again; the pacer serves others as before."""

    async def main() -> None:
        pacer = Pacer(limit=1)
        async with pacer:
            with pytest.raises(RuntimeError, match="already inside the pacer"):
                async with pacer:
                    raise AssertionError("was let in")
        async with asyncio.timeout(1), pacer:
            pass

    run(main())


def test_a_limiter_of_yours_stays_in_force() -> None:
    """The panel's limiter caps what is in flight, also when it moves, and the pace
    holds on top of it.
    """

    async def main() -> None:
        limiter = AdjustableLimiter(2)
        batch = asyncio.create_task(
            paced.make_many_requests(URL, 150, client=api, limiter=limiter)
        )
        await asyncio.sleep(1)
        slow = len(api.arrivals)
        assert slow == pytest.approx(40, abs=2)  # 2 in flight / 50 ms
        limiter.limit = 50
        await asyncio.sleep(0.5)
        assert len(api.arrivals) - slow == pytest.approx(50, abs=2)  # now the pace
        await batch
        assert limiter.in_use == 0

    api: Any = SimulatedApi(network())
    run(main())


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"rate": 0}, "rate=0"),
        ({"period": -1}, "period=-1"),
        ({"also": [(0, 60)]}, "also=[(0, 60)]"),
        ({"limit": 0}, "limit=0"),
        ({"burst": -1}, "burst=-1"),
    ],
)
def test_a_bad_number_is_one_line(arguments: dict[str, Any], shown: str) -> None:
    """It names the parameter, its value and what is allowed."""
    with pytest.raises(ValueError, match="must be greater than 0, got") as error:
        Pacer(**arguments)
    assert shown in str(error.value)

"""The pacer on a virtual clock: the quota is used, and never exceeded."""

from __future__ import annotations

import asyncio
import math
import random
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inflight_lab import AdjustableLimiter
from inflight_lab.runners import paced
from inflight_lab.runners.pacer import Pacer
from tests.support.simulator import URL, Path, SimulatedApi, network, quota
from tests.support.virtual_clock import WINDOWS_TICK, run, virtual_loop

many = pytest.mark.parametrize(
    "examples", [100, pytest.param(5000, marks=pytest.mark.nightly)]
)


def send(
    api: SimulatedApi, count: int, pacer: Callable[[], Pacer] = Pacer, **clock: Any
) -> None:
    """Send so many through the rung."""
    client: Any = api

    async def main() -> None:
        await paced.make_many_requests(
            URL, count, client=client, limiter=pacer(), return_exceptions=True
        )

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


class Conditions(NamedTuple):
    """How long answers take, when others are only slow, and how much is used then."""

    latency: float
    spread: float = 0.0  # seconds by which answers take longer, each another time
    tick: float = 0.0  # of a clock that is coarse
    limit: int = 200
    least: float = 0.97


@pytest.mark.parametrize(
    "met",
    [
        Conditions(0.3, tick=WINDOWS_TICK),
        Conditions(0.1, spread=0.8, least=0.69),  # as the docstring says
        Conditions(2.0, limit=400, least=0.9),  # longer than the period
    ],
    ids=str,
)
def test_nearly_the_whole_quota_and_no_429(met: Conditions) -> None:
    """By a clock that moves 64 times a second, as on Windows; where answers take long,
    or each another time.  The judge sees to other networks.
    """
    draw = random.Random(1).uniform

    def path() -> Path:
        latency = met.latency + draw(0, met.spread)
        return Path(draw(0, 0.01), latency, draw(0, 0.01))

    api = SimulatedApi(path)
    send(api, 3000, lambda: Pacer(100, limit=met.limit), late=0.0005, tick=met.tick)
    assert refused_by(api) == {}
    assert api.utilisation() >= met.least


@pytest.mark.parametrize(
    ("rate", "period", "least"),
    [
        (1, 1.0, 0.97),
        (7, 2.0, 0.97),
        (20, 60.0, 0.97),
        (300, 1.0, 0.97),
        (2.5, 1.0, 0.78),  # a window holds whole requests
        (0.5, 1.0, 0.97),  # 1 in 2 s
        (1, 0.01, 0.95),  # shorter than the latency: nobody waits for the answer
    ],
)
def test_other_quotas(rate: float, period: float, least: float) -> None:
    """Slow, fast, by the minute, not whole, of less than one, by the hundredth."""
    api = SimulatedApi(network(0.01 * period))
    send(api, max(300, round(4 * rate)), lambda: Pacer(rate, period))
    whole = quota("sliding-window", max(1, int(rate)), max(period, period / rate))
    assert api.refused(whole) == 0
    assert api.utilisation(rate, period) >= least


def opened_first(latency: float, handshake: float) -> Callable[[], Path]:
    """The paths of a client that opens a connection whenever it has none to spare."""
    idle_from: list[float] = []

    def path() -> Path:
        now = virtual_loop().now
        spare = [since for since in idle_from if since <= now]
        if spare:
            idle_from.remove(spare[0])
        there = 0.0 if spare else handshake
        idle_from.append(now + there + latency)
        return Path(there, latency)

    return path


@pytest.mark.parametrize("handshake", [0.05, 0.15])
@pytest.mark.parametrize("latency", [0.05, 0.3, 0.5, 0.8, 1.0])
def test_connections_are_opened_first(latency: float, handshake: float) -> None:
    """The first requests are all late, and no 429 comes of it.  Where answers take
    long, the time of one is what that costs.
    """
    api = SimulatedApi(opened_first(latency, handshake))
    send(api, 600, lambda: Pacer(100, limit=200))
    assert api.refused(quota("sliding-window")) == 0
    lost = latency if latency >= 0.5 else 0.0
    assert max(api.arrivals) - api.arrivals[0] <= 6.1 + lost + handshake
    assert api.used(4, 6) >= 0.98


@pytest.mark.parametrize("latency", [0.05, 0.3, 0.8])
def test_a_busy_start(latency: float) -> None:
    """The first hundred requests are late, each by another time: no 429."""
    for seed in range(10):
        draw = random.Random(seed).uniform
        paths = [Path(draw(0, 0.1), latency, draw(0, 0.1)) for _ in range(100)]
        paths += [Path(latency=latency)] * 200
        api = SimulatedApi(iter(paths).__next__)
        send(api, 300)
        assert api.refused(quota("sliding-window")) == 0


def test_an_api_that_allows_no_burst() -> None:
    """GCRA(1) refuses nothing at about 90 % of its rate, with ``burst=1``."""
    api = SimulatedApi(network(0.001))
    send(api, 3000, lambda: Pacer(90, burst=1))
    assert api.refused(quota("gcra")) == 0


@pytest.mark.parametrize(
    ("rate", "period", "also", "seconds"),
    [
        (10, 1, [(1000, 3600)], 5.0),
        (10, 1, [(30, 60)], 62.0),  # 30 in 3 s, and the next a minute later
        (math.inf, 1, [], 0.0),  # a limit, and no pace
    ],
)
def test_the_first_quota_spaces_and_each_is_counted(
    rate: float, period: float, also: list[tuple[float, float]], seconds: float
) -> None:
    """50 requests that fit into the long quotas are not spread over their periods."""
    api = SimulatedApi(network(0.001))
    send(api, 50, lambda: Pacer(rate, period, also=also))
    taken = max(api.arrivals) - min(api.arrivals)
    assert taken == pytest.approx(seconds, rel=0.05, abs=0.01)
    for number, window in also:
        assert api.refused(quota("sliding-window", number, window)) == 0


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


def test_what_has_no_answer_may_be_counted_only_now() -> None:
    """One that takes two seconds to arrive does not meet another there."""
    fates = [Path(latency=0.02), Path(there=2, latency=0.02)]
    api = SimulatedApi(lambda: fates.pop(0) if fates else Path(latency=0.02))
    send(api, 6, lambda: Pacer(1, 1))
    assert_kept(sorted(api.arrivals), 1)


def test_a_failure_counts_from_now_and_is_no_short_latency() -> None:
    """A request that failed may still be on its way, for as long as the quickest took;
    and how quickly it failed says nothing about how long answers take.
    """
    fates = [Path(latency=0.3)] * 2 + [Path(latency=0.9, lost=True)]
    api = SimulatedApi(lambda: fates.pop(0) if fates else Path(latency=0.3))
    send(api, 4, lambda: Pacer(1, 1))
    *_, failed, last = api.arrivals
    assert last - failed == pytest.approx(0.9 + 1.01)
    fates = [Path(latency=0, lost=True)]
    api = SimulatedApi(lambda: fates.pop() if fates else Path(latency=0.3))
    send(api, 2000)
    assert api.used(5, 15) >= 0.98


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"rate": 0}, "rate=0"),
        ({"also": [(0, 60)]}, "also=[(0, 60)]"),
        ({"limit": 0}, "limit=0"),
        ({"burst": 0}, "burst=0"),
    ],
)
def test_a_bad_number_is_one_line(arguments: dict[str, Any], shown: str) -> None:
    """It names the parameter, its value and what is allowed."""
    with pytest.raises(ValueError, match="must be greater than 0, got") as error:
        Pacer(**arguments)
    assert shown in str(error.value)
    with pytest.raises(ValueError, match="limit must be a whole number, got 2"):
        Pacer(limit=2.5)  # type: ignore[arg-type]


def test_a_turn_takes_as_long_after_many_requests() -> None:
    """A quota for a day is kept at any rate: no turn looks at all that were sent."""
    steps: list[int] = []

    def count(frame: Any, event: str, argument: object) -> Any:
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps[-1] += 1
        return count

    async def main() -> None:
        pacer = Pacer(1000, also=[(1_000_000, 86400)])
        for number in range(2000):
            if number not in (20, 1999):
                async with pacer:
                    pass
                continue
            steps.append(0)
            sys.settrace(count)
            async with pacer:
                pass
            sys.settrace(None)

    tracing = sys.gettrace()
    try:
        run(main())
    finally:
        sys.settrace(tracing)
    early, late = steps
    assert late < 2 * early


@pytest.mark.parametrize("burst", [1, 3])
def test_after_a_delay_a_burst_leaves_and_no_more(burst: int) -> None:
    """What is overdue by a second is not made up for."""
    sent: list[float] = []

    async def main() -> None:
        pacer = Pacer(10, burst=burst)
        requests = asyncio.create_task(departures(pacer, 9, sent))
        await asyncio.sleep(0.05)
        virtual_loop().stall(1)
        await requests

    run(main())
    assert len([time for time in sent if 1.0 <= time < 1.08]) == burst

"""How each kind of quota counts, on a clock of numbers that floats hold exactly."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.quotas.algorithms import (
    KINDS,
    FixedWindow,
    Gcra,
    QuotaCounter,
    SlidingWindow,
    TokenBucket,
)

PERIOD = 2.0
BEGIN = 1000.0
kinds = st.sampled_from(sorted(KINDS))
periods = st.sampled_from([0.25, 1.0, 3.0])
gaps_in_64ths = st.lists(st.integers(0, 64), min_size=1, max_size=60)


class Arrival(NamedTuple):
    """A request at ``time`` is admitted, or has to wait for so many seconds."""

    time: float
    wait: float = 0


class Counting(NamedTuple):
    """What a quota does, and the arrivals that show it."""

    what: str
    quota: QuotaCounter
    arrivals: list[Arrival]


def together(count: int, time: float) -> list[Arrival]:
    """``count`` requests that are all admitted at the same time."""
    return [Arrival(time)] * count


EXAMPLES = [
    Counting(
        "fixed window: twice the rate around a boundary",
        FixedWindow(3, 2.0),
        [
            Arrival(0.5),
            *together(2, 1.75),
            Arrival(1.75, wait=0.25),
            Arrival(1.875, wait=0.125),
            *together(3, 2.0),
            Arrival(2.0, wait=2.0),
        ],
    ),
    Counting(
        "fixed window: idle windows give nothing back",
        FixedWindow(2, 0.25),
        [
            Arrival(0.0),
            Arrival(0.125),
            Arrival(0.125, wait=0.125),
            *together(2, 7.0),
            Arrival(7.125, wait=0.125),
        ],
    ),
    Counting(
        "sliding window: any period, boundary or not",
        SlidingWindow(3, 2.0),
        [
            Arrival(0.5),
            *together(2, 1.75),
            Arrival(1.75, wait=0.75),
            Arrival(2.25, wait=0.25),
            Arrival(2.5),
            Arrival(2.5, wait=1.25),
        ],
    ),
    Counting(
        "sliding window: part of a request is none",
        SlidingWindow(2.75, 1.0),
        [*together(2, 0), Arrival(0, wait=1.0)],
    ),
    Counting(
        "token bucket: fills up to the burst and no further",
        TokenBucket(8, 2.0, 2),
        [
            *together(2, 0),
            Arrival(0, wait=0.25),
            Arrival(0.125, wait=0.125),
            Arrival(0.25),
            Arrival(0.25, wait=0.25),
            *together(2, 9),
            Arrival(9, wait=0.25),
        ],
    ),
    Counting(
        "gcra: one by one, idle time buys nothing",
        Gcra(8, 2.0, 1),
        [
            Arrival(0),
            Arrival(0, wait=0.25),
            Arrival(0.125, wait=0.125),
            Arrival(0.25),
            Arrival(0.5),
            Arrival(9),
            Arrival(9, wait=0.25),
        ],
    ),
    Counting(
        "gcra: a burst of three, then one by one",
        Gcra(4, 1.0, 3),
        [
            *together(3, 0),
            Arrival(0, wait=0.25),
            Arrival(0.25),
            Arrival(0.25, wait=0.25),
            *together(3, 9),
            Arrival(9, wait=0.25),
        ],
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.what)
def test_each_quota_counts_its_own_way(example: Counting) -> None:
    """Admitted, or refused with the time to wait, to the exact second."""
    for arrival in example.arrivals:
        assert example.quota.admit(arrival.time) == arrival.wait


def test_the_quotas_differ_on_the_same_traffic() -> None:
    """64 requests a second for two seconds at a quota of 32, from half past a second:
    four answers.
    """
    admitted = {}
    for name, kind in KINDS.items():
        quota = kind(32, 1.0)
        waits = [quota.admit(0.5 + number / 64) for number in range(128)]
        admitted[name] = waits.count(0)
    assert admitted == {
        "fixed-window": 96,  # 32 in each of three seconds of the clock
        "sliding-window": 64,  # 32 in each second from the first request on
        "token-bucket": 95,  # the burst on top of the rate
        "gcra": 64,  # every other request
    }


def test_a_full_bucket_admits_nearly_twice_the_rate() -> None:
    """The lesson's claim: 100 a second with a full burst admits 199 in one second."""
    bucket = TokenBucket(100, 1.0)
    assert sum(bucket.admit(number / 1000) == 0 for number in range(1000)) == 199


@given(kinds, st.integers(1, 6), periods, st.integers(1, 4), gaps_in_64ths)
def test_the_wait_it_names_is_the_wait_needed(
    kind: str, rate: int, period: float, burst: int, gaps: list[int]
) -> None:
    """Whoever waits for that long is admitted, and just before they are refused."""
    quota, now, refused = KINDS[kind](rate, period, burst), BEGIN, 0
    one_too_many = [0] * (max(rate, burst) + 1)
    for gap in gaps + one_too_many:
        now += gap / 64
        wait = quota.admit(now)
        if wait:
            refused += 1
            assert 0 < wait <= period
            if wait > 1e-6:
                assert quota.admit(now + wait * 0.999) > 0
            now += wait + 1e-9
            assert quota.admit(now) == 0
    assert refused


@given(kinds, st.integers(1, 6), periods, st.integers(1, 4), gaps_in_64ths)
def test_no_quota_admits_more_than_it_says(
    kind: str, rate: int, period: float, burst: int, gaps: list[int]
) -> None:
    """The bound each kind is known for holds between any two requests, and refusals
    cost nothing.
    """
    quota, now, admitted = KINDS[kind](rate, period, burst), BEGIN, []
    for gap in gaps:
        now += gap / 64
        remaining = quota.remaining(now)
        assert (quota.admit(now) == 0) == (remaining > 0)
        if remaining:
            admitted.append(now / period)
            assert quota.remaining(now) == remaining - 1
    for first, start in enumerate(admitted):
        for number, end in enumerate(admitted[first:], start=1):
            if kind == "fixed-window":
                most = rate * (math.floor(end) - math.floor(start) + 1)
            elif kind == "sliding-window":
                most = rate * (math.floor(end - start + 1e-9) + 1)
            else:
                most = math.floor(burst + (end - start) * rate + 1e-6)
            assert number <= most


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_quota_may_change_in_use(kind: str) -> None:
    """A rate raised or lowered in the middle counts from then on, with no error and no
    wait below zero.
    """
    quota, now, draw = KINDS[kind](5, 1.0, 3), 50.0, random.Random(1)
    for _ in range(300):
        now += draw.random() / 4
        changed = draw.choice([(1, 1.0, 1), (40, 1.0, 9), (5, 0.1, 3)])
        quota.rate, quota.period, quota.burst = changed
        assert quota.admit(now) >= 0
        assert quota.remaining(now) >= 0


@pytest.mark.parametrize(
    ("tick", "least", "most"), [(1e-7, 0, 0), (1 / 64, 51, 199)], ids=["fine", "coarse"]
)
def test_a_clock_must_tick_often_enough(tick: float, least: int, most: int) -> None:
    """Requests 10.1 ms apart pass at 100 a second; on Windows' monotonic clock, which
    ticks 64 times a second, many of them would not.
    """
    quota = Gcra(100, 1.0, 1)
    arrivals = [math.floor(number * 0.0101 / tick) * tick for number in range(200)]
    refused = sum(quota.admit(arrival) > 0 for arrival in arrivals)
    assert least <= refused <= most


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_more_than_all_of_it_is_never_admitted(kind: str) -> None:
    """However empty a quota is, and however long one waits."""
    quota = KINDS[kind](5, 1.0, 5)
    assert all(quota.admit(BEGIN + second, 6) > 0 for second in range(10))


@given(
    kinds,
    st.integers(12, 30),
    st.lists(st.tuples(st.integers(0, 64), st.integers(1, 12)), max_size=60),
)
def test_a_cost_counts_as_so_many_requests(
    kind: str, rate: int, arrivals: list[tuple[int, int]]
) -> None:
    """A request that costs five takes what five requests take, and is admitted after
    the wait and not before.
    """
    weighted, single = (KINDS[kind](rate, PERIOD, rate) for _ in range(2))
    now = BEGIN
    for gap, cost in arrivals:
        now += gap / 64
        wait = weighted.wait(now, cost)
        assert (wait == 0) == (weighted.remaining(now) >= cost)
        if wait == 0:
            weighted.take(now, cost)
            assert [single.admit(now) for _ in range(cost)] == [0] * cost
        else:
            if wait > 1e-6:
                assert weighted.wait(now + wait * 0.999, cost) > 0
            now += wait + 1e-6
            assert weighted.wait(now, cost) == 0


SPACING = PERIOD / 7
STANDS: dict[str, list[tuple[float, float]]] = {
    "window": [(0, 1), (0, 2), (1.9, 2)],
    "bucket": [(0, 6), (0, 5), (0.2, 5.7)],
    "spacing": [(0, SPACING), (0.1, SPACING - 0.1), (1.0, SPACING - 1.0)],
}
"""By shape: seconds after the first request, and what the gauge says then."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_gauge_speaks_the_language_of_its_shape(kind: str) -> None:
    """Counted in the window, tokens left, or seconds until the next is due."""
    quota = KINDS[kind](7, PERIOD)
    assert quota.gauge(BEGIN) == {"window": 0, "bucket": 7, "spacing": 0}[quota.shape]
    quota.admit(BEGIN)
    (_, after_one), second, third = STANDS[quota.shape]
    assert quota.gauge(BEGIN) == pytest.approx(after_one)
    quota.admit(BEGIN)
    for seconds, stands in (second, third):
        assert quota.gauge(BEGIN + seconds) == pytest.approx(stands)


@pytest.mark.parametrize(("kind", "left"), [(SlidingWindow, 1), (FixedWindow, 0)])
def test_a_window_forgets(kind: type[SlidingWindow], left: int) -> None:
    """Each request when it is a period old, or all of them when the window ends."""
    quota = kind(7, PERIOD)
    quota.admit(12.0)
    quota.admit(13.9)
    assert quota.gauge(13.99) == 2
    assert quota.gauge(14.0) == left


@pytest.mark.parametrize("rate", [1, 2, 3, 7, 97, 1000, 3000])
@pytest.mark.parametrize("now", [0.0, 12.345, 1_000_000.0, 1_787_486_223.173])
def test_a_full_burst_admits_exactly_the_burst(now: float, rate: int) -> None:
    """Sums of fractions neither lose the last request nor win one, however long ago
    the clock began.
    """
    bucket = TokenBucket(rate, 1.0)
    waits = [bucket.admit(now) for _ in range(rate + 2)]
    assert waits.count(0) == rate


@pytest.mark.parametrize(("rate", "period"), [(1, 60.0), (3, 1.0)])
def test_the_first_request_is_admitted_at_any_time(rate: int, period: float) -> None:
    """At none of 4,096 times of day does rounding refuse it, or admit a second one."""
    for number in range(4096):
        now = 30.0 + number * 0.0173
        quota = Gcra(rate, period)
        assert quota.remaining(now) == 1
        assert quota.admit(now) == 0
        assert quota.remaining(now) == 0


@pytest.mark.parametrize("rate", [3, 7, 97])
def test_whoever_comes_exactly_on_time_is_not_early(rate: int) -> None:
    """The sums of a clock that began three weeks ago are off by less than a
    nanosecond, and that counts for nothing.
    """
    quota = Gcra(rate, 1.0)
    times = [1_700_000.1 + number / rate for number in range(1000)]
    assert [quota.admit(time) for time in times] == [0] * 1000

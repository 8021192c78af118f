"""How each kind of quota counts, on a clock of numbers that floats hold exactly."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.lesson.server.quotas import (
    KINDS,
    FixedWindow,
    Gcra,
    QuotaCounter,
    SlidingWindow,
    TokenBucket,
)

BEGIN = 1000.0
each_kind = pytest.mark.parametrize("kind", sorted(KINDS))
periods = st.sampled_from([0.25, 1.0, 3.0])
costs = st.lists(st.tuples(st.integers(0, 64), st.integers(1, 3)), max_size=30)
"""Sixty-fourths of a second before each request, and what it costs."""


EXAMPLES: dict[str, tuple[QuotaCounter, dict[float, list[float]]]] = {
    "fixed window: twice the rate around a boundary": (
        FixedWindow(3, 2.0),
        {0.5: [0], 1.75: [0, 0, 0.25], 1.875: [0.125], 2.0: [0, 0, 0, 2.0]},
    ),
    "sliding window: any period, boundary or not": (
        SlidingWindow(3, 2.0),
        {0.5: [0], 1.75: [0, 0, 0.75], 2.25: [0.25], 2.5: [0, 1.25]},
    ),
    "sliding window: part of a request is none": (
        SlidingWindow(2.75, 1.0),
        {0: [0, 0, 1.0]},
    ),
    "token bucket: fills up to the burst and no further": (
        TokenBucket(8, 2.0, 2),
        {0: [0, 0, 0.25], 0.125: [0.125], 0.25: [0, 0.25], 9: [0, 0, 0.25]},
    ),
    "gcra: one by one, idle time buys nothing": (
        Gcra(8, 2.0, 1),
        {0: [0, 0.25], 0.125: [0.125], 0.25: [0], 0.5: [0], 9: [0, 0.25]},
    ),
}
"""Arrivals: for each time, how long each of those who come then has to wait; 0 is
admitted.
"""


@pytest.mark.parametrize("what", EXAMPLES)
def test_each_quota_counts_its_own_way(what: str) -> None:
    """Admitted, or refused with the time to wait, to the exact second."""
    quota, arrivals = EXAMPLES[what]
    for time, waits in arrivals.items():
        assert [quota.admit(time) for _ in waits] == waits


def test_a_full_bucket_admits_nearly_twice_the_rate() -> None:
    """The lesson's claim: 100 a second with a full burst admits 199 in one second."""
    bucket = TokenBucket(100, 1.0)
    assert sum(bucket.admit(number / 1000) == 0 for number in range(1000)) == 199


@each_kind
@given(rate=st.integers(3, 9), period=periods, burst=st.integers(3, 5), arrivals=costs)
def test_no_quota_admits_more_than_it_says(
    kind: str, rate: int, period: float, burst: int, arrivals: list[tuple[int, int]]
) -> None:
    """The bound that its shape is known for holds between any two requests; one that
    costs three takes what three take, and is admitted after the wait that is named and
    not before; refusals cost nothing; and what costs more than all never is admitted.
    """
    quota, now = KINDS[kind](rate, period, burst), BEGIN
    admitted: list[float] = []
    assert quota.wait(now, quota.most + 1) == math.inf
    one_too_many = [(0, 1)] * (quota.most + 1)
    for gap, cost in arrivals + one_too_many:
        now += gap / 64
        wait = quota.wait(now, cost)
        assert (wait == 0) == (quota.remaining(now) >= cost)
        assert wait <= period + 1e-6
        if wait > 1e-6:
            assert quota.wait(now + wait * 0.999, cost) > 0
        now += wait + 1e-6 if wait else 0
        remaining = quota.remaining(now)
        assert quota.admit(now, cost) == 0
        assert quota.remaining(now) == remaining - cost
        admitted += [now / period] * cost
    for first, start in enumerate(admitted):
        for number, end in enumerate(admitted[first:], start=1):
            if quota.shape == "window":
                begins = start if quota.starts is None else math.floor(start)
                most = rate * (math.floor(end - begins + 1e-9) + 1)
            else:
                most = math.floor(quota.most + (end - start) * rate + 1e-6)
            assert number <= most


@each_kind
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


STANDS: dict[str, list[float]] = {
    "window": [0, 1, 2, 2, 0],
    "bucket": [7, 6, 5, 5.7, 7],
    "spacing": [0, 2 / 7, 4 / 7, 4 / 7 - 0.2, 4 / 7 - 2],
}
"""By shape, what the gauge says: at first, after one request, and after two, then 0.2
and 2 seconds later.
"""


@each_kind
def test_a_gauge_speaks_the_language_of_its_shape(kind: str) -> None:
    """Counted in the window, tokens left, or seconds until the next is due."""
    quota = KINDS[kind](7, 2.0, 7 if KINDS[kind].shape == "bucket" else 2)
    stands = [quota.gauge(BEGIN)]
    for _ in range(2):
        quota.admit(BEGIN)
        stands.append(quota.gauge(BEGIN))
    stands += [quota.gauge(BEGIN + 0.2), quota.gauge(BEGIN + 2)]
    assert stands == pytest.approx(STANDS[quota.shape])


@pytest.mark.parametrize("rate", [1, 3, 97, 3000])
@pytest.mark.parametrize("now", [0.0, 12.345, 1_787_486_223.173])
def test_rounding_neither_loses_a_request_nor_wins_one(now: float, rate: int) -> None:
    """However long ago the clock began: a full burst is the burst, and whoever comes
    exactly on time is not early, although sums of floats are off by a nanosecond.
    """
    bucket = TokenBucket(rate, 1.0)
    assert [bucket.admit(now) for _ in range(rate + 2)].count(0) == rate
    for number in range(1, rate + 1):
        bucket, later = TokenBucket(rate, 1.0), now / 1000 + number / rate
        bucket.take(now / 1000, rate)
        is_admitted = bucket.wait(later, number) == 0
        assert is_admitted == (bucket.remaining(later) >= number)
    quota = Gcra(rate, 1.0)
    times = [1_700_000.1 + number / rate for number in range(1000)]
    assert [quota.admit(time) for time in times] == [0] * 1000

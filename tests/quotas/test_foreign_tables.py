"""The test tables of two other packages, against the quotas here.

- PyrateLimiter (vutran1710/PyrateLimiter, August 2026): ``tests/test_gcra.py``,
  ``test_fixed_window.py``, ``test_retry_after.py``, ``test_algorithm.py`` and, from its
  first version, ``test_leaky_bucket.py``.
- throttled-py (ZhuoZhuoCrayon/throttled-py, version 3): the tables of
  ``tests/rate_limiter/parametrizes.py``, the steps of ``test_peek``, and the first
  requests of ``test_gcra.py``, where throttled-py itself expects to fail.

Only data are taken: rates, times, costs, and what has to come out.

Where they mean something else:

- PyrateLimiter counts in whole milliseconds, rounds every wait up, and a request that
  is exactly one period old still counts.  So its waits are up to 1 ms longer.
- throttled-py's fixed window counts refused requests, too; that shows only in a counter
  of its own.  Its sliding window estimates from two fixed windows, and always says one
  period for the reset: what remains is compared, and the wait is not.
- Several rates in one bucket are several quotas here, so each is tried alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from inflight_lab.quotas.algorithms import (
    FixedWindow,
    Gcra,
    Quota,
    SlidingWindow,
    TokenBucket,
)

T = 1_700_000.0
"""A time in seconds, on a machine that was started 20 days ago."""
MILLISECOND = 0.001 + 1e-6


class Step(NamedTuple):
    """A request at ``time``; it has to wait, or it is admitted if ``wait`` is 0."""

    time: float
    cost: int = 1
    wait: float | None = 0
    """None: it is refused, and the table does not say for how long."""
    remaining: int | None = None
    """What is left after it; None: the table does not say."""
    all_in: float | None = None
    """Seconds until all of it is there again."""


class Table(NamedTuple):
    """What the source shows with it, and the requests in their order."""

    what: str
    quota: Quota
    steps: list[Step]


def together(count: int, time: float) -> list[Step]:
    """``count`` requests that are all admitted."""
    return [Step(time)] * count


PYRATE_GCRA = [
    Table(
        "a denial names the exact wait",
        TokenBucket(4, 1.0, 4),
        [*together(4, 1.0), Step(1.0, wait=0.25)],
    ),
    Table(
        "a denial spends nothing",
        TokenBucket(2, 1.0, 2),
        [*together(2, 1.0), *[Step(1.0, wait=0.5)] * 5],
    ),
    Table(
        "a weight over the burst never fits",
        TokenBucket(5, 1.0, 5),
        [Step(1.0, cost=6, wait=math.inf)],
    ),
    Table(
        "a burst allows a bigger lump than the limit",
        TokenBucket(5, 1.0, 20),
        [Step(1.0, cost=20), Step(1.0, wait=0.2)],
    ),
    Table(
        "a burst, then drips",
        TokenBucket(4, 1.0, 4),
        [*together(4, T), Step(T, wait=0.25), Step(T + 0.25)],
    ),
    Table(
        "another weight has another wait, and asking spends nothing",
        TokenBucket(3, 1.0, 3),
        [
            *together(3, T),
            Step(T, wait=0.334),
            Step(T, cost=2, wait=0.667),
            Step(T, cost=3, wait=1.001),
            Step(T, wait=0.334),
        ],
    ),
    Table(
        "a lighter request need not wait at all",
        TokenBucket(4, 1.0, 4),
        [Step(T, cost=3), Step(T, cost=3, wait=None), Step(T, cost=1)],
    ),
    Table(
        "an impossible weight",
        TokenBucket(3, 1.0, 3),
        [Step(T, cost=9, wait=math.inf)],
    ),
    Table(
        "what is owed drains with time",
        TokenBucket(4, 1.0, 4),
        [
            *together(3, T),
            Step(T, remaining=0),
            Step(T + 0.5, cost=0, remaining=2),
            Step(T + 1.0, cost=0, remaining=4),
        ],
    ),
    Table(
        "a burst of one never bunches",
        Gcra(10, 1.0, 1),
        [Step(T), Step(T, wait=0.1), Step(T + 0.1)],
    ),
    Table(
        "a slow clock never rewinds the bucket",
        TokenBucket(2, 1.0, 2),
        [*together(2, T), Step(T - 5, wait=None)],
    ),
    Table(
        "three, and two too many",
        TokenBucket(3, 1.0, 3),
        [*together(3, T), Step(T, wait=0.334), Step(T, wait=0.334)],
    ),
    Table(
        "four, and two weights that wait",
        TokenBucket(4, 1.0, 4),
        [
            *together(4, T),
            Step(T, wait=0.25),
            Step(T, cost=2, wait=0.5),
            Step(T + 0.5, cost=0, remaining=2),
        ],
    ),
    Table(
        "a weightless request is admitted by an empty bucket",
        TokenBucket(1, 1.0, 1),
        [Step(T), Step(T, wait=None), Step(T, cost=0)],
    ),
    Table(
        "the factory's bucket with a burst",
        TokenBucket(3, 1.0, 5),
        [*together(5, T), Step(T, wait=None), Step(T, wait=None)],
    ),
    Table(
        "the factory's bucket without one",
        TokenBucket(2, 1.0, 2),
        [*together(2, T), Step(T, wait=None), Step(T, wait=None)],
    ),
]

PYRATE_FIXED_WINDOW = [
    Table(
        "a window is over at its boundary",
        FixedWindow(3, 1.0),
        [Step(1.0), Step(1.4), Step(1.9), Step(1.95, wait=0.05), Step(2.0)],
    ),
    Table(
        "twice the limit across a boundary",
        FixedWindow(3, 1.0),
        [
            *(Step(time) for time in (1.9, 1.95, 1.999)),
            *(Step(time) for time in (2.0, 2.001, 2.002)),
            Step(2.003, wait=None),
        ],
    ),
    Table(
        "a weight over the limit never fits",
        FixedWindow(3, 1.0),
        [Step(1.0, cost=5, wait=math.inf)],
    ),
    Table(
        "the wait is until the boundary, in the middle of a window",
        FixedWindow(3, 1.0),
        [*together(3, 1.5), Step(1.5, wait=0.5)],
    ),
    Table(
        "the wait is until the boundary, at the end of a window",
        FixedWindow(3, 1.0),
        [*together(3, 1.999), Step(1.999, wait=0.001)],
    ),
    Table(
        "the wait is until the boundary, at the start of a window",
        FixedWindow(3, 1.0),
        [*together(3, 1.0), Step(1.0, wait=1.0)],
    ),
    Table(
        "no wait depends on an entry",
        FixedWindow(2, 1.0),
        [Step(1.0), Step(1.1), Step(1.2, wait=0.8)],
    ),
    Table(
        "the tighter of two rates",
        FixedWindow(2, 1.0),
        [Step(1.0), Step(1.1), Step(1.2, wait=0.8), Step(2.0)],
    ),
    Table(
        "the wider of two rates",
        FixedWindow(3, 10.0),
        [Step(1.0), Step(1.1), Step(2.0), Step(2.1, wait=7.9)],
    ),
]

PYRATE_SLIDING_WINDOW = [
    Table(
        "what a fixed window lets through at a boundary is refused",
        SlidingWindow(3, 1.0),
        [Step(1.9), Step(1.95), Step(1.999), Step(2.0, wait=None)],
    ),
    Table(
        "the wait is until the oldest is forgotten",
        SlidingWindow(5, 1.0),
        [*together(5, 0.5), Step(1.2, wait=0.301)],
    ),
    Table(
        "the wait is until the one in the way is forgotten",
        SlidingWindow(2, 1.0),
        [Step(1.0), Step(1.1), Step(1.2, wait=0.801)],
    ),
    Table(
        "another weight has another wait",
        SlidingWindow(3, 1.0),
        [
            *(Step(time) for time in (1.0, 1.1, 1.2)),
            Step(1.3, wait=0.701),
            Step(1.3, cost=2, wait=0.801),
        ],
    ),
    Table(
        "a later question has a shorter wait",
        SlidingWindow(1, 1.0),
        [Step(1.0), Step(1.0, wait=1.001), Step(1.5, wait=0.501), Step(9.0)],
    ),
    Table(
        "a denial carries the wait",
        SlidingWindow(1, 1.0),
        [Step(1.0), Step(1.2, wait=0.801)],
    ),
    Table(
        "a weightless request is admitted by a full window",
        SlidingWindow(1, 1.0),
        [Step(1.0), Step(1.0, wait=None), Step(1.0, cost=0)],
    ),
    Table(
        "an impossible weight",
        SlidingWindow(2, 1.0),
        [Step(1.0, cost=5, wait=math.inf)],
    ),
    Table(
        "the largest weight and one more",
        SlidingWindow(3, 1.0),
        [Step(1.0, cost=4, wait=math.inf), Step(1.0, cost=3)],
    ),
    Table(
        "a weight that fits and one that does not",
        SlidingWindow(3, 1.0),
        [*together(2, 1.0), Step(1.0, cost=2, wait=None), Step(1.0)],
    ),
    Table(
        "the leaky bucket of its first version, which is a sliding window",
        SlidingWindow(3, 3.0),
        [
            *together(3, 0),
            Step(0, wait=None),
            *(Step(time) for time in (3, 4, 5, 6)),
            Step(6, wait=None),
            *together(2, 8),
            Step(8, wait=None),
        ],
    ),
]


def bucket_rows() -> list[Step]:
    """throttled-py's rows for a leaking bucket and for a token bucket."""
    return [
        Step(T, cost=0, remaining=10, all_in=0),
        Step(T, cost=1, remaining=9, all_in=1),
        Step(T, cost=10, wait=1, remaining=9, all_in=1),
        Step(T + 1, cost=5, remaining=5, all_in=5),
        Step(T + 1, cost=8, wait=3, remaining=5, all_in=5),
        Step(T + 1, cost=5, remaining=0, all_in=10),
        Step(T + 1, cost=1, wait=1, remaining=0, all_in=10),
        Step(T + 1, cost=0, remaining=0, all_in=10),
    ]


THROTTLED = [
    Table(
        "fixed window",
        FixedWindow(5, 60.0),
        [
            Step(1200.0, cost=0, remaining=5),
            Step(1210.0, cost=1, remaining=4, all_in=50),
            Step(1220.0, cost=4, remaining=0, all_in=40),
            Step(1230.0, cost=4, wait=30, remaining=0, all_in=30),
            Step(1240.0, cost=0, remaining=0, all_in=20),
        ],
    ),
    Table(
        "gcra",
        Gcra(60, 60.0, 10),
        [
            Step(T, cost=0, remaining=10),
            Step(T, cost=1, remaining=9, all_in=1),
            Step(T + 1, cost=5, remaining=5, all_in=5),
            Step(T + 1, cost=5, remaining=0, all_in=10),
            Step(T + 1, cost=1, wait=1, remaining=0, all_in=10),
            Step(T + 1, cost=0, remaining=0, all_in=10),
        ],
    ),
    Table("leaking bucket", Gcra(60, 60.0, 10), bucket_rows()),
    Table("token bucket", TokenBucket(60, 60.0, 10), bucket_rows()),
    Table(
        "sliding window",
        SlidingWindow(5, 60.0),
        [
            Step(T, cost=0, remaining=5),
            Step(T, cost=1, remaining=4),
            Step(T, cost=4, remaining=0),
            Step(T, cost=4, wait=None, remaining=0),
            Step(T, cost=0, remaining=0),
        ],
    ),
    Table(
        "peek, gcra",
        Gcra(60, 60.0, 10),
        [
            Step(T, cost=0, remaining=10, all_in=0),
            Step(T, cost=5, remaining=5, all_in=5),
            Step(T + 1, cost=0, remaining=6, all_in=4),
            Step(T + 1, cost=6, remaining=0, all_in=10),
        ],
    ),
    Table(
        "peek, leaking bucket and token bucket",
        TokenBucket(60, 60.0, 10),
        [
            Step(T, cost=0, remaining=10, all_in=0),
            Step(T, cost=5, remaining=5, all_in=5),
            Step(T + 1, cost=0, remaining=6, all_in=4),
        ],
    ),
    Table(
        "peek, fixed window",
        FixedWindow(1, 60.0),
        [Step(1200.0, cost=0, remaining=1), Step(1200.0, remaining=0, all_in=60)],
    ),
    Table(
        "peek, sliding window",
        SlidingWindow(1, 60.0),
        [Step(T, cost=0, remaining=1), Step(T, remaining=0, all_in=60)],
    ),
]

TABLES = PYRATE_GCRA + PYRATE_FIXED_WINDOW + PYRATE_SLIDING_WINDOW + THROTTLED


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.what)
def test_a_table_of_another_package(table: Table) -> None:
    """Each request is admitted or refused as there, with the same wait to the
    millisecond, and leaves what it leaves there.
    """
    quota = table.quota
    for step in table.steps:
        wait = quota.admit(step.time, step.cost)
        if step.wait is None:
            assert 0 < wait < math.inf
        else:
            assert wait == pytest.approx(step.wait, abs=MILLISECOND)
            assert (wait == 0) == (step.wait == 0)
        if step.remaining is not None:
            assert quota.remaining(step.time) == step.remaining
        if step.all_in is not None:
            all_in = quota.wait(step.time, quota.most)
            assert all_in == pytest.approx(step.all_in, abs=1e-6)


@pytest.mark.parametrize("rate", [1, 2, 3, 7, 97, 1000, 3000])
@pytest.mark.parametrize(
    "now", [0.0, 12.345, 1_000.0, 1_000_000.0, 1_700_000_000.0, 1_787_486_223.173]
)
def test_a_full_burst_always_admits_exactly_the_burst(now: float, rate: int) -> None:
    """PyrateLimiter's sweep: sums of fractions may not lose the last request, or win
    one, however long ago the clock began.
    """
    bucket = TokenBucket(rate, 1.0, rate)
    waits = [bucket.admit(now) for _ in range(rate + 2)]
    assert waits.count(0) == rate


def test_in_the_long_run_the_rate_decides() -> None:
    """PyrateLimiter's five seconds in steps of 1 ms: ten at once, then ten a second."""
    bucket = TokenBucket(10, 1.0, 10)
    admitted = [bucket.admit(T + tick / 1000) for tick in range(5000)].count(0)
    assert 55 <= admitted <= 61


@pytest.mark.parametrize(("rate", "period"), [(1, 60.0), (3, 1.0)])
def test_the_first_request_is_admitted_at_any_time(rate: int, period: float) -> None:
    """throttled-py's 4,096 times of day, at many of which rounding makes throttled-py
    refuse the first request of all.
    """
    for number in range(4096):
        now = 30.0 + number * 0.0173
        quota = Gcra(rate, period, 1)
        assert quota.remaining(now) == 1
        assert quota.admit(now) == 0
        assert quota.remaining(now) == 0

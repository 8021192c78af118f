"""How a quota stands, in the one number of its kind that a picture needs."""

from __future__ import annotations

import pytest

from inflight_lab.quotas.algorithms import (
    KINDS,
    FixedWindow,
    Gcra,
    SlidingWindow,
    TokenBucket,
)
from inflight_lab.runs.quota_policy import QUOTA_KINDS

RATE = 7
PERIOD = 2.0
SPACING = PERIOD / RATE


def test_a_policy_names_the_kinds_that_there_are() -> None:
    """What a run says about its quota is in the words of the algorithms."""
    assert set(QUOTA_KINDS) == set(KINDS)


@pytest.mark.parametrize("kind", [SlidingWindow, FixedWindow])
def test_a_window_counts_what_it_lets_in(kind: type[SlidingWindow]) -> None:
    """At most the rate: what is refused is not counted."""
    quota = kind(RATE, PERIOD)
    assert quota.gauge(10.0) == 0
    for _ in range(9):
        quota.admit(10.5)
    assert quota.gauge(10.5) == 7
    assert quota.gauge(11.9) == 7


@pytest.mark.parametrize(("kind", "left"), [(SlidingWindow, 1), (FixedWindow, 0)])
def test_a_window_forgets(kind: type[SlidingWindow], left: int) -> None:
    """Each request when it is a period old, or all of them when the window ends."""
    quota = kind(RATE, PERIOD)
    quota.admit(12.0)
    quota.admit(13.9)
    assert quota.gauge(13.99) == 2
    assert quota.gauge(14.0) == left


def test_a_bucket_says_how_many_tokens_are_left() -> None:
    """It is full at first and never more than full; refused requests take nothing."""
    bucket = TokenBucket(RATE, PERIOD, 4)
    assert bucket.gauge(50.0) == 4
    for _ in range(3):
        bucket.admit(50.0)
    assert bucket.gauge(50.0) == pytest.approx(1)
    bucket.admit(50.0)
    assert bucket.admit(50.0) > 0
    assert bucket.gauge(50.0) == pytest.approx(0)
    assert bucket.gauge(50.2) == pytest.approx(0.2 * 7 / 2)
    assert bucket.gauge(60.0) == 4


def test_gcra_says_when_the_next_request_is_due() -> None:
    """One every period / rate; in the past, if it may come now."""
    quota = Gcra(RATE, PERIOD, 1)
    assert quota.gauge(50.0) == 0
    quota.admit(50.0)
    assert quota.gauge(50.0) == pytest.approx(SPACING)
    assert quota.admit(50.1) > 0
    assert quota.gauge(50.1) == pytest.approx(SPACING - 0.1)
    assert quota.gauge(53.0) == pytest.approx(SPACING - 3)

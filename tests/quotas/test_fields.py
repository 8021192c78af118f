"""The header field that announces a quota: structured, in integers, never too much."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.quotas.fields import policy_field

ROUNDING = Fraction(1, 10**11)
"""Of a period, which is read as it would be written, in twelve digits."""


@given(st.floats(0.001, 1e9), st.floats(0.001, 1_728_000))
def test_a_policy_is_a_list_of_integers_and_never_too_much(
    rate: float, period: float
) -> None:
    """It parses as RFC 9651 wants it, and any w seconds in which q are sent have room
    for them in the quota.
    """
    policy = re.fullmatch(
        r'"default";q=(\d{1,15});w=(\d{1,15})', policy_field(rate, period)
    )
    assert policy is not None
    q, w = int(policy[1]), int(policy[2])
    assert q >= 1
    needed = Fraction(period) if rate >= 1 else Fraction(period) / Fraction(rate)
    assert q <= max(1, rate)
    assert w >= needed * (1 - ROUNDING)


@pytest.mark.parametrize(
    ("rate", "period", "field"),
    [
        (100, 1.0, '"default";q=100;w=1'),
        (2_000_000, 60, '"default";q=2000000;w=60'),
        (2.5, 1.5, '"default";q=2;w=2'),
        (1, 0.001, '"default";q=1;w=1'),
        (0.1, 1.0, '"default";q=1;w=10'),
        (0.4, 1.0, '"default";q=1;w=3'),
        (7, 50 * 0.14, '"default";q=7;w=7'),  # 7.000000000000001
    ],
)
def test_the_strictest_integers(rate: float, period: float, field: str) -> None:
    """The rate is rounded down and the window up; less than one request is one request
    in a longer window.
    """
    assert policy_field(rate, period) == field

"""The calculator of limits."""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab.exercises.calculator import advise, limit_for, rate_for


@pytest.mark.parametrize(
    ("rate", "period", "latency", "limit"),
    [
        (100, 1, 0.3, 30),
        (70, 1, 0.1, 7),  # 70 * 0.1 is 7.000000000000001
        (100, 1, 0.001, 1),
        (100, 1, 0.301, 31),
        (60, 60, 2.5, 3),
        (5000, 1, 1.0, 5000),
    ],
)
def test_limit_is_the_smallest_that_reaches_the_rate(
    rate: float, period: float, latency: float, limit: int
) -> None:
    """Little's law, both ways round: this limit reaches the rate, and one less does not."""
    assert limit_for(rate, period=period, latency=latency) == limit
    assert rate_for(limit, period=period, latency=latency) >= rate - 1e-9
    assert limit == 1 or rate_for(limit - 1, period=period, latency=latency) < rate


def test_advice_tells_when_the_limit_stops_being_right() -> None:
    """The limit, what it gives, the quick day, the whole number that is too many, and the pool."""
    assert advise(100, latency=0.3).splitlines() == [
        "limit 30: at 0.3 s an answer it gives 100 a second",
        "  if answers come twice as quickly: 200 a second, so pace as well",
    ]
    assert "more than the 5 allowed; one less gives 0" in advise(5, latency=0.01)
    assert "one less gives 98.4" in advise(100, period=60, latency=25)
    assert "in 60 s" in advise(100, period=60, latency=25)
    assert "httpx's pool of 100 connections stops at 50" in advise(100, latency=2)


@pytest.mark.parametrize("name", ["rate", "period", "latency"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_calculator_refuses_what_is_no_quantity(name: str, value: Any) -> None:
    """One clear error that names the argument and its value."""
    arguments: dict[str, Any] = {"rate": 100, "period": 1.0, "latency": 0.3, name: value}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    error = ValueError if number else TypeError
    of_a_rate = dict.fromkeys((limit_for, advise), arguments["rate"])
    for function, first in (of_a_rate if name == "rate" else of_a_rate | {rate_for: 3}).items():
        with pytest.raises(error, match=rf"{name} must be .*more than 0.*got {value!r}"):
            function(first, period=arguments["period"], latency=arguments["latency"])


@pytest.mark.parametrize(("limit", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError)])
def test_calculator_refuses_what_is_no_limit(limit: Any, error: type[Exception]) -> None:
    """A limit counts slots."""
    with pytest.raises(error, match=f"limit must be .*1 or more, got {limit}"):
        rate_for(limit, latency=0.3)

"""The calculator of limits."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from inflight_lab.exercises.calculator import advise, limit_for, rate_for, safe_limit
from inflight_lab.runners import semaphore
from tests.support.simulator import URL, Path, SimulatedApi, quota
from tests.support.virtual_clock import run


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
    """Little's law, both ways round: this limit reaches the rate, and one less does
    not.
    """
    assert limit_for(rate, period=period, latency=latency) == limit
    assert rate_for(limit, period=period, latency=latency) >= rate - 1e-9
    assert limit == 1 or rate_for(limit - 1, period=period, latency=latency) < rate


def test_advice_tells_when_the_limit_stops_being_right() -> None:
    """The limit for the average, the one for every window if there is one, the quick
    day, and the pool.
    """
    assert advise(100, latency=0.3).splitlines() == [
        "limit 30: 100 a second on average, up to 120 in the busiest 1 s",
        "limit 25: never more than 100 a second",
        "  if answers take half as long, twice as many: use a rate limiter as well",
    ]
    assert "no limit stays within 5 a second" in advise(5, latency=0.01)
    assert "limit 33: never more than 100 in 60 s" in advise(100, period=60, latency=25)
    assert "httpx's pool of 100 connections stops at 50" in advise(100, latency=2)


def refused(limit: int, count: int, latency: Callable[[], float], **knobs: Any) -> int:
    """How many of ``count`` requests the practice server's sliding window refuses, on
    the virtual clock.
    """

    async def send() -> list[Any]:
        api = SimulatedApi(
            lambda: Path(latency=latency()), quota=quota("sliding-window", **knobs)
        )
        make_many: Any = semaphore.make_many_requests
        return list(
            await make_many(URL, count, limit=limit, client=api, return_exceptions=True)
        )

    return sum(isinstance(outcome, ValueError) for outcome in run(send()))


def test_an_average_is_not_a_window() -> None:
    """At 100 a second and 0.3 s, the limit for the average gets 40 of 240 refused, and
    the safe one none.
    """
    assert refused(limit_for(100, latency=0.3), 240, lambda: 0.3) == 40
    assert refused(safe_limit(100, latency=0.3), 240, lambda: 0.3) == 0


@pytest.mark.parametrize(
    ("rate", "period", "latency", "limit"),
    [
        (100, 1, 0.3, 25),
        (30, 1, 0.25, 6),
        (100, 1, 0.05, 4),
        (40, 1, 0.1, 3),
        (100, 60, 25, 33),
        (7, 1, 2, 7),
    ],
)
def test_safe_limit_keeps_every_window(
    rate: float, period: float, latency: float, limit: int
) -> None:
    """No request is refused, also when answers take longer now and then; with one slot
    more some are.
    """
    assert safe_limit(rate, period=period, latency=latency) == limit
    knobs, uneven = {"rate": rate, "period": period}, random.Random(1)
    assert refused(limit, 400, lambda: latency, **knobs) == 0
    assert (
        refused(limit, 400, lambda: latency * uneven.choice((1, 1, 1.1, 1.5)), **knobs)
        == 0
    )
    assert refused(limit + 1, 400, lambda: latency * 0.999, **knobs) > 0


def test_sometimes_no_limit_is_safe() -> None:
    """One slot alone sends a hundred a second at 0.01 s."""
    assert safe_limit(20, latency=0.01) == 0


@pytest.mark.parametrize("name", ["rate", "period", "latency"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_calculator_refuses_what_is_no_quantity(name: str, value: Any) -> None:
    """One clear error that names the argument and its value."""
    arguments: dict[str, Any] = {
        "rate": 100,
        "period": 1.0,
        "latency": 0.3,
        name: value,
    }
    number = isinstance(value, int | float) and not isinstance(value, bool)
    error = ValueError if number else TypeError
    of_a_rate = dict.fromkeys((limit_for, safe_limit, advise), arguments["rate"])
    for function, first in (
        of_a_rate if name == "rate" else of_a_rate | {rate_for: 3}
    ).items():
        with pytest.raises(
            error, match=rf"{name} must be .*more than 0.*got {value!r}"
        ):
            function(first, period=arguments["period"], latency=arguments["latency"])


@pytest.mark.parametrize(
    ("limit", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError)]
)
def test_calculator_refuses_what_is_no_limit(
    limit: Any, error: type[Exception]
) -> None:
    """A limit counts slots."""
    with pytest.raises(error, match=f"limit must be .*1 or more, got {limit}"):
        rate_for(limit, latency=0.3)

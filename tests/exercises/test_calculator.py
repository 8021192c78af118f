"""The calculator of limits."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from inflight_lab.exercises.calculator import advise, limit_for, rate_for, safe_limit
from inflight_lab.runners import semaphore
from tests.support.simulator import URL, Path, SimulatedApi, quota
from tests.support.virtual_clock import run


class Case(NamedTuple):
    """What an API allows, how long its answers take, and the limit for that."""

    rate: float
    period: float
    latency: float
    limit: int


@pytest.mark.parametrize(
    "case",
    [
        Case(rate=100, period=1, latency=0.3, limit=30),
        Case(rate=100, period=1, latency=0.07, limit=7),  # 7.000000000000001 slots
        Case(rate=100, period=1, latency=0.001, limit=1),
        Case(rate=100, period=1, latency=0.301, limit=31),
        Case(rate=7, period=2, latency=1.5, limit=6),
        Case(rate=60, period=60, latency=2.5, limit=3),
        Case(rate=5000, period=1, latency=1.0, limit=5000),
    ],
)
def test_limit_is_the_smallest_that_reaches_the_rate(case: Case) -> None:
    """Little's law, both ways round: one less does not reach the rate."""
    knobs = {"period": case.period, "latency": case.latency}
    assert limit_for(case.rate, **knobs) == case.limit
    assert rate_for(case.limit, **knobs) >= case.rate - 1e-9
    assert case.limit == 1 or rate_for(case.limit - 1, **knobs) < case.rate


def test_advice_tells_when_the_limit_stops_being_right() -> None:
    """The limit for the average, the safe one, and what faster answers do to them."""
    assert advise(100, latency=0.3).splitlines() == [
        "limit 30: 100 a second on average, up to 120 in the busiest 1 s",
        "limit 25: never more than 100 a second",
        "  if answers take half as long, twice as many: use a rate limiter as well",
    ]
    assert "limit 33: never more than 100 in 60 s" in advise(100, period=60, latency=25)


@pytest.mark.parametrize(
    ("rate", "safe"),
    [
        (99, "no limit stays within 99 a second"),
        (100, "limit 1: never more than 100 a second"),
    ],
)
def test_advice_names_a_safe_limit_if_there_is_one(rate: int, safe: str) -> None:
    """One slot sends up to 100 times in a second, when answers take 0.0101 s."""
    assert safe in advise(rate, latency=0.0101).splitlines()


@pytest.mark.parametrize(("rate", "told"), [(99, False), (100, False), (101, True)])
def test_advice_warns_once_the_pool_is_too_small(rate: int, told: bool) -> None:
    """100 in flight just fit into httpx's pool, the 101st would queue in it."""
    warning = "  httpx's pool of 100 connections stops at 100: give it more"
    assert (warning in advise(rate, latency=1).splitlines()) == told


def refused(limit: int, count: int, latency: Callable[[], float], **knobs: Any) -> int:
    """How many of ``count`` requests a sliding window refuses, on the virtual clock."""

    async def send() -> list[Any]:
        window = quota("sliding-window", **knobs)
        api = SimulatedApi(lambda: Path(latency=latency()), quota=window)
        make_many: Any = semaphore.make_many_requests
        outcomes = await make_many(
            URL, count, limit=limit, client=api, return_exceptions=True
        )
        return list(outcomes)

    return sum(isinstance(outcome, ValueError) for outcome in run(send()))


def test_an_average_is_not_a_window() -> None:
    """The limit for the average gets 40 of 240 refused, and the safe one none."""
    assert refused(limit_for(100, latency=0.3), 240, lambda: 0.3) == 40
    assert refused(safe_limit(100, latency=0.3), 240, lambda: 0.3) == 0


@pytest.mark.parametrize(
    "case",
    [
        Case(rate=100, period=1, latency=0.3, limit=25),
        Case(rate=30, period=1, latency=0.25, limit=6),
        Case(rate=100, period=1, latency=0.05, limit=4),
        Case(rate=40, period=1, latency=0.1, limit=3),
        Case(rate=100, period=60, latency=25, limit=33),
        Case(rate=7, period=2, latency=3, limit=7),
        Case(rate=9, period=0.3, latency=0.1, limit=2),  # 2.9999999999999996 latencies
    ],
)
def test_safe_limit_keeps_every_window(case: Case) -> None:
    """None is refused, even if some answers are slower; with one slot more some are."""
    knobs = {"rate": case.rate, "period": case.period}
    limit, latency = case.limit, case.latency
    assert safe_limit(**knobs, latency=latency) == limit
    draw = random.Random(1)

    def uneven() -> float:
        return latency * draw.choice((1, 1, 1.1, 1.5))

    assert refused(limit, 400, lambda: latency, **knobs) == 0
    assert refused(limit, 400, uneven, **knobs) == 0
    assert refused(limit + 1, 400, lambda: latency * 0.999, **knobs) > 0


def test_sometimes_no_limit_is_safe() -> None:
    """One slot alone sends a hundred a second at 0.01 s."""
    assert safe_limit(20, latency=0.01) == 0


@pytest.mark.parametrize("name", ["rate", "period", "latency"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_calculator_refuses_what_is_not_a_quantity(name: str, value: Any) -> None:
    """One clear error that names the argument and its value."""
    a_number = isinstance(value, int | float) and not isinstance(value, bool)
    error = ValueError if a_number else TypeError
    arguments = {"rate": 100, "period": 1.0, "latency": 0.3, name: value}
    rate = arguments.pop("rate")
    for function in (limit_for, safe_limit, advise):
        with pytest.raises(error, match=rf"{name} must be .*more than 0.*{value!r}"):
            function(rate, **arguments)
    if name != "rate":
        with pytest.raises(error, match=rf"{name} must be .*more than 0.*{value!r}"):
            rate_for(3, **arguments)


@pytest.mark.parametrize(
    ("limit", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError)]
)
def test_calculator_refuses_what_is_not_a_limit(
    limit: Any, error: type[Exception]
) -> None:
    """A limit counts slots."""
    with pytest.raises(error, match=f"limit must be .*1 or more, got {limit}"):
        rate_for(limit, latency=0.3)

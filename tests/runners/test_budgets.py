"""Budgets: several quotas at once, by the most that a request may cost."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import pytest

from inflight_lab.runners.budgets import Budgets, make_many_requests, most_tokens
from tests.support.simulator import URL, SimulatedApi, network, quota
from tests.support.virtual_clock import BEGIN, run, virtual_loop


def now() -> float:
    """Seconds since the beginning."""
    return virtual_loop().now - BEGIN


async def departures(budgets: Budgets, costs: list[float]) -> list[float]:
    """When requests that cost so many tokens leave, if all come at once."""
    times = []

    async def ask(tokens: float) -> None:
        async with budgets.turn(tokens=tokens):
            times.append(now())
            await asyncio.sleep(0.1)

    await asyncio.gather(*map(ask, costs))
    return times


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("low", "high", "tokens", "share"),
    [(300, 301, 15_000, 0.95), (100, 300, 15_000, 0.92), (1, 3000, 9_000, 0.63)],
)
def test_no_period_holds_more_than_its_budgets(
    seed: int, low: float, high: float, tokens: float, share: float
) -> None:
    """Whatever 250 prompts cost, with jitter, and however late the loop wakes up; most
    of the tighter budget is used.
    """
    draw = random.Random(seed)
    costs = [draw.uniform(low, high) for _ in range(250)]
    budgets = Budgets(requests=(100, 6), tokens=(tokens, 6))
    times = run(departures(budgets, costs), late=0.0005)
    arrivals = [at + draw.uniform(0, 0.01) for at in times]
    for start in arrivals:
        within = [start <= at < start + 6 for at in arrivals]
        assert sum(within) <= 100
        assert sum(itertools.compress(costs, within)) <= tokens
    elapsed = times[-1] - times[0]
    used = max(sum(costs[1:]) / tokens, 249 / 100) * 6 / elapsed
    assert used >= share


@pytest.mark.parametrize("jitter", [0, 0.01])
def test_the_rung_keeps_to_its_budgets(jitter: float) -> None:
    """By default 100 a second: none is refused, nine tenths are used, and none at all
    after an hour's rest.
    """
    api: Any = SimulatedApi(network(jitter), quota=quota("sliding-window"))

    async def main() -> None:
        for _ in range(2):
            await make_many_requests(URL, 500, client=api)
            await asyncio.sleep(3600)

    run(main(), late=0.0005)
    assert api.refusals == 0
    assert api.used(1, 5) >= 0.9


def test_what_was_not_used_is_given_back() -> None:
    """Reserved are 300 of 3,000 tokens, used 30: the next leaves as soon as that is
    said.  An API that reserves the 300 until then has room for each.
    """
    times: list[float] = []

    async def ask(budgets: Budgets, *, give_back: bool) -> None:
        async with budgets.turn(tokens=300) as turn:
            times.append(now())
            await asyncio.sleep(0.05)
        if give_back:
            turn.correct(tokens=30)

    async def main(count: int, *, give_back: bool) -> None:
        times.clear()
        budgets = Budgets(requests=(1000, 60), tokens=(3000, 60))
        turns = [ask(budgets, give_back=give_back) for _ in range(count)]
        await asyncio.gather(*turns)

    run(main(20, give_back=False))
    assert times[19] == pytest.approx(19 * 6, rel=0.02)
    run(main(150, give_back=True))
    assert times[19] == pytest.approx(19 * 0.6, rel=0.2)
    for now_ in times:
        before = sum(now_ - 60 < time < now_ for time in times)
        assert 30 * before + 300 <= 3000


def test_a_pause_holds_back_who_waits_already() -> None:
    """Also those that are in line when it begins; and a shorter one changes nothing."""

    async def main() -> None:
        budgets = Budgets(requests=(10, 1))
        asyncio.get_running_loop().call_later(0.05, budgets.pause, 7)
        asyncio.get_running_loop().call_later(0.06, budgets.pause, 1)
        assert await departures(budgets, [1, 1]) == pytest.approx([0, 7.05], abs=0.02)

    run(main())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Budgets(tokens=(0, 60)), "tokens must be greater than 0, got .0"),
        (lambda: Budgets(limit=0), "limit must be greater than 0, got .0"),
        (
            lambda: Budgets(tokens=(2000, 60)).turn(tokens=3082),
            "tokens must be 0 to 2000, got 3082",
        ),
    ],
)
def test_what_never_fits(make: Any, words: str) -> None:
    """It is refused at once, by its name, before anything waits."""
    with pytest.raises(ValueError, match=words):
        make()
    Budgets(tokens=(2000, 60)).turn(tokens=2000)  # all of it fits


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"max_tokens": 300}, 300),
        ({"max_completion_tokens": 300, "n": 2}, 600),
        ({"max_output_tokens": 300}, 300),
        ({}, 1000),
    ],
)
def test_the_most_that_a_request_may_cost(
    options: dict[str, Any], answer: float
) -> None:
    """A quarter of its bytes, and all that its answers may have."""
    body = {"messages": [{"role": "user", "content": "什么" * 100}]} | options
    prompt = most_tokens(body) - answer
    assert 150 <= prompt <= 150 + 40

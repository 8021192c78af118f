"""Budgets: several quotas at once, by the most that a request may cost."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners.budgets import Budgets, make_many_requests, most_tokens
from inflight_lab.runners.patiently import Patience
from tests.support.virtual_clock import run, virtual_loop


def departures(budgets: Budgets, costs: list[float], *, seconds: float = 0.1) -> Any:
    """When requests that cost so many tokens leave, if all come at once."""

    async def main() -> list[float]:
        times = []

        async def ask(tokens: float) -> None:
            async with budgets.turn(tokens=tokens):
                times.append(virtual_loop().now)
                await asyncio.sleep(seconds)

        await asyncio.gather(*map(ask, costs))
        return times

    return run(main(), late=0.0005)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("requests", "tokens"), [(100, 2000), (20, 9000)])
def test_no_period_holds_more_than_its_budgets(
    seed: int, requests: float, tokens: float
) -> None:
    """Whatever 200 requests cost, and however late the loop wakes up; nearly all of the
    tighter budget is used.
    """
    draw = random.Random(seed)
    costs = [draw.uniform(1, 300) for _ in range(200)]
    budgets = Budgets(requests=(requests, 2), tokens=(tokens, 2))
    times = departures(budgets, costs)
    for first, start in enumerate(times):
        within = [at < start + 2 for at in times[first:]]
        assert sum(within) <= requests
        assert sum(itertools.compress(costs[first:], within)) <= tokens
    fewest = 2 * max(200 / requests, sum(costs) / tokens)
    shares = [max(1 / requests, cost / tokens) for cost in costs]
    assert fewest * 0.95 <= times[-1] - times[0] <= 1.5 * 2 * sum(shares)


def test_what_was_not_used_is_given_back() -> None:
    """Reserved are 300 of 3,000 tokens, used 30: the next leaves as soon as that is
    said, and the budget still holds.
    """

    async def ask(budgets: Budgets, give_back: bool) -> None:
        async with budgets.turn(tokens=300) as turn:
            await asyncio.sleep(0.05)
        if give_back:
            turn.correct(tokens=30)

    async def main(give_back: bool) -> float:
        budgets = Budgets(requests=(1000, 60), tokens=(3000, 60))
        began = virtual_loop().now
        await asyncio.gather(*[ask(budgets, give_back) for _ in range(20)])
        return virtual_loop().now - began

    assert run(main(False)) == pytest.approx(19 * 6 / 0.97, rel=0.02)
    assert run(main(True)) == pytest.approx(19 * 0.6, rel=0.2)


def test_what_was_given_back_leaves_room_for_one_that_costs_the_most() -> None:
    """An API that reserves 300 tokens until an answer of 30 is there never refuses."""
    times = []

    async def ask(budgets: Budgets) -> None:
        async with budgets.turn(tokens=300) as turn:
            times.append(virtual_loop().now)
            await asyncio.sleep(0.05)
        turn.correct(tokens=30)

    async def main() -> None:
        budgets = Budgets(requests=(1000, 60), tokens=(3000, 60))
        await asyncio.gather(*[ask(budgets) for _ in range(150)])

    run(main())
    for now in times:
        before = sum(now - 60 < time < now for time in times)
        assert 30 * before + 300 <= 3000


def test_idle_time_earns_no_credit() -> None:
    """After an hour without a request, two do not leave together."""

    async def main() -> None:
        budgets = Budgets(requests=(60, 60))
        async with budgets.turn():
            pass
        await asyncio.sleep(3600)
        for _ in range(2):
            async with budgets.turn():
                left = virtual_loop().now
        assert left >= 1000 + 3600 + 1

    run(main())


def test_a_pause_holds_back_who_waits_already() -> None:
    """Also those that are in line when it begins."""

    async def main() -> None:
        budgets = Budgets(requests=(10, 1))
        asyncio.get_running_loop().call_later(0.05, budgets.pause, 7)

        async def ask() -> float:
            async with budgets.turn():
                return virtual_loop().now - 1000

        times = await asyncio.gather(ask(), ask())
        assert times[0] < 0.05
        assert times[1] == pytest.approx(7.05, abs=0.1)

    run(main())


def test_whoever_is_cancelled_in_line_takes_nothing() -> None:
    """Its place and its turn go to the next one."""

    async def main() -> None:
        budgets = Budgets(requests=(1, 10), limit=2)

        async def ask() -> float:
            async with budgets.turn():
                return virtual_loop().now - 1000

        first, second, third = [asyncio.create_task(ask()) for _ in range(3)]
        await first
        second.cancel()
        assert await third == pytest.approx(10 / 0.97, abs=0.1)

    run(main())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Budgets(tokens=(0, 60)), "tokens must be greater than 0, got .0"),
        (lambda: Budgets(tokens=(9, 0)), "tokens must be greater than 0, got .9, 0"),
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


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"max_tokens": 300}, 300),
        ({"max_completion_tokens": 300}, 300),
        ({"max_tokens": 300, "n": 2}, 600),
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


@pytest.mark.anyio
@pytest.mark.parametrize("dialect", ["openai", "azure", "anthropic", "draft"])
async def test_prompts_to_a_real_server(dialect: str) -> None:
    """60 prompts, counted on arrival or as used: all are answered, few are refused."""
    body = {"messages": [{"role": "user", "content": "Count."}], "max_tokens": 60}
    knobs: dict[str, Any] = {"quota": "sliding-window", "rate": 100, "tokens": 4000}
    with PracticeServer(latency=0.02, period=2, dialect=dialect, **knobs) as server:
        url = server.url.replace("/get", "/v1/chat/completions")
        budgets = Budgets(requests=(100, 2), tokens=(4000, 2))
        patiently = Patience()
        async with httpx.AsyncClient() as client:
            turns = [budgets.turn(tokens=most_tokens(body)) for _ in range(60)]
            asks = [patiently(turn, client.post, url, json=body) for turn in turns]
            answers = await asyncio.gather(*asks)
        stats = server.stats()
    assert [answer.status_code for answer in answers] == [200] * 60
    assert stats.refused <= 2


@pytest.mark.anyio
async def test_the_rung_keeps_to_its_budgets(server: PracticeServer) -> None:
    """200 GETs within 100 a second: none is refused."""
    server.latency = 0.02
    server.quota, server.rate, server.period = "sliding-window", 105, 1
    outcomes = await make_many_requests(server.url, 150)
    assert [outcome.status_code for outcome in outcomes] == [200] * 150
    assert server.stats().refused <= 2

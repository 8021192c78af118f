"""Budgets: taken together or not at all, in turn, and kept whatever happens."""

from __future__ import annotations

import asyncio
import math
import random
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runners.budgets import Budgets
from inflight_lab.runners.shares import Budget, Remaining
from tests.support.virtual_clock import run, virtual_loop

PATIENT = 1e9
many = pytest.mark.parametrize(
    "examples", [100, pytest.param(3000, marks=pytest.mark.full)]
)


@dataclass
class Sent:
    """One request, and what becomes of it."""

    after: float  # seconds after the one before
    images: int
    reserved: int  # tokens
    share: float  # of the reserved tokens, that it costs in fact
    there: float  # seconds to the API
    extra: float  # seconds that its answer takes beyond the quickest
    patience: float  # seconds until it is given up
    says: bool  # its answer says what it cost

    def __post_init__(self) -> None:
        if self.patience < PATIENT:  # given up on the way, it arrives soon or never
            self.there = min(0.01, self.there)

    @property
    def costs(self) -> dict[str, int]:
        """What it costs in fact."""
        tokens = round(self.reserved * self.share)
        return {"requests": 1, "tokens": tokens, "images": self.images}


QUOTAS = st.fixed_dictionaries(
    {
        "requests": st.tuples(st.integers(1, 20), st.sampled_from([1, 5])),
        "tokens": st.tuples(st.integers(50, 500), st.sampled_from([1, 3, 10])),
        "images": st.tuples(st.integers(3, 9), st.just(2)),
    }
)
REQUESTS = st.lists(
    st.builds(
        Sent,
        after=st.one_of(st.just(0), st.floats(0, 2)),
        images=st.integers(0, 3),
        reserved=st.integers(0, 50),
        share=st.floats(0, 1),
        there=st.one_of(st.floats(0, 0.01), st.floats(0, 2)),
        extra=st.floats(0, 4),
        patience=st.one_of(st.just(PATIENT), st.floats(0, 5)),
        says=st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


def assert_kept(counted: list[tuple[float, float]], most: float, period: float) -> None:
    """No span of one period holds more than the budget."""
    counted = sorted(counted)
    for index, (begin, _) in enumerate(counted):
        held = sum(
            cost for moment, cost in counted[index:] if moment < begin + period - 1e-9
        )
        assert held <= most, f"{held} of {most} in {period} s"


@many
def test_no_window_of_any_budget_holds_more(examples: int) -> None:
    """In whatever order requests end, fail or are given up, and however much longer
    they take than the quickest: every budget is kept, and all comes back.
    """

    @settings(max_examples=examples)
    @given(QUOTAS, REQUESTS, st.floats(0, 3))
    def holds(
        quotas: dict[str, tuple[float, float]], requests: list[Sent], quickest: float
    ) -> None:
        counted: dict[str, list[tuple[float, float]]] = {name: [] for name in quotas}
        order: list[int] = []

        async def send(number: int, request: Sent, budgets: Budgets) -> None:
            reserved = request.costs | {"tokens": request.reserved}
            async with asyncio.timeout(request.patience):
                async with budgets.take(**reserved) as correct:
                    order.append(number)
                    arrival = virtual_loop().now + request.there
                    for name, cost in request.costs.items():
                        counted[name].append((arrival, cost))
                    await asyncio.sleep(request.there + quickest + request.extra)
            if request.says:
                correct(tokens=request.costs["tokens"])

        async def main() -> None:
            budgets = Budgets(**quotas)
            for _ in range(2):  # the first one opens a connection
                async with budgets.take():
                    await asyncio.sleep(quickest)
            tasks = []
            for number, request in enumerate(requests):
                await asyncio.sleep(request.after)
                tasks.append(asyncio.create_task(send(number, request, budgets)))
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} <= {type(None), TimeoutError}
            await asyncio.sleep(1.02 * max(period for _, period in quotas.values()))
            before = virtual_loop().now
            everything = {name: amount for name, (amount, _) in quotas.items()}
            async with budgets.take(**everything):
                assert virtual_loop().now == before, "something has not come back"

        run(main())
        assert order == sorted(order), "somebody was overtaken"
        for name, (amount, period) in quotas.items():
            assert_kept(counted[name], amount, period)

    holds()


class Load(NamedTuple):
    """The quota of requests a minute, what binds, and the API's fixed latency."""

    requests: int
    binds: str
    latency: float


@pytest.mark.parametrize("kind", ["fixed-window", "sliding-window", "token-bucket"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "load",
    [Load(1000, "tokens", 0.1), Load(1000, "tokens", 2), Load(200, "requests", 4)],
)
def test_most_of_the_tighter_budget(kind: str, seed: int, load: Load) -> None:
    """Costs are heavy-tailed, estimates off by half, and answers take up to 4 seconds:
    95 % of what binds is used, minute after minute, with no 429.
    """
    draw, rates = random.Random(seed), {"requests": load.requests, "tokens": 30_000}
    quotas = {name: KINDS[kind](rate, 60, rate) for name, rate in rates.items()}
    used, refused = dict.fromkeys(rates, 0), 0

    async def request(budgets: Budgets) -> None:
        nonlocal refused
        cost = min(5000, max(1, round(50 * draw.lognormvariate(0, 1))))
        estimate = cost * draw.uniform(0.5, 1.5)
        async with budgets.take(requests=1, tokens=2 * estimate) as correct:
            await asyncio.sleep(draw.uniform(0, 0.1))
            costs, now = {"requests": 1, "tokens": cost}, virtual_loop().now
            if any(quota.wait(now, costs[name]) for name, quota in quotas.items()):
                refused += 1
            for name, quota in quotas.items():
                quota.take(now, costs[name])
                if 1060 < now < 1660:  # without the first burst
                    used[name] += costs[name]
            await asyncio.sleep(load.latency)
        correct(tokens=cost)

    async def main() -> None:
        slots = asyncio.Semaphore(90)
        budgets = Budgets(requests=(load.requests, 60), tokens=(30_000, 60))

        async def slot() -> None:
            async with slots:
                await request(budgets)

        requests = [asyncio.create_task(slot()) for _ in range(6000)]
        await asyncio.sleep(660)
        for each in requests:
            each.cancel()
        await asyncio.wait(requests)

    run(main())
    assert refused == 0
    assert used[load.binds] >= 0.95 * rates[load.binds] * 10


def test_an_expensive_request_is_not_starved() -> None:
    """Cheap requests that would fit wait behind an expensive one, which holds nothing
    while it waits.
    """

    async def main() -> list[tuple[str, float]]:
        budgets, went = Budgets(requests=(10, 1), tokens=(100, 10)), []

        async def one(name: str, tokens: float) -> None:
            async with budgets.take(requests=1, tokens=tokens):
                went.append((name, round(virtual_loop().now - 1000, 3)))

        await one("first", 60)
        await asyncio.gather(
            one("expensive", 90), *(one(f"cheap {number}", 1) for number in range(5))
        )
        return went

    first, expensive, *cheap = run(main())
    assert first == ("first", 0)
    assert expensive == ("expensive", 10.101)
    assert cheap == [(f"cheap {number}", 10.101) for number in range(5)]


@pytest.mark.parametrize(("used", "waits"), [(10, 0.5), (90, 10.101), (200, 10.101)])
def test_the_estimate_is_corrected(used: float, waits: float) -> None:
    """Too much comes back as soon as it is known; too little is owed."""

    async def main() -> float:
        budgets = Budgets(tokens=(100, 10))
        async with budgets.take(tokens=80) as correct:
            pass
        virtual_loop().call_later(0.5, lambda: correct(tokens=used))
        async with budgets.take(tokens=30):
            return virtual_loop().now - 1000

    assert run(main()) == pytest.approx(waits)


@pytest.mark.anyio
async def test_without_a_budget_it_is_a_hundred_requests_a_second() -> None:
    """As the other rungs have it by default."""
    async with Budgets().take(requests=100):
        pass
    with pytest.raises(ValueError, match="can never be sent: 101 requests"):
        async with Budgets().take(requests=101):
            pass


def test_what_can_never_fit_is_an_error_at_once() -> None:
    """It is raised before anything is waited for, also where others wait, and takes
    nothing.
    """

    async def main() -> None:
        budgets, began = Budgets(requests=(1, 60), tokens=(100, 60)), virtual_loop().now

        async def one(tokens: float) -> float:
            async with budgets.take(requests=1, tokens=tokens):
                return virtual_loop().now - began

        await one(1)
        waiting = asyncio.create_task(one(1))
        await asyncio.sleep(0)
        for tokens in (101, -1, math.nan):
            with pytest.raises(
                ValueError,
                match=f"^This can never be sent: {tokens} tokens.  Budgets: ",
            ):
                await one(tokens)
        assert virtual_loop().now == began
        assert await waiting == pytest.approx(60.601)

    run(main())


@pytest.mark.parametrize("refunds", [(5, 60), 1, None], ids=repr)
def test_refunds_are_a_switch(refunds: Any) -> None:
    """A budget of that name is an error, and so is a switch of another name."""
    with pytest.raises(TypeError, match=r"^refunds must be True or False, got "):
        Budgets(requests=(10, 1), refunds=refunds)
    with pytest.raises(ValueError, match=r"^budgets must be amounts"):
        Budgets(requests=(10, 1), refund=True)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_budget_that_there_is_not() -> None:
    """A misspelt name is an error at once, which says what names there are."""
    budgets = Budgets(requests=(10, 1), tokens=(100, 60))
    with pytest.raises(
        ValueError, match=r"sent: 5 token\.  Budgets: \{'requests': .*, 'tokens': "
    ):
        async with budgets.take(requests=1, token=5):
            pass
    async with budgets.take(requests=10, tokens=100):
        pass


class Report(NamedTuple):
    """What the API says is left, and what may be taken then without a wait."""

    remaining: float
    room: float


@pytest.mark.parametrize("report", [Report(25, 25), Report(24, 9), Report(20, 5)])
def test_when_the_api_knows_better(report: Report) -> None:
    """40 were left after a request, and 15 have been taken since: the API is trusted
    from 24 down, and then may not have counted the 15 yet.
    """

    async def main() -> None:
        budget = Budget(100, 60)
        share = budget.take(60)
        budget.take(15)
        share.believe(Remaining(report.remaining, seconds=10))
        assert budget.seconds_until_room(report.room) == 0
        assert budget.seconds_until_room(report.room + 1) > 0

    run(main())


def test_fractions_come_back_whole() -> None:
    """Costs that do not add up to the last digit leave room for the whole budget,
    however many there were.
    """

    async def main() -> None:
        budgets = Budgets(dollars=(1, 1))
        for _ in range(1000):
            async with budgets.take(dollars=0.1) as correct:
                correct(dollars=0.03)
        async with asyncio.timeout(1.1), budgets.take(dollars=1):
            pass

    run(main())


def test_a_request_costs_the_same_however_many_are_counted() -> None:
    """With 4,000 requests in the last minute the next one is found in no more steps
    than with 40.
    """

    def steps(count: int) -> int:
        seen = 0

        def see(*_: object) -> None:
            nonlocal seen
            seen += 1

        async def main() -> None:
            budgets = Budgets(requests=(count, 60), never=(1, 60))
            for number in range(count + 20):
                if number == count:
                    sys.setprofile(see)
                async with budgets.take(requests=1):
                    await asyncio.sleep(60 / count)
            sys.setprofile(None)
            for budget in budgets._reservations._budgets.values():
                assert len(budget._returns) <= count + 1

        run(main())
        return seen

    assert steps(4000) <= 2 * steps(40)

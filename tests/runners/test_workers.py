"""Workers: the limit is exact, what is taken ahead is bounded, and nobody is left
behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator

import httpx
import pytest

from inflight_lab import ObservedTransport
from inflight_lab.runners.workers import make_many_requests, stream_outcomes
from tests.support.waiting import settle

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
both_orders = pytest.mark.parametrize("ordered", [True, False])


class Bench:
    """A function to await for each item: counts who is in, and lets an item out when
    the test says so.
    """

    def __init__(self, *open_doors: int) -> None:
        self.begun: list[int] = []
        self.inside = 0
        self.doors: dict[int, asyncio.Event] = {}
        self.let_out(*open_doors)

    async def __call__(self, item: int) -> int:
        """Wait for the item's door, then return the item; raise for a negative one."""
        self.begun.append(item)
        self.inside += 1
        try:
            await self.doors.setdefault(item, asyncio.Event()).wait()
        finally:
            self.inside -= 1
        if item < 0:
            raise ArithmeticError(item)
        return item

    def let_out(self, *items: int) -> None:
        """Open the doors of ``items``, begun or not."""
        for item in items:
            self.doors.setdefault(item, asyncio.Event()).set()


@pytest.mark.parametrize(
    ("ordered", "expected"),
    [(True, [0, "-1", 2, 3, 4]), (False, [2, "-1", 0, 4, 3])],
)
async def test_order_or_as_completed(ordered: bool, expected: list[object]) -> None:
    """The same completions give the items' order, or their own; as many are under way
    as may be, and a failure takes its place if you like.
    """
    bench = Bench()
    outcomes: list[object] = []

    async def read() -> None:
        async for outcome in stream_outcomes(
            bench, [0, -1, 2, 3, 4], limit=3, ordered=ordered, return_exceptions=True
        ):
            failed = isinstance(outcome, ArithmeticError)
            outcomes.append(str(outcome) if failed else outcome)

    reading = asyncio.create_task(read())
    for number, item in enumerate([2, -1, 0, 4, 3]):
        await settle()
        assert bench.begun == [0, -1, 2, 3, 4][: 3 + number]
        bench.let_out(item)
    await reading
    assert outcomes == expected


@both_orders
@pytest.mark.parametrize("ahead", [2, 7])
async def test_a_slow_consumer_makes_the_workers_wait(
    ordered: bool, ahead: int
) -> None:
    """Back-pressure: of an endless source exactly ``ahead`` items are read beyond those
    done with.
    """
    read: list[int] = []

    def items() -> Iterator[int]:
        for num in itertools.count():
            read.append(num)
            yield num

    bench = Bench(*range(100))
    stream = stream_outcomes(bench, items(), limit=3, ahead=ahead, ordered=ordered)
    async with contextlib.aclosing(stream) as outcomes:
        for done_with in range(5):
            await anext(outcomes)
            await settle()
            assert len(read) == done_with + ahead


@both_orders
async def test_leaving_early_cancels_all(ordered: bool) -> None:
    """At the end of ``aclosing`` the requests under way are cancelled, and their
    clean-up has run.
    """
    bench = Bench(0)
    before = asyncio.all_tasks()
    stream = stream_outcomes(bench, itertools.count(), limit=5, ordered=ordered)
    async with contextlib.aclosing(stream) as outcomes:
        assert await anext(outcomes) == 0
        await settle()
        assert bench.inside == 5
    assert (bench.inside, asyncio.all_tasks()) == (0, before)


async def test_a_failure_is_raised_in_its_place_and_ends_the_sending() -> None:
    """The outcomes before a failure come first, also when they are later; nothing is
    begun after it.
    """
    bench = Bench()
    stream = stream_outcomes(bench, [0, 1, -2, 3, 4, 5], limit=3)
    reading = asyncio.create_task(anext(stream))
    await settle()
    bench.let_out(-2)
    await settle()
    bench.let_out(0, 1)
    assert [await reading, await anext(stream)] == [0, 1]
    with pytest.raises(ArithmeticError):
        await anext(stream)
    assert (bench.begun, bench.inside) == ([0, 1, -2], 0)
    bench = Bench(-2)
    with pytest.raises(ArithmeticError):  # at once where order does not matter
        await anext(stream_outcomes(bench, [0, 1, -2, 3], limit=3, ordered=False))
    assert bench.inside == 0


async def test_what_the_items_raise_is_raised() -> None:
    """An error of the source is no outcome, whatever ``return_exceptions`` says."""

    def broken() -> Iterator[int]:
        yield 0
        raise OSError("the file ended")

    stream = stream_outcomes(Bench(0), broken(), limit=3, return_exceptions=True)
    with pytest.raises(OSError, match="the file ended"):
        await anext(stream)


# The rung.


async def test_a_raised_failure_cancels_those_under_way() -> None:
    """With several workers too: what flies when one fails is cancelled, and gone when
    the run ends.
    """
    numbers = itertools.count()

    async def answer(request: httpx.Request) -> httpx.Response:
        if next(numbers):
            await asyncio.Event().wait()
        await settle()
        return httpx.Response(429)

    observed = ObservedTransport(httpx.MockTransport(answer))
    async with httpx.AsyncClient(transport=observed) as client:
        with pytest.raises(ValueError, match="is 429"):
            await make_many_requests(URL, 50, limit=3, client=client)
        assert (observed.stats().started, observed.stats().in_flight) == (3, 0)

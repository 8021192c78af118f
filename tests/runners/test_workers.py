"""Workers: the limit is exact, what is taken ahead is bounded, and nobody is left
behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import ObservedTransport, Panel, PracticeServer
from inflight_lab.runners.workers import make_many_requests, stream_outcomes
from tests.support.waiting import PATIENCE, settle, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
both_orders = pytest.mark.parametrize("ordered", [True, False])


class Bench:
    """A function to await for each item: counts who is in, and lets an item out when
    the test says so.
    """

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.inside = self.peak = 0
        self.doors: dict[int, asyncio.Event] = {}

    async def __call__(self, item: int) -> int:
        """Wait for the item's door, then return the item; raise for a negative one."""
        self.begun.append(item)
        self.inside += 1
        self.peak = max(self.peak, self.inside)
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


class Hanging(httpx.AsyncBaseTransport):
    """Answers the first request when the test says so, and no other one."""

    def __init__(self, first: int) -> None:
        self.answer, self.status = asyncio.Event(), [first]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for the word, or for ever."""
        status = self.status.pop() if self.status else None
        await (self.answer if status else asyncio.Event()).wait()
        assert status is not None
        return httpx.Response(status)


async def at_once(item: int) -> int:
    """An item that needs no waiting; a negative one fails."""
    if item < 0:
        raise ArithmeticError(item)
    return item


@both_orders
@pytest.mark.parametrize("limit", [1, 3, 20])
@pytest.mark.parametrize("wrap", [list, iter], ids=["list", "iterator"])
async def test_peak_equals_the_limit(ordered: bool, limit: int, wrap: Any) -> None:
    """Exactly min(limit, items) are under way while all doors are shut, and never more
    after that.
    """
    bench = Bench()
    stream = stream_outcomes(bench, wrap(range(12)), limit=limit, ordered=ordered)
    reading = asyncio.create_task(anext(stream))
    await settle()
    assert bench.inside == min(limit, 12)
    bench.let_out(*range(12))
    async with asyncio.timeout(PATIENCE):
        outcomes = {await reading, *[outcome async for outcome in stream]}
    assert outcomes == set(range(12))
    assert bench.peak == min(limit, 12)


@given(
    delays=st.lists(st.integers(0, 5), max_size=30),
    limit=st.integers(1, 8),
    ahead=st.integers(1, 20),
    failing=st.sets(st.integers(0, 29)),
    ordered=st.booleans(),
)
def test_any_order_of_completion(
    delays: list[int],
    limit: int,
    ahead: int,
    failing: set[int],
    ordered: bool,
) -> None:
    """Each item has exactly one outcome, in order if asked for, however long each
    takes; both bounds hold.
    """
    taken = handed = inside = 0

    async def make_one(num: int) -> int:
        nonlocal taken, inside
        taken, inside = taken + 1, inside + 1
        assert inside <= limit
        assert (
            taken - handed <= ahead + 1
        )  # the one in your hands counts as yours only when you come back
        for _ in range(delays[num]):
            await asyncio.sleep(0)
        inside -= 1
        if num in failing:
            raise ArithmeticError(num)
        return num

    async def run() -> list[Any]:
        nonlocal handed
        stream = stream_outcomes(
            make_one,
            range(len(delays)),
            limit=limit,
            ahead=ahead,
            ordered=ordered,
            return_exceptions=True,
        )
        outcomes = []
        async for outcome in stream:
            handed += 1
            outcomes.append(
                outcome.args[0] if isinstance(outcome, ArithmeticError) else outcome
            )
        return outcomes

    outcomes = asyncio.run(asyncio.wait_for(run(), PATIENCE))
    assert (outcomes if ordered else sorted(outcomes)) == list(range(len(delays)))


async def test_order_or_as_completed() -> None:
    """The same completions give the items' order, or their own."""
    for ordered, expected in ((True, [0, 1, 2]), (False, [2, 0, 1])):
        bench = Bench()
        outcomes: list[Any] = []

        async def read(
            bench: Bench = bench,
            ordered: bool = ordered,
            outcomes: list[Any] = outcomes,
        ) -> None:
            async for outcome in stream_outcomes(
                bench, range(3), limit=3, ordered=ordered
            ):
                outcomes.append(outcome)

        reading = asyncio.create_task(read())
        for item in (2, 0, 1):
            await settle()
            bench.let_out(item)
        await reading
        assert outcomes == expected


@both_orders
async def test_a_slow_consumer_makes_the_workers_wait(ordered: bool) -> None:
    """Back-pressure: of an endless source exactly ``ahead`` items are read beyond those
    done with.
    """
    read: list[int] = []

    def items() -> Iterator[int]:
        for num in itertools.count():
            read.append(num)
            yield num

    stream = stream_outcomes(at_once, items(), limit=3, ahead=7, ordered=ordered)
    async with contextlib.aclosing(stream) as outcomes:
        for done_with in range(5):
            await anext(outcomes)
            await settle()
            assert len(read) == done_with + 7


async def test_one_slow_request_does_not_fill_the_memory() -> None:
    """In order, behind a request that hangs at most ``ahead`` outcomes pile up; then
    the others wait too.
    """
    bench = Bench()
    bench.let_out(*range(1, 100))
    stream = stream_outcomes(bench, itertools.count(), limit=3, ahead=10)
    reading = asyncio.create_task(anext(stream))
    await settle()
    assert bench.begun == list(range(10))
    bench.let_out(0)
    assert await reading == 0
    await stream.aclose()


@both_orders
async def test_leaving_early_cancels_all(ordered: bool) -> None:
    """At the end of ``aclosing`` the requests under way are cancelled and their
    clean-up has run.
    """
    bench = Bench()
    bench.let_out(0)
    before = asyncio.all_tasks()
    stream = stream_outcomes(bench, itertools.count(), limit=5, ordered=ordered)
    async with contextlib.aclosing(stream) as outcomes:
        assert await anext(outcomes) == 0
        await settle()
        assert bench.inside == 5
    assert (bench.inside, asyncio.all_tasks()) == (0, before)


async def test_a_cancelled_consumer_cancels_all() -> None:
    """The same when the task that reads is cancelled while it waits."""
    bench = Bench()
    before = asyncio.all_tasks()
    reading = asyncio.create_task(
        anext(stream_outcomes(bench, itertools.count(), limit=5))
    )
    await settle()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (bench.inside, asyncio.all_tasks()) == (0, before)


async def test_leaving_closes_a_source_that_is_not_waited_for() -> None:
    """The same for a generator that is between two items, and at once: nothing is left
    to the collector.
    """
    closed = False

    def pages() -> Iterator[int]:
        nonlocal closed
        try:
            yield from itertools.count()
        finally:
            closed = True

    async with contextlib.aclosing(
        stream_outcomes(at_once, pages(), limit=2)
    ) as stream:
        assert await anext(stream) == 0
        assert not closed
    assert closed


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


async def test_of_two_failures_the_first_in_order_is_raised() -> None:
    """Two that fail in the same turn of the loop, in either order: the item that comes
    first counts.
    """
    for first, second in ((-1, -2), (-2, -1)):
        bench = Bench()
        reading = asyncio.create_task(anext(stream_outcomes(bench, [-1, -2], limit=2)))
        await settle()
        bench.let_out(first)
        bench.let_out(second)
        with pytest.raises(ArithmeticError, match=r"^-1$"):
            await reading


async def test_a_request_that_ignores_its_cancellation() -> None:
    """It is waited for, but its worker takes no further item."""
    begun, release = [], asyncio.Event()

    async def stubborn(item: int) -> int:
        begun.append(item)
        while item and not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()
        return item

    stream = stream_outcomes(stubborn, itertools.count(), limit=2)
    assert await anext(stream) == 0
    await settle()
    closing = asyncio.create_task(stream.aclose())
    await settle()
    assert not closing.done()
    release.set()
    await closing
    assert begun == [0, 1, 2]


async def test_a_failure_is_raised_at_once_when_order_does_not_matter() -> None:
    """As completed, nobody waits for a slow request before he hears of a failure."""
    bench = Bench()
    bench.let_out(-2)
    with pytest.raises(ArithmeticError):
        await anext(stream_outcomes(bench, [0, 1, -2, 3], limit=3, ordered=False))
    assert bench.inside == 0


async def test_what_the_items_raise_is_raised() -> None:
    """An error of the source is no outcome, whatever ``return_exceptions`` says."""

    def broken() -> Iterator[int]:
        yield from (0, 1)
        raise OSError("the file ended")

    with pytest.raises(OSError, match="the file ended"):
        await anext(stream_outcomes(at_once, broken(), limit=3, return_exceptions=True))


@both_orders
async def test_a_cancelled_worker_ends_the_stream(ordered: bool) -> None:
    """Cancelled from outside, as by a Stop button, the stream ends with CancelledError
    and does not hang.
    """

    async def cancelled(item: int) -> int:
        if item == 2:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        return item

    stream = stream_outcomes(
        cancelled, range(9), limit=1, ordered=ordered, return_exceptions=True
    )
    assert [await anext(stream), await anext(stream)] == [0, 1]
    with pytest.raises(asyncio.CancelledError):
        await anext(stream)


# The rung.


async def test_a_raised_failure_cancels_those_under_way() -> None:
    """With several workers too: what flies when one fails is cancelled, and gone when
    the run ends.
    """
    observed = ObservedTransport(gate := Hanging(first=429))
    async with httpx.AsyncClient(transport=observed) as client:
        run = asyncio.create_task(make_many_requests(URL, 50, limit=3, client=client))
        await settle()
        assert observed.stats().in_flight == 3
        gate.answer.set()
        with pytest.raises(
            ValueError, match=r"^Unexpected Status: Http status code is 429\.$"
        ):
            await run
        assert (observed.stats().started, observed.stats().in_flight) == (3, 0)


async def test_in_the_panel_and_stopped(server: PracticeServer) -> None:
    """The panel runs this rung, and Stop ends it within the panel's grace with one
    outcome per request.
    """
    server.latency = 0.05
    panel = Panel(make_many_requests, server=server, count=10)
    await panel.start()
    assert [outcome.status_code for outcome in panel.outcomes] == [200] * 10
    server.latency = 60
    run = panel.start()
    await until(lambda: server.stats().in_flight == 3)
    panel.stop()
    await run
    assert len(panel.outcomes) == 10
    assert isinstance(panel.error, asyncio.CancelledError)
    panel.close()


MEMORY = """
import asyncio, resource, sys
from inflight_lab.runners.workers import stream_outcomes

async def make_one(num):
    return num

async def run(count, ordered):
    async for _ in stream_outcomes(make_one, range(count), limit=10, ordered=ordered):
        pass

asyncio.run(run(int(sys.argv[1]), sys.argv[2] == "True"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@both_orders
def test_memory_is_flat(ordered: bool) -> None:
    """Ten times the requests take no more memory; a task each takes 50 MB."""
    peak = [
        int(
            subprocess.check_output(
                [sys.executable, "-c", MEMORY, str(count), str(ordered)]
            )
        )
        for count in (5_000, 50_000)
    ]
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on a Mac, else kilobytes
    assert (peak[1] - peak[0]) * unit < 10 * 2**20

"""What a limiter owes its callers: the semaphore's own tests, for each of ours.

After CPython's tests of ``asyncio.Semaphore`` and anyio's of ``CapacityLimiter``, for
what can be asked of an ``async with``.  Both are in the table too: a test that they
fail is wrong.  The pacers run at a pace at which the schedule never makes anyone wait
for long, on the virtual clock.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from inflight_lab import AdjustableLimiter
from inflight_lab.judge import judge
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.pacer import Pacer
from tests.support.virtual_clock import run
from tests.support.waiting import settle

FAST = 1e6
LIMITERS: dict[str, Callable[[int], Any]] = {
    "asyncio.Semaphore": asyncio.Semaphore,
    "anyio.CapacityLimiter": anyio.CapacityLimiter,
    "AdjustableLimiter": AdjustableLimiter,
    "Pacer": lambda limit: Pacer(FAST, limit=limit),
    "Pacer without a pace": lambda limit: Pacer(math.inf, limit=limit),
    "LearningPacer": lambda limit: LearningPacer(FAST, limit=limit),
    "Pacer over an AdjustableLimiter": lambda limit: Pacer(
        FAST, limiter=AdjustableLimiter(limit)
    ),
    # One place in the quota and many slots: here the schedule is what they wait for.
    "Pacer's turns": lambda limit: Pacer(limit, 0.001, limit=100),
}
SLOTS = [name for name in LIMITERS if "turns" not in name]
each_limiter = pytest.mark.parametrize("name", SLOTS)
every_wait = pytest.mark.parametrize("name", LIMITERS)


class Crowd:
    """Tasks that want a slot, and keep it until told to leave."""

    def __init__(self, limiter: Any, size: int) -> None:
        self.limiter = limiter
        self.inside: list[int] = []
        self.entered: list[int] = []
        self.leave = [asyncio.Event() for _ in range(size)]
        self.tasks = [
            asyncio.create_task(self._visit(number)) for number in range(size)
        ]

    async def _visit(self, number: int) -> None:
        async with self.limiter:
            self.inside.append(number)
            self.entered.append(number)
            try:
                await self.leave[number].wait()
            finally:
                self.inside.remove(number)

    async def finish(self) -> None:
        """Tell all to leave, and wait until they have."""
        for event in self.leave:
            event.set()
        await asyncio.wait(self.tasks)


async def quiet() -> None:
    """Until everyone waits for what this test decides: a few turns at `FAST`."""
    await settle()
    await asyncio.sleep(0.01)
    await settle()


async def assert_all_slots_are_free(limiter: Any, limit: int) -> None:
    """As many as before can be inside at once."""
    crowd = Crowd(limiter, limit)
    await quiet()
    assert len(crowd.inside) == limit
    await crowd.finish()


def on_the_virtual_clock(
    test: Callable[..., Coroutine[Any, Any, None]],
) -> Callable[..., None]:
    """The test as a plain function."""

    def plain(name: str) -> None:
        run(test(name))

    plain.__doc__ = test.__doc__
    return plain


@each_limiter
@on_the_virtual_clock
async def test_admits_exactly_the_limit_in_order(name: str) -> None:
    """First come, first served; never more than the limit, never fewer while someone
    waits.
    """
    for limit in (1, 3, 10):
        crowd = Crowd(LIMITERS[name](limit), 10)
        for number in range(10):
            await quiet()
            assert crowd.inside == list(range(number, min(number + limit, 10)))
            crowd.leave[number].set()
        await crowd.finish()
        assert crowd.entered == list(range(10))


@every_wait
@on_the_virtual_clock
async def test_who_comes_back_goes_to_the_end_of_the_line(name: str) -> None:
    """A task that leaves and enters again does not overtake those that wait."""
    limiter, order = LIMITERS[name](1), []

    async def visit(who: str) -> None:
        for time in (1, 2):
            async with limiter:
                order.append((who, time))
                await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        for who in "abc":
            group.create_task(visit(who))
    assert order == [("a", 1), ("b", 1), ("c", 1), ("a", 2), ("b", 2), ("c", 2)]


@each_limiter
@on_the_virtual_clock
async def test_cancelled_while_waiting(name: str) -> None:
    """Nobody who waits is let in, or kept out, by another waiter's cancellation."""
    limiter = LIMITERS[name](1)
    crowd = Crowd(limiter, 5)
    await quiet()
    crowd.tasks[1].cancel()  # next in line
    crowd.tasks[3].cancel()  # in the middle
    await quiet()
    assert crowd.inside == [0]
    crowd.leave[0].set()
    await quiet()
    assert crowd.inside == [2]
    crowd.leave[2].set()
    await quiet()
    assert crowd.inside == [4]
    await crowd.finish()
    assert crowd.entered == [0, 2, 4]
    await assert_all_slots_are_free(limiter, 1)


@each_limiter
@on_the_virtual_clock
async def test_cancelled_in_the_moment_of_the_handover(name: str) -> None:
    """A slot given to a task that is cancelled before it runs goes on to the next:
    nobody hangs.
    """
    for steps in range(6):
        limiter = LIMITERS[name](1)
        crowd = Crowd(limiter, 3)
        await quiet()
        crowd.leave[0].set()
        for _ in range(steps):
            await asyncio.sleep(0)
        crowd.tasks[1].cancel()
        await quiet()
        assert crowd.inside == [2]
        await crowd.finish()
        await assert_all_slots_are_free(limiter, 1)


@each_limiter
@on_the_virtual_clock
async def test_a_waiter_that_runs_out_of_time(name: str) -> None:
    """``asyncio.timeout`` around the wait, or inside the block, loses no slot and lets
    the error through.
    """
    limiter = LIMITERS[name](1)
    crowd = Crowd(limiter, 1)
    await quiet()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5), limiter:
            raise AssertionError("was let in")
    await crowd.finish()
    with pytest.raises(TimeoutError):
        async with limiter, asyncio.timeout(5):
            await asyncio.Event().wait()
    await assert_all_slots_are_free(limiter, 1)


@every_wait
@on_the_virtual_clock
async def test_an_error_inside(name: str) -> None:
    """What fails inside the block gives its slot back, and the error passes through as
    it is.
    """
    limiter, error = LIMITERS[name](1), ZeroDivisionError("mine")
    for _ in range(3):
        with pytest.raises(ZeroDivisionError) as caught:
            async with limiter:
                raise error
        assert caught.value is error
    async with asyncio.timeout(1), limiter:
        pass


@each_limiter
@on_the_virtual_clock
async def test_a_thousand_cancelled_at_random(name: str) -> None:
    """Whatever the mix: never more inside than the limit, and every slot is there at
    the end.
    """
    draw = random.Random(5)
    limiter, inside, most = LIMITERS[name](3), 0, 0

    async def visit() -> None:
        nonlocal inside, most
        async with limiter:
            inside += 1
            most = max(most, inside)
            try:
                await asyncio.sleep(draw.choice([0, 0, 0.001, 0.003]))
            finally:
                inside -= 1

    tasks = [asyncio.create_task(visit()) for _ in range(1000)]
    for _ in range(400):
        draw.choice(tasks).cancel()
        await asyncio.sleep(draw.choice([0, 0, 0.0005]))
    async with asyncio.timeout(60):
        await asyncio.wait(tasks)
    assert (inside, most) == (0, 3)
    await assert_all_slots_are_free(limiter, 3)


# The turns: what a pacer's line owes those that wait in it.


@pytest.mark.parametrize("name", [name for name in LIMITERS if "turns" in name])
@on_the_virtual_clock
async def test_a_cancelled_turn_goes_to_the_next(name: str) -> None:
    """Cancelled in any state, those that wait for their turn take nothing along."""
    for cancelled in ([1], [1, 2], [1, 2, 3], [5], list(range(1, 9))):
        pacer = LIMITERS[name](1)
        crowd = Crowd(pacer, 10)
        await asyncio.sleep(0)
        for number in cancelled:
            crowd.tasks[number].cancel()
        await crowd.finish()
        assert crowd.entered == [
            number for number in range(10) if number not in cancelled
        ]
        await asyncio.sleep(1)
        async with asyncio.timeout(0.001), pacer:  # no turn was lost
            pass


@pytest.mark.parametrize("pacer", [Pacer, LearningPacer])
def test_the_judge_finds_nothing(pacer: Callable[..., Any]) -> None:
    """Nearly all of each quota that has room for a burst, no 429 on any network, and
    yes to every other question.
    """
    card = judge(pacer)
    for quota, shares in card.shares.items():
        if quota != "GCRA, burst 1":
            assert all(share.refused == 0 for share in shares.values())
            assert shares["still"].used >= 0.97
    assert not [
        question for question, found in card.findings.items() if found.passed is False
    ]


# The slider's limiter: the limit moves while it is in use.


@pytest.mark.anyio
async def test_raised_limit_admits_the_next_at_once() -> None:
    """A raise lets exactly the difference through, with nobody having left."""
    crowd = Crowd(limiter := AdjustableLimiter(2), 9)
    await settle()
    limiter.limit = 7
    await settle()
    assert crowd.inside == [0, 1, 2, 3, 4, 5, 6]
    assert (limiter.limit, limiter.in_use, limiter.waiting) == (7, 7, 2)
    await crowd.finish()


@pytest.mark.anyio
async def test_lowered_limit_is_exact() -> None:
    """A lowered limit takes nothing away, admits nobody until few enough are left, and
    then holds.
    """
    crowd = Crowd(limiter := AdjustableLimiter(5), 9)
    await settle()
    limiter.limit = 2
    await settle()
    assert crowd.inside == [0, 1, 2, 3, 4]
    for number in (0, 1, 2):
        crowd.leave[number].set()
        await settle()
    assert crowd.inside == [3, 4]
    for number in (3, 4, 5, 6):
        crowd.leave[number].set()
        await settle()
        assert len(crowd.inside) == 2
    await crowd.finish()
    assert crowd.entered == list(range(9))


@pytest.mark.anyio
async def test_lower_and_raise_while_waiting() -> None:
    """A slider pulled down and up again ends at the limit it shows, not at the sum of
    its moves.
    """
    crowd = Crowd(limiter := AdjustableLimiter(4), 12)
    await settle()
    for limit in (1, 6, 2, 3, 5):
        limiter.limit = limit
    await settle()
    # While it stood at 6, two more were let in: they finish, and nobody follows before
    # the 5th slot frees.
    assert crowd.inside == [0, 1, 2, 3, 4, 5]
    crowd.leave[0].set()
    await settle()
    assert crowd.inside == [1, 2, 3, 4, 5]
    crowd.leave[1].set()
    await settle()
    assert crowd.inside == [2, 3, 4, 5, 6]
    await crowd.finish()


@pytest.mark.anyio
async def test_cancelled_waiter_loses_no_slot() -> None:
    """Cancelling those who wait, those inside, or one just being admitted, leaves every
    slot usable.
    """
    crowd = Crowd(limiter := AdjustableLimiter(2), 8)
    await settle()
    crowd.tasks[3].cancel()  # waits
    crowd.tasks[0].cancel()  # is inside; its slot goes to 2
    await settle()
    assert crowd.inside == [1, 2]
    crowd.leave[1].set()
    await asyncio.sleep(0)  # 1 has left; 4 has been given the slot but has not run yet
    crowd.tasks[4].cancel()
    await settle()
    assert crowd.inside == [2, 5]
    await crowd.finish()
    assert crowd.entered == [0, 1, 2, 5, 6, 7]
    assert (limiter.in_use, limiter.waiting) == (0, 0)


@pytest.mark.anyio
async def test_locked_after_lowering_and_raising() -> None:
    """After a lower limit more are inside than allowed: that is locked too, until a
    raise makes room.
    """
    crowd = Crowd(limiter := AdjustableLimiter(3), 2)
    await settle()
    assert not limiter.locked()
    limiter.limit = 1
    assert limiter.locked()
    limiter.limit = 2
    assert limiter.locked()
    limiter.limit = 3
    assert not limiter.locked()
    await crowd.finish()


@pytest.mark.anyio
async def test_a_task_enters_once_at_a_time() -> None:
    """Entering again from inside is an error rather than a wait for oneself, and takes
    nothing.
    """
    limiter = AdjustableLimiter(2)
    async with limiter:
        with pytest.raises(RuntimeError, match="already holding"):
            async with limiter:
                raise AssertionError("was let in")
        assert limiter.in_use == 1
    assert limiter.in_use == 0

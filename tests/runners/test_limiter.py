"""The adjustable limiter: a semaphore whose limit moves while it is in use."""

from __future__ import annotations

import asyncio

import pytest

from inflight_lab import AdjustableLimiter
from tests.support.waiting import settle

pytestmark = pytest.mark.anyio


class Crowd:
    """Tasks that want a slot, and keep it until told to leave."""

    def __init__(self, limiter: AdjustableLimiter, size: int) -> None:
        self.limiter = limiter
        self.inside: list[int] = []
        self.entered: list[int] = []
        self.leave = [asyncio.Event() for _ in range(size)]
        self.tasks = [asyncio.create_task(self._visit(number)) for number in range(size)]

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


@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_admits_exactly_the_limit_in_order(limit: int) -> None:
    """First come, first served; never more than the limit, never fewer while someone waits."""
    crowd = Crowd(limiter := AdjustableLimiter(limit), 10)
    for number in range(10):
        await settle()
        assert crowd.inside == list(range(number, min(number + limit, 10)))
        assert (limiter.in_use, limiter.waiting) == (len(crowd.inside), max(0, 10 - number - limit))
        crowd.leave[number].set()
    await crowd.finish()
    assert crowd.entered == list(range(10))


async def test_raised_limit_admits_the_next_at_once() -> None:
    """A raise lets exactly the difference through, with nobody having left."""
    crowd = Crowd(limiter := AdjustableLimiter(2), 9)
    await settle()
    limiter.limit = 7
    await settle()
    assert crowd.inside == [0, 1, 2, 3, 4, 5, 6]
    assert (limiter.limit, limiter.in_use, limiter.waiting) == (7, 7, 2)
    await crowd.finish()


async def test_lowered_limit_is_exact() -> None:
    """A lowered limit takes nothing away, admits nobody until few enough are left, and then holds."""
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


async def test_lower_and_raise_while_waiting() -> None:
    """A slider pulled down and up again ends at the limit it shows, not at the sum of its moves."""
    crowd = Crowd(limiter := AdjustableLimiter(4), 12)
    await settle()
    for limit in (1, 6, 2, 3, 5):
        limiter.limit = limit
    await settle()
    # While it stood at 6, two more were let in: they finish, and nobody follows before the 5th slot frees.
    assert crowd.inside == [0, 1, 2, 3, 4, 5]
    crowd.leave[0].set()
    await settle()
    assert crowd.inside == [1, 2, 3, 4, 5]
    crowd.leave[1].set()
    await settle()
    assert crowd.inside == [2, 3, 4, 5, 6]
    await crowd.finish()


async def test_cancelled_waiter_loses_no_slot() -> None:
    """Cancelling those who wait, those inside, or one just being admitted, leaves every slot usable."""
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


async def test_locked_counts_the_callers_own_slot() -> None:
    """``locked()`` says what ``asyncio.Semaphore`` says: all slots taken, the caller's own included."""
    for limiter in (AdjustableLimiter(2), asyncio.Semaphore(2)):
        assert not limiter.locked()
        async with limiter:
            assert not limiter.locked()
            task = asyncio.create_task(_hold_until_cancelled(limiter))
            await settle()
            assert limiter.locked()
            task.cancel()
            await asyncio.wait([task])
            assert not limiter.locked()


async def test_locked_after_lowering_and_raising() -> None:
    """After a lower limit more are inside than allowed: that is locked too, until a raise makes room."""
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


async def test_an_error_inside_gives_the_slot_back() -> None:
    """A request that fails inside the ``async with`` frees its slot, and the error passes through."""
    limiter = AdjustableLimiter(1)
    with pytest.raises(ZeroDivisionError):
        async with limiter:
            raise ZeroDivisionError
    assert limiter.in_use == 0


async def _hold_until_cancelled(limiter: AdjustableLimiter | asyncio.Semaphore) -> None:
    async with limiter:
        await asyncio.Event().wait()

"""What a limiter owes its callers: the same promises for a semaphore and for ours.

The semaphore of asyncio and the limiter of anyio are in the table too: a test that they
fail is wrong.  The pacers run at a pace at which the schedule never makes anyone wait
for long.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from inflight_lab import AdjustableLimiter
from inflight_lab.lesson.judge import judge
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.budgets import Budgets
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
    "Budgets": lambda limit: Budgets(requests=(FAST, 1), limit=limit).turn(),
}
# One place in the quota and many slots: here the schedule is what they wait for.
TURNS: dict[str, Callable[[int], Any]] = {
    "Pacer": lambda _: Pacer(1, 0.001, limit=100),
    "Budgets": lambda _: Budgets(requests=(1, 0.001), limit=100).turn(),
    "Budgets, a slot": lambda _: Budgets(requests=(1, 0.001), limit=1).turn(),
}
each_limiter = pytest.mark.parametrize("make", LIMITERS.values(), ids=list(LIMITERS))
each_line = pytest.mark.parametrize(
    "make",
    [*LIMITERS.values(), *TURNS.values()],
    ids=[*LIMITERS, *(f"turns of {name}" for name in TURNS)],
)


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
    await asyncio.sleep(0.5)
    await settle()


async def assert_all_slots_are_free(limiter: Any, limit: int) -> None:
    """As many as before can be inside at once."""
    crowd = Crowd(limiter, limit)
    await quiet()
    assert len(crowd.inside) == limit
    await crowd.finish()


@each_limiter
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_admits_exactly_the_limit_in_order(
    make: Callable[[int], Any], limit: int
) -> None:
    """First come, first served; never more than the limit, never fewer while someone
    waits.
    """

    async def main() -> None:
        crowd = Crowd(make(limit), 10)
        for number in range(10):
            await quiet()
            assert crowd.inside == list(range(number, min(number + limit, 10)))
            crowd.leave[number].set()
        await crowd.finish()
        assert crowd.entered == list(range(10))

    run(main())


@each_line
@pytest.mark.parametrize("cancelled", [[1], [3], [1, 2], [4], [1, 2, 3, 4]])
def test_a_cancelled_waiter_takes_nothing_along(
    make: Callable[[int], Any], cancelled: list[int]
) -> None:
    """In whatever moment, that of the handover included: all others get through, in
    order.
    """
    others = [number for number in range(6) if number not in cancelled]

    async def main(turns_of_the_loop: int) -> None:
        limiter = make(1)
        crowd = Crowd(limiter, 6)
        await settle()
        crowd.leave[0].set()
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        for number in cancelled:
            crowd.tasks[number].cancel()
        await crowd.finish()
        assert [each for each in crowd.entered if each in others] == others
        await asyncio.sleep(1)
        async with asyncio.timeout(0.01), limiter:  # no slot and no turn was lost
            pass

    for turns_of_the_loop in range(6):
        run(main(turns_of_the_loop))


@each_limiter
def test_a_thousand_of_any_fate(make: Callable[[int], Any]) -> None:
    """They end, fail, run out of time or are cancelled, inside or in line: never are
    more inside than the limit, errors pass as they are, and every slot is there at the
    end.
    """
    draw = random.Random(5)
    error = ZeroDivisionError("mine")

    async def main() -> None:
        limiter, inside, most = make(3), 0, 0

        async def visit(fate: str) -> None:
            nonlocal inside, most
            async with asyncio.timeout(0.05 if fate == "out of time" else None):
                async with limiter:
                    inside += 1
                    most = max(most, inside)
                    try:
                        await asyncio.sleep(draw.choice([0, 0, 0.001, 0.003]))
                        if fate == "fails":
                            raise error
                    finally:
                        inside -= 1

        fates = draw.choices(["ends", "fails", "out of time"], k=1000)
        tasks = [asyncio.create_task(visit(fate)) for fate in fates]
        for _ in range(400):
            draw.choice(tasks).cancel()
            await asyncio.sleep(draw.choice([0, 0, 0.0005]))
        async with asyncio.timeout(60):
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert (inside, most) == (0, 3)
        kinds = {type(outcome) for outcome in outcomes if outcome is not error}
        assert kinds == {type(None), TimeoutError, asyncio.CancelledError}
        await assert_all_slots_are_free(limiter, 3)

    run(main())


@pytest.mark.parametrize(
    ("make", "latency", "least"),
    [
        (Pacer, 0.05, 0.985),
        (Pacer, 0.3, 0.985),
        (lambda: Pacer(100, limit=200), 1.0, 0.88),  # one second, once
        (LearningPacer, 0.05, 0.985),
        (lambda: Budgets(requests=(100, 1)).turn(), 0.05, 0.9),  # more by the minute
    ],
)
def test_the_judge_finds_nothing(
    make: Callable[..., Any], latency: float, least: float
) -> None:
    """Nearly all of each quota that has room for a burst, 1 % less if delay varies, no
    429 on any network, and nothing wrong after a rest, a stall or cancelled requests.
    """
    card = judge(make, latency=latency)
    for quota, shares in card.shares.items():
        if make is Pacer:
            assert shares["still"].refused == 0, "evenly spaced from the first on"
        if quota != "GCRA, burst 1":
            assert all(share.refused == 0 for share in shares.values())
            assert shares["still"].used >= least
            assert shares["10 ms of jitter"].used >= least - 0.01
    assert all(found.passed for found in card.findings.values())


# The slider's limiter: the limit moves while it is in use.


def test_the_limit_may_move() -> None:
    """A lowered limit takes nothing away, is locked until few enough are left, and then
    holds; one that is raised again lets in no more than it says.
    """

    async def main() -> None:
        crowd = Crowd(limiter := AdjustableLimiter(5), 15)
        await settle()
        limiter.limit = 2
        await settle()
        assert crowd.inside == [0, 1, 2, 3, 4]
        for number in range(6):
            assert limiter.locked()
            crowd.leave[number].set()
            await settle()
            assert len(crowd.inside) == max(2, 4 - number)
        for limit in (1, 6, 2, 3, 5):
            limiter.limit = limit
        await settle()
        # While it stood at 6, four more were let in.
        assert len(crowd.inside) == 6
        for number, inside in {6: 5, 7: 5, 8: 5}.items():
            crowd.leave[number].set()
            await settle()
            assert len(crowd.inside) == inside
        await crowd.finish()
        assert not limiter.locked()
        assert crowd.entered == list(range(15))
        crowd = Crowd(limiter, 3)
        await settle()
        limiter.limit = 1
        assert limiter.locked(), "and nobody waits"
        await crowd.finish()

    run(main())


def test_a_task_enters_once_at_a_time() -> None:
    """Entering again from inside is an error and no wait for oneself, and takes
    nothing; code that insists lets the other tasks go on.
    """

    async def main() -> None:
        turns: list[int] = []

        async def go_on() -> None:
            for turn in range(10):
                turns.append(turn)
                await asyncio.sleep(0)

        others = asyncio.create_task(go_on())
        async with (limiter := AdjustableLimiter(2)):
            for _ in range(10):
                with pytest.raises(RuntimeError, match="already"):
                    await limiter.__aenter__()
            assert turns == list(range(10))
        await others
        await assert_all_slots_are_free(limiter, 2)

    run(main())

"""Budgets: requests leave one by one, and the later the more tokens they may cost."""

from __future__ import annotations

import asyncio
import time

SHARE = 0.97  # of the quotas; the rest is for requests that take longer to arrive


class Budgets:
    """``Budgets(requests=(500, 60), tokens=(30_000, 60))``: so much in so many seconds.

    ``async with budgets.turn(requests=1, tokens=320):`` waits until the API has room
    for one more request.  The larger its share of a quota, the later the next one
    leaves.  So no quota is exceeded, whatever a script that ran before has sent.
    """

    def __init__(self, *, limit: int = 90, **quotas: tuple[float, float]) -> None:
        for name, numbers in {"limit": (limit,), **quotas}.items():
            if min(numbers) <= 0:
                raise ValueError(f"{name} must be greater than 0, got {numbers}")
        self.quotas = quotas
        self.due = 0.0  # when the next request may leave
        self.queue = asyncio.Lock()  # first come, first served
        self.limit = asyncio.Semaphore(limit)
        self.stopped: Exception | None = None  # what all get that wait for a turn

    def turn(self, **costs: float) -> Turn:
        """The turn of one request.  ``ValueError`` if it never fits into a quota."""
        seconds = 0.0
        for name, cost in costs.items():
            amount, period = self.quotas[name]
            if cost > amount:
                raise ValueError(f"it may cost {cost:.0f} {name}, {amount} are allowed")
            seconds = max(seconds, cost / amount * period / SHARE)
        return Turn(self, seconds)


class Turn:
    """What a `Pacer` is to other requests: the next one leaves so much later."""

    def __init__(self, budgets: Budgets, seconds: float) -> None:
        self.budgets = budgets
        self.seconds = seconds

    async def __aenter__(self) -> None:
        budgets = self.budgets
        async with budgets.queue:
            await budgets.limit.acquire()
            try:
                while (wait := budgets.due - time.monotonic()) > 0:
                    if budgets.stopped:
                        break
                    await asyncio.sleep(min(wait, 0.5))
                if budgets.stopped:
                    raise budgets.stopped
            except BaseException:
                budgets.limit.release()
                raise
            earliest = time.monotonic() - 0.01  # a timer that was late is made up for
            budgets.due = max(budgets.due, earliest) + self.seconds

    async def __aexit__(self, *_: object) -> None:
        self.budgets.limit.release()  # no tokens: many APIs count all it may cost

    def pause(self, seconds: float) -> None:
        """Hold back all requests, also those that are waiting already."""
        self.budgets.due = max(self.budgets.due, time.monotonic() + seconds)

    def stop(self, why: Exception) -> None:
        """Send nothing more: all who wait for a turn get this error."""
        self.budgets.stopped = why

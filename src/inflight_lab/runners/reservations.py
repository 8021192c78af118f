"""Reservations: a request takes from all budgets together, or from none.

When did the API count a request?  The client knows only when it sent the request and
when the answer came.  The answer took at least the shortest latency ever seen; the rest
may have been delay on the way to the API.  So a request counts from the latest possible
moment: when its answer came, less the shortest latency.  OpenAI says it more exactly,
in ``openai-processing-ms``: the time for which it worked on the answer.

The headers may also say what remains: ``x-ratelimit-remaining-tokens`` and
``x-ratelimit-reset-tokens`` (OpenAI, Groq), or ``anthropic-ratelimit-tokens-remaining``
and ``-reset``.  They are looked up by the budget's name, which may be ``requests``,
``tokens``, ``input_tokens`` or ``output_tokens``.  A remaining amount without a reset
time (Azure) is ignored, because we can't tell when it expires.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Mapping

from inflight_lab.runners.gate import Gate
from inflight_lab.runners.shares import Budget, Remaining, Share
from inflight_lab.runners.written_times import number_in, seconds_until, time_of


class Reservation:
    """What one request has taken of all budgets, by their names."""

    def __init__(self, shares: dict[str, Share]) -> None:
        self.shares = shares
        self.began = time.perf_counter()
        self._counts_from = math.inf

    def correct(self, **costs: float) -> None:
        """Say what the request really cost."""
        for name, share in self.shares.items():
            if name in costs:
                share.correct(costs[name])

    def hold(self) -> None:
        """Give nothing back before `count_from` is called again."""
        for share in self.shares.values():
            share.hold()

    def count_from(self, moment: float) -> None:
        """Give all of it back one period after the API counted the request."""
        self._counts_from = moment
        for share in self.shares.values():
            share.count_from(moment)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Believe an answer's headers: how long it took, and whether less remains."""
        milliseconds = number_in(headers.get("openai-processing-ms", ""))
        if milliseconds is not None:
            worked_from = time.perf_counter() - milliseconds / 1000
            self.count_from(min(worked_from, self._counts_from))
        for name, share in self.shares.items():
            remaining = remaining_in(headers, name)
            if remaining is not None:
                share.believe(remaining)


class Reservations:
    """All budgets: a request takes from all of them or from none, in turn."""

    def __init__(self, budgets: Mapping[str, tuple[float, float]], gate: Gate) -> None:
        self._budgets = {name: Budget(*budget) for name, budget in budgets.items()}
        self._gate = gate
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._changed = asyncio.Event()  # there may be more room than a moment ago
        self._first_answer = math.inf  # when it came
        self._shortest_latency = math.inf

    @contextlib.asynccontextmanager
    async def reserve(self, costs: Mapping[str, float]) -> AsyncIterator[Reservation]:
        """Wait until the gate is open and every budget has room, then take from all.

        Raises ``ValueError`` for a cost that never fits, and `GateShutError` if the
        gate is shut for longer than anyone waits.
        """
        self._check(costs)
        async with self._turn:
            while (wait := self._seconds_until_room(costs)) > 0:
                await self._change_within(wait)
            shares = {
                name: budget.take(costs.get(name, 0))
                for name, budget in self._budgets.items()
            }
        reservation = Reservation(shares)
        answered = False
        try:
            yield reservation
            answered = True
        finally:
            self.note_end(reservation, answered=answered)

    def _check(self, costs: Mapping[str, float]) -> None:
        for name, cost in costs.items():
            fits = name in self._budgets and 0 <= cost <= self._budgets[name].amount
            if not fits:
                budgets = {
                    name: (budget.amount, budget.period)
                    for name, budget in self._budgets.items()
                }
                raise ValueError(
                    f"This can never be sent: {cost:g} {name}.  Budgets: {budgets}."
                )

    def _seconds_until_room(self, costs: Mapping[str, float]) -> float:
        """Return 0 if every budget has room, or the seconds to wait at most."""
        waits = [self._gate.seconds_until_open()]
        for name, budget in self._budgets.items():
            waits.append(budget.seconds_until_room(costs.get(name, 0)))
        return max(waits)

    def look_again(self) -> None:
        """Have the first in line look whether there is room now."""
        self._changed.set()

    async def _change_within(self, seconds: float) -> None:
        """Wait for a change, but no longer than this."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds + 0.001):
                await self._changed.wait()

    def note_end(self, reservation: Reservation, *, answered: bool) -> None:
        """Count the request from the latest moment at which the API can have had it."""
        now = time.perf_counter()
        if answered:
            self._note_latency(reservation.began, now)
            reservation.count_from(now - self._least_time_since_arrival())
        else:
            reservation.count_from(now)
        self.look_again()

    def _note_latency(self, began: float, ended: float) -> None:
        """Keep the shortest; the first requests took longer, to open connections."""
        if began >= self._first_answer:
            self._shortest_latency = min(ended - began, self._shortest_latency)
        self._first_answer = min(ended, self._first_answer)

    def _least_time_since_arrival(self) -> float:
        """Return how long an answer takes at least, once the API has its request."""
        is_known = self._shortest_latency < math.inf
        return self._shortest_latency if is_known else 0.0


def remaining_in(headers: Mapping[str, str], name: str) -> Remaining | None:
    """Return what is left of the budget of this name, if its reset is named too."""
    name = name.replace("_", "-")
    pairs = {
        f"x-ratelimit-remaining-{name}": f"x-ratelimit-reset-{name}",
        f"anthropic-ratelimit-{name}-remaining": f"anthropic-ratelimit-{name}-reset",
    }
    for remaining, reset in pairs.items():
        amount = number_in(headers.get(remaining, ""))
        seconds = seconds_until(headers.get(reset, ""), time_of(headers))
        if amount is not None and seconds is not None:
            return Remaining(amount, seconds)
    return None

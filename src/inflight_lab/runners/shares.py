"""Shares: what requests have taken of one budget, and when it comes back.

An API that allows 500 requests in 60 seconds forgets a request 60 seconds after it
counted it, and so does a `Budget`.  If the API says that less remains, because others
use the same key, or because it counts more for a request, it is believed until the
moment at which all is there again, as it says.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from typing import NamedTuple


class Budget:
    """An amount for each ``period`` seconds, and how much of it is in use."""

    def __init__(self, amount: float, period: float) -> None:
        self.amount = amount
        self.period = period
        self.slack = 0.01 * period  # for delays longer than any seen so far
        self.used = 0.0
        self.taken = 0.0  # in total, so that two moments can be compared
        self.said_left = math.inf  # as the API said, less what was taken since
        self.said_at = 0.0
        self.said_until = 0.0  # for how long that is believed
        self._numbers = itertools.count()
        self._returns: list[Return] = []  # a heap: what comes back next is first

    def take(self, cost: float) -> Share:
        """Take ``cost`` for one request."""
        self.used += cost
        self.taken += cost
        self.said_left -= cost
        return Share(self, cost)

    def give_back_at(self, moment: float, share: Share) -> None:
        """Give ``share`` back at this moment, whatever was said before."""
        share.returns_at = moment
        heapq.heappush(self._returns, Return(moment, next(self._numbers), share))

    def seconds_until_room(self, cost: float) -> float:
        """0 if there is room for ``cost``; else until it is worth looking again."""
        now = time.perf_counter()
        self._give_back(now)
        if cost > max(0, self.said_left) and now < self.said_until:
            return self.said_until - now
        fractions_may_differ = 1 + 1e-9  # in the last digits of their sum
        if self.used + cost <= self.amount * fractions_may_differ:
            return 0.0
        return self._returns[0].moment - now if self._returns else 60.0

    def _give_back(self, now: float) -> None:
        while self._returns and self._returns[0].moment <= now:
            heapq.heappop(self._returns).share.give_back_if_due(now)


class Share:
    """What one request has taken of one budget."""

    def __init__(self, budget: Budget, cost: float) -> None:
        self.budget = budget
        self.cost = cost
        self.taken_at = time.perf_counter()
        self.returns_at = math.inf
        self._is_back = False
        self._taken_by_then = budget.taken
        self._left_then = budget.amount - budget.used

    def correct(self, cost: float) -> None:
        """It really cost this; that no longer matters once the share is back."""
        if not self._is_back:
            self.budget.used += cost - self.cost
            self.cost = cost

    def hold(self) -> None:
        """Give it back at no moment that is known yet."""
        self.returns_at = math.inf

    def count_from(self, moment: float) -> None:
        """Give it back one period after this moment, when the API counted it."""
        counted = max(moment, self.taken_at + self.budget.slack)
        self.budget.give_back_at(counted + self.budget.period, self)

    def give_back_if_due(self, now: float) -> None:
        """The API no longer counts the request, unless it counted it later."""
        if self.returns_at <= now and not self._is_back:
            self.budget.used -= self.cost
            self._is_back = True

    def believe(self, remaining: Remaining) -> None:
        """Believe what the API said was left when it counted this request.

        It may have counted the requests that were sent since, or it may not.  If it
        says less than this budget even if it has counted all of them, it is right.  If
        it has counted none of them, they still have to be subtracted.
        """
        budget = self.budget
        now = time.perf_counter()
        taken_since = budget.taken - self._taken_by_then
        if remaining.amount < math.floor(self._left_then - taken_since):
            budget.said_until = now + remaining.seconds + budget.slack
        left = remaining.amount - taken_since
        if self.taken_at < budget.said_at:  # which of the two did it say first?
            left = min(left, budget.said_left)
        budget.said_left = left
        budget.said_at = now


class Return(NamedTuple):
    """When a share comes back; the number settles what comes back together."""

    moment: float
    number: int
    share: Share


class Remaining(NamedTuple):
    """What the API says is left of a budget, and the seconds until all is there."""

    amount: float
    seconds: float

"""Shares: what requests have taken of one budget, and when it comes back.

An API that allows 500 requests in 60 seconds forgets a request 60 seconds after it
counted it, and so does a `Budget`.  The API may say that less remains than we think:
others use the same key, or it counts more for a request.  It is then trusted until its
reset time.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from typing import NamedTuple

WHILE_ALL_IS_IN_FLIGHT = 60.0  # seconds to wait; the next answer ends the wait sooner


class Budget:
    """An amount for each ``period`` seconds, and how much of it is in use."""

    def __init__(self, amount: float, period: float) -> None:
        self.amount = amount
        self.period = period
        self.slack = 0.01 * period  # for delays longer than any seen so far
        self.used = 0.0
        self.total_taken = 0.0  # it only grows, so that two moments can be compared
        self.api_remaining = math.inf  # what the API said, less what was taken since
        self.api_reported_at = 0.0
        self.trust_api_until = 0.0
        self._numbers = itertools.count()
        self._returns: list[Return] = []  # a heap: what comes back next is first

    def take(self, cost: float) -> Share:
        """Take ``cost`` for one request."""
        self.used += cost
        self.total_taken += cost
        self.api_remaining -= cost
        return Share(self, cost)

    def give_back_at(self, moment: float, share: Share) -> None:
        """Give ``share`` back at this moment, and not at any moment named before."""
        share.returns_at = moment
        heapq.heappush(self._returns, Return(moment, next(self._numbers), share))

    def seconds_until_room(self, cost: float) -> float:
        """Return 0 if there is room for ``cost``, or the seconds to wait at most."""
        now = time.perf_counter()
        self._give_back(now)
        if cost > max(0, self.api_remaining) and now < self.trust_api_until:
            return self.trust_api_until - now
        rounding_tolerance = 1 + 1e-9  # `used` is a sum of fractions
        if self.used + cost <= self.amount * rounding_tolerance:
            return 0.0
        if not self._returns:
            return WHILE_ALL_IS_IN_FLIGHT
        return self._returns[0].moment - now

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
        self._total_when_taken = budget.total_taken
        self._left_when_taken = budget.amount - budget.used

    def correct(self, cost: float) -> None:
        """Replace the cost by the real one, unless the share is back already."""
        if not self._is_back:
            self.budget.used += cost - self.cost
            self.cost = cost

    def hold(self) -> None:
        """Give nothing back before `count_from` is called again."""
        self.returns_at = math.inf

    def count_from(self, moment: float) -> None:
        """Give it back one period after this moment, when the API counted it."""
        counted = max(moment, self.taken_at + self.budget.slack)
        self.budget.give_back_at(counted + self.budget.period, self)

    def give_back_if_due(self, now: float) -> None:
        """Give it back, unless that has been put off or done already."""
        if self.returns_at <= now and not self._is_back:
            self.budget.used -= self.cost
            self._is_back = True

    def believe(self, remaining: Remaining) -> None:
        """Believe what the API said was left when it counted this request.

        For example, this budget had 40 left after this request, and 15 have been taken
        since.  The API may have counted some of those 15, so any answer from 25 to 40
        agrees with ours.  If it says 20, it counts something that we do not, and we
        trust it until its reset time.  It may not have counted the 15 yet, so we
        subtract them and have 5 left.
        """
        budget = self.budget
        now = time.perf_counter()
        taken_since = budget.total_taken - self._total_when_taken
        if remaining.amount < math.floor(self._left_when_taken - taken_since):
            budget.trust_api_until = now + remaining.seconds + budget.slack
        left = remaining.amount - taken_since
        if self.taken_at < budget.api_reported_at:  # either report may be the newer one
            left = min(left, budget.api_remaining)
        budget.api_remaining = left
        budget.api_reported_at = now


class Return(NamedTuple):
    """When a share comes back; the number orders shares of the same moment."""

    moment: float
    number: int
    share: Share


class Remaining(NamedTuple):
    """What the API says is left of a budget, and the seconds until its reset."""

    amount: float
    seconds: float

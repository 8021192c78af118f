"""Four ways in which real APIs count requests.

A quota allows ``rate`` requests per ``period`` seconds.  ``admit(now)`` counts one request and returns
0.0 if it may pass, else the seconds until one could: what ``Retry-After`` says to the client.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque


class Quota(ABC):
    """What the server asks of every kind of quota.  ``rate`` and ``period`` may change at any time."""

    def __init__(self, rate: float, period: float, burst: int = 1) -> None:
        self.rate, self.period, self.burst = rate, period, burst

    @abstractmethod
    def admit(self, now: float) -> float:
        """Count a request at ``now``: 0.0 if admitted, else the seconds to wait."""

    @abstractmethod
    def remaining(self, now: float) -> int:
        """How many requests would be admitted at ``now``, one right after the other."""


class FixedWindow(Quota):
    """``rate`` requests in each period of the clock; the count starts over with each period.

    Allows twice the rate around a boundary: the end of one window and the start of the next.
    """

    _window, _used = -1, 0

    def admit(self, now: float) -> float:
        if self.remaining(now) < 1:
            return (self._window + 1) * self.period - now
        self._used += 1
        return 0.0

    def remaining(self, now: float) -> int:
        if (window := math.floor(now / self.period)) != self._window:
            self._window, self._used = window, 0
        return max(0, math.floor(self.rate) - self._used)


class SlidingWindow(Quota):
    """``rate`` requests in *any* span of one period, counted back from each request (a sliding log)."""

    def __init__(self, rate: float, period: float, burst: int = 1) -> None:
        super().__init__(rate, period, burst)
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> float:
        if self.remaining(now) < 1:
            # Room for one more comes when the rate-th last admitted request is a period old.
            return self._admitted[-math.floor(self.rate)] + self.period - now
        self._admitted.append(now)
        return 0.0

    def remaining(self, now: float) -> int:
        while self._admitted and self._admitted[0] <= now - self.period:
            self._admitted.popleft()
        return max(0, math.floor(self.rate) - len(self._admitted))


class TokenBucket(Quota):
    """A bucket of ``burst`` tokens, refilled at ``rate`` per ``period``; a request takes one token.

    Starts full, so allows ``burst`` requests on top of the rate.
    """

    _tokens, _updated = 0.0, -math.inf  # since then it has filled up

    def admit(self, now: float) -> float:
        if self.remaining(now) < 1:
            return (1 - self._tokens) * self.period / self.rate
        self._tokens -= 1
        return 0.0

    def remaining(self, now: float) -> int:
        refill = (now - self._updated) * self.rate / self.period
        self._tokens, self._updated = min(self.burst, self._tokens + refill), now
        return math.floor(self._tokens)


class Gcra(Quota):
    """The generic cell rate algorithm, as nginx's ``limit_req`` has it: one request each period / rate.

    ``burst`` requests may come together (1: none may come early).  Source: ITU-T I.371, Annex A, the
    virtual scheduling algorithm; ``_due`` is its theoretical arrival time.
    """

    _due = -math.inf

    def admit(self, now: float) -> float:
        spacing = self.period / self.rate
        early = self._due - (self.burst - 1) * spacing - now
        if early > 1e-9:  # below a nanosecond it is rounding, not a client in a hurry
            return early
        self._due = max(self._due, now) + spacing
        return 0.0

    def remaining(self, now: float) -> int:
        spacing = self.period / self.rate
        ahead = max(0.0, self._due - now) / spacing
        return max(0, math.floor(self.burst - ahead + 1e-6))


KINDS: dict[str, type[Quota]] = {
    "fixed-window": FixedWindow,
    "sliding-window": SlidingWindow,
    "token-bucket": TokenBucket,
    "gcra": Gcra,
}
"""The quotas by the names that `PracticeServer` takes; it also takes "none"."""

KINDS_WITH_BURST = ("token-bucket", "gcra")

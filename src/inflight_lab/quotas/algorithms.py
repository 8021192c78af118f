"""Four ways in which real APIs count requests, or what requests cost.

A quota allows ``rate`` per ``period`` seconds.  A request that several quotas count
passes all of them or is counted by none: `wait` asks, and `take` counts.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Quota(ABC):
    """What the server asks of every kind of quota.  All three numbers may change at any time."""

    rate: float
    period: float
    burst: int = 1

    def admit(self, now: float, cost: float = 1) -> float:
        """Count a request at ``now``: 0.0 if admitted, else the seconds that ``Retry-After`` says."""
        wait = self.wait(now, cost)
        if not wait:
            self.take(now, cost)
        return wait

    @abstractmethod
    def wait(self, now: float, cost: float = 1) -> float:
        """Seconds from ``now`` until ``cost`` would be admitted; 0.0 if it is admitted now."""

    @abstractmethod
    def take(self, now: float, cost: float = 1) -> None:
        """Count ``cost`` at ``now``, for which `wait` said 0.0."""

    @abstractmethod
    def remaining(self, now: float) -> int:
        """How much would be admitted at ``now``, one after the other."""

    @abstractmethod
    def standing(self, now: float) -> float:
        """How it stands at ``now``, as a picture of this kind shows it."""


@dataclass
class SlidingWindow(Quota):
    """``rate`` requests in *any* span of one period, counted back from each request (a sliding log)."""

    _admitted: deque[tuple[float, float]] = field(default_factory=deque)
    _used = 0.0

    def wait(self, now: float, cost: float = 1) -> float:
        self._forget(now)
        over, wait = self._used + cost - math.floor(self.rate), 0.0
        for (
            admitted,
            taken,
        ) in self._admitted:  # the oldest first: room comes when it is a period old
            if over <= 0:
                break
            over, wait = over - taken, admitted + self.period - now
        return wait if over <= 0 else self.period  # more than all of it: never

    def take(self, now: float, cost: float = 1) -> None:
        self._admitted.append((now, cost))
        self._used += cost

    def remaining(self, now: float) -> int:
        self._forget(now)
        return max(0, math.floor(self.rate - self._used))

    def standing(self, now: float) -> float:
        """How much is counted in the window."""
        self._forget(now)
        return self._used

    def _forget(self, now: float) -> None:
        while self._admitted and self._admitted[0][0] <= now - self.period:
            self._used -= self._admitted.popleft()[1]


class FixedWindow(SlidingWindow):
    """``rate`` requests in each period of the clock; the count starts over with each period.

    Each request is noted at the beginning of its window, so that all of a window are
    forgotten at once. Allows twice the rate around a boundary: the end of one window
    and the start of the next.
    """

    def take(self, now: float, cost: float = 1) -> None:
        latest = (
            self._admitted[-1][0] if self._admitted else 0.0
        )  # of another period, if that was changed
        super().take(max(latest, math.floor(now / self.period) * self.period), cost)


class Gcra(Quota):
    """The generic cell rate algorithm, as nginx's ``limit_req`` has it: one request each period / rate.

    ``burst`` requests may come together (1: none may come early).  Source: ITU-T I.371,
    Annex A, the virtual scheduling algorithm; ``_due`` is its theoretical arrival time.
    """

    _due = -math.inf

    def wait(self, now: float, cost: float = 1) -> float:
        early = (
            max(self._due, now) - (self.burst - cost) * self.period / self.rate - now
        )
        return (
            early if early > 1e-9 else 0.0
        )  # below a nanosecond it is rounding, not a client in a hurry

    def take(self, now: float, cost: float = 1) -> None:
        self._due = max(self._due, now) + cost * self.period / self.rate

    def remaining(self, now: float) -> int:
        spacing = self.period / self.rate
        ahead = max(0.0, self._due - now) / spacing
        return max(0, math.floor(self.burst - ahead + 1e-6))

    def standing(self, now: float) -> float:
        """Seconds until the next request is due; 0 or less: it may come now."""
        return 0.0 if self._due == -math.inf else self._due - now


class TokenBucket(Gcra):
    """A bucket of ``burst`` tokens, full at first and refilled at ``rate`` per ``period``.

    It is `Gcra` seen from the other side: the bucket is full again when GCRA's next
    request is due.
    """

    def standing(self, now: float) -> float:
        """How many tokens are left, fractions included."""
        spacing = self.period / self.rate
        return self.burst - max(0.0, self._due - now) / spacing


KINDS: dict[str, type[Quota]] = {
    "fixed-window": FixedWindow,
    "sliding-window": SlidingWindow,
    "token-bucket": TokenBucket,
    "gcra": Gcra,
}
"""The quotas by the names that `PracticeServer` takes; it also takes "none"."""

KINDS_WITH_BURST = ("token-bucket", "gcra")

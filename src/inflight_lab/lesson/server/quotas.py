"""Four ways in which real APIs count requests, or the cost of requests.

A quota allows ``rate`` per ``period`` seconds.  If several quotas count the same
request, all of them count it, or none: ask each with `wait`, then count with `take`.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar, Literal

Shape = Literal["window", "bucket", "spacing"]
"""How a quota is drawn: how much of a window is used, how many tokens are left in a
bucket, or when the next request is due."""


@dataclass
class QuotaCounter(ABC):
    """Counts how much of a quota is used.  Its numbers may change at any time."""

    title: ClassVar[str]
    """What it is called."""
    shape: ClassVar[Shape]
    starts: ClassVar[float | None] = None
    """A time at which a window starts; None where windows slide, or there are none."""

    rate: float
    period: float
    burst: int | None = None
    """How many may come at once, if there is no window; None: `usual_burst`."""

    def admit(self, now: float, cost: float = 1) -> float:
        """Count a request at ``now`` and return 0.0, or return the seconds to wait."""
        wait = self.wait(now, cost)
        if not wait:
            self.take(now, cost)
        return wait

    @property
    def usual_burst(self) -> int:
        """How many may come at once, unless ``burst`` says so."""
        return 1

    @property
    @abstractmethod
    def most(self) -> int:
        """How much it admits at once when nothing of it is used."""

    @abstractmethod
    def wait(self, now: float, cost: float = 1) -> float:
        """Seconds from ``now`` until ``cost`` would be admitted; 0.0 means now.

        Infinite for more than `most`, which is never admitted.
        """

    @abstractmethod
    def take(self, now: float, cost: float = 1) -> None:
        """Count ``cost`` at ``now``, after `wait` returned 0.0 for it."""

    @abstractmethod
    def remaining(self, now: float) -> int:
        """How much would be admitted at ``now``, one after the other."""

    @abstractmethod
    def gauge(self, now: float) -> float:
        """How it stands at ``now``, as one number, which depends on its shape.

        window: how much is counted in it; bucket: how many tokens are left; spacing:
        seconds until the next request is due, 0 or less if it may come now.
        """


@dataclass
class SlidingWindow(QuotaCounter):
    """``rate`` requests in *any* span of one period: a log of what was admitted."""

    title: ClassVar[str] = "sliding window"
    shape: ClassVar[Shape] = "window"

    _admitted: deque[tuple[float, float]] = field(default_factory=deque)
    """Time and cost of each request in the window, the oldest first."""
    _used = 0.0

    @property
    def most(self) -> int:
        return math.floor(self.rate)

    def wait(self, now: float, cost: float = 1) -> float:
        self._forget(now)
        excess = self._used + cost - self.most
        if excess <= 0:
            return 0.0
        for admitted, freed in self._admitted:
            excess -= freed
            if excess <= 0:
                return admitted + self.period - now
        return math.inf

    def take(self, now: float, cost: float = 1) -> None:
        self._admitted.append((now, cost))
        self._used += cost

    def remaining(self, now: float) -> int:
        self._forget(now)
        return max(0, math.floor(self.rate - self._used))

    def gauge(self, now: float) -> float:
        self._forget(now)
        return self._used

    def _forget(self, now: float) -> None:
        while self._admitted:
            admitted, cost = self._admitted[0]
            if admitted > now - self.period:
                break
            self._admitted.popleft()
            self._used -= cost


class FixedWindow(SlidingWindow):
    """``rate`` requests in each period of the clock; each period starts a new count.

    Each request is logged at the start of its window, so a whole window is forgotten at
    once.  Around a boundary it allows twice the rate: at the end of one window and at
    the start of the next.
    """

    title: ClassVar[str] = "fixed window"
    starts: ClassVar[float | None] = 0.0

    def take(self, now: float, cost: float = 1) -> None:
        start = math.floor(now / self.period) * self.period
        if self._admitted:
            # The log stays in order when the period has changed.
            latest, _ = self._admitted[-1]
            start = max(start, latest)
        super().take(start, cost)


class Gcra(QuotaCounter):
    """The generic cell rate algorithm: one request every period / rate seconds.

    ``burst`` requests may come together; with 1, none may come early.  nginx's
    ``limit_req`` counts like this.  Source: ITU-T I.371, Annex A, the continuous-state
    leaky bucket: each request pours its cost in, and the bucket leaks at the rate.
    """

    title: ClassVar[str] = "GCRA"
    shape: ClassVar[Shape] = "spacing"

    _level = 0.0
    """Requests in the bucket, right after the latest one came at `_filled`."""
    _filled = -math.inf

    @property
    def most(self) -> int:
        return self.burst or self.usual_burst

    @property
    def _spacing(self) -> float:
        """Seconds from one request to the next."""
        return self.period / self.rate

    def wait(self, now: float, cost: float = 1) -> float:
        if cost > self.most:
            return math.inf
        early = (self._level_at(now) + cost - self.most) * self._spacing
        if early < 1e-9:  # a nanosecond is a rounding error and not an early client
            return 0.0
        return early

    def take(self, now: float, cost: float = 1) -> None:
        self._level = self._level_at(now) + cost
        self._filled = now

    def remaining(self, now: float) -> int:
        return max(0, math.floor(self._left(now) + 1e-6))

    def gauge(self, now: float) -> float:
        if self._filled == -math.inf:
            return 0.0
        return self._filled + self._level * self._spacing - now

    def _level_at(self, now: float) -> float:
        leaked = (now - self._filled) / self._spacing
        return max(0.0, self._level - leaked)

    def _left(self, now: float) -> float:
        """How much of the burst is left, fractions included."""
        return self.most - self._level_at(now)


class TokenBucket(Gcra):
    """A bucket of ``burst`` tokens, full at first, refilled at ``rate`` per ``period``.

    `Gcra` computes the same thing: its bucket has as much room as this one has tokens.
    """

    title: ClassVar[str] = "token bucket"
    shape: ClassVar[Shape] = "bucket"

    @property
    def usual_burst(self) -> int:
        return math.floor(self.rate)

    def gauge(self, now: float) -> float:
        return self._left(now)


KINDS: dict[str, type[QuotaCounter]] = {
    each.title.lower().replace(" ", "-"): each
    for each in (FixedWindow, SlidingWindow, TokenBucket, Gcra)
}
"""The quotas by the names that `PracticeServer` takes, such as "fixed-window"; it also
takes "none"."""

"""The clocks of the tests: the package's virtual one, one as real loops have it, and
one that is set.
"""

from __future__ import annotations

import math
import random
from collections.abc import Coroutine
from typing import Any, TypeVar

from inflight_lab.lesson.judge import clock
from inflight_lab.lesson.judge.clock import BEGIN, TODAY, VirtualLoop, virtual_loop

__all__ = [
    "BEGIN",
    "TODAY",
    "WINDOWS_TICK",
    "LateLoop",
    "SetClock",
    "run",
    "virtual_loop",
]

T = TypeVar("T")
WINDOWS_TICK = 1 / 64
"""How often ``time.monotonic`` moves on Windows before Python 3.13, in seconds."""


class LateLoop(VirtualLoop):
    """A virtual loop that wakes up as real ones do.

    ``late`` is by how many seconds it wakes up too late on average (exponentially
    distributed, from ``seed``).  With a ``tick`` its own ``time()`` is coarse, as is
    the time at which it wakes up: both are whole ticks, and what is due within the next
    tick counts as due.  ``today`` is the Unix time.
    """

    def __init__(
        self,
        *,
        late: float = 0.0,
        seed: int = 1,
        tick: float = 0.0,
        today: float = TODAY,
    ) -> None:
        super().__init__()
        self.today = today
        self._late = late
        self._random = random.Random(seed)
        self._tick = tick
        if tick:
            self._clock_resolution = tick

    def time(self) -> float:
        """Seconds on the virtual clock, as far as the loop can see."""
        return self.now // self._tick * self._tick if self._tick else self.now

    def select(self, timeout: float | None) -> None:
        """Let so much time pass, or a little more."""
        late = self._random.expovariate(1 / self._late) if timeout and self._late else 0
        super().select(timeout and timeout + late)
        if timeout and self._tick:
            self.now = math.ceil(self.now / self._tick) * self._tick


def run(main: Coroutine[Any, Any, T], **how: Any) -> T:
    """``asyncio.run`` on a virtual clock; ``how`` is for `LateLoop`."""
    return clock.run(main, LateLoop(**how))


class SetClock:
    """A clock for what reads a clock and never waits: it moves when ``now`` is set."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time it was set to."""
        return self.now

"""How many requests were sent in the last period, at every moment of a run."""

from collections import deque
from collections.abc import Iterable

Step = tuple[float, int]
"""A time, and how many there are from then on."""


class RecentlySent:
    """Counts the requests of the last period, each from when it is sent.

    All times are in seconds since the run began.  ``before`` are those of the requests
    that were sent in the period before it, in their order.
    """

    def __init__(self, before: Iterable[float] = ()) -> None:
        self._sent = deque(before)
        self._new_steps: list[Step] = []
        self._last_step = 0.0
        self.most = 0
        """The highest count so far."""
        self._add_step(0.0)

    def count(self, time: float, period: float) -> None:
        """Count one more, which was sent at ``time``."""
        self.expire(time, period)
        self._sent.append(time)
        self._add_step(time)

    def expire(self, until: float, period: float) -> None:
        """Forget, one after the other, what was sent a period ago."""
        while self._sent and self._sent[0] + period <= until:
            end = self._sent.popleft() + period
            self._add_step(end)

    def take_steps(self) -> list[Step]:
        """Every change since this was last called."""
        steps = self._new_steps
        self._new_steps = []
        return steps

    def _add_step(self, time: float) -> None:
        count = len(self._sent)
        self.most = max(self.most, count)
        # A shorter period than before ends some in the past.
        self._last_step = max(time, self._last_step)
        self._new_steps.append((self._last_step, count))

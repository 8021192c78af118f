"""How many requests were sent in the last period, at every moment of a run."""

from collections import deque
from collections.abc import Iterable

Step = tuple[float, int]
"""A time, and how many there are from then on."""


class RecentlySent:
    """Counts the requests of the last period, each from when it is sent.

    ``before`` are the times of those that were sent in the period before the run: like
    all times here in seconds since it began, and in their order.
    """

    def __init__(self, before: Iterable[float] = ()) -> None:
        self._sent = deque(before)
        self._new_steps: list[Step] = []
        self._last = 0.0
        self.most = 0
        """The highest count so far."""
        self._add_step(0.0)

    def send(self, time: float, period: float) -> None:
        """One more is sent at ``time``."""
        self.wait(time, period)
        self._sent.append(time)
        self._add_step(time)

    def wait(self, until: float, period: float) -> None:
        """Time goes on, and what was sent a period ago counts no longer."""
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
        self._last = max(time, self._last)  # a shorter period ends some in the past
        self._new_steps.append((self._last, count))

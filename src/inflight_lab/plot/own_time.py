"""The time of a run in its own seconds: as if it had not been slowed down."""

from collections.abc import Callable


class OwnTime:
    """Seconds since a run began, which is now.

    ``clock`` is its timelines' clock, and ``slow`` by how much everything is slowed
    down.
    """

    def __init__(self, clock: Callable[[], float], *, slow: float = 1.0) -> None:
        self.slow = slow
        self._clock = clock
        self._began = clock()

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return round(self.at(self._clock()), 4)

    def at(self, time: float) -> float:
        """A ``time`` of the timelines' clock, as one of the run."""
        return (time - self._began) / self.slow

    def offset_in(self, window: float) -> float:
        """Seconds into a window of the clock at which the run began."""
        return round(self._began / self.slow % window, 4)

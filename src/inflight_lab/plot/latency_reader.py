"""How long a server lets clients wait for its answers, whenever that changes."""

from collections.abc import Callable

from inflight_lab.runs.latency import LatencyChange

AskLatency = Callable[[], float | None]
"""Returns seconds; None if nobody knows."""


class LatencyReader:
    """Asks a server for its latency: in the run's own seconds, in slow motion too."""

    def __init__(self, ask: AskLatency) -> None:
        self._ask = ask
        self._last: float | None = None
        self._has_read = False

    def read(self, now: float) -> list[LatencyChange]:
        """The latency from ``now`` on, if it has changed since the last reading.

        What the first reading finds has stood from the beginning.
        """
        latency = self._ask()
        since = now if self._has_read else 0.0
        self._has_read = True
        is_new = latency != self._last
        self._last = latency
        if latency is None or not is_new:
            return []
        return [LatencyChange(since, latency)]

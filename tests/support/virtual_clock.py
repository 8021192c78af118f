"""The clocks of the tests: the package's virtual one, and one that moves when it is set."""

from __future__ import annotations

from inflight_lab.judge.clock import BEGIN, TODAY, WINDOWS_TICK, VirtualLoop, run, virtual_loop

__all__ = ["BEGIN", "TODAY", "WINDOWS_TICK", "SetClock", "VirtualLoop", "run", "virtual_loop"]


class SetClock:
    """A clock for what reads a clock and never waits: it moves when ``now`` is set."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time it was set to."""
        return self.now

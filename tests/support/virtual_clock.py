"""A clock for tests about time: waiting moves it on, so an hour passes in a moment and always the same way.

Only what sleeps can wait on this loop: there is no socket and no thread behind it.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose ``time()`` moves when everything waits, and at no other moment.

    ``late`` is by how many seconds it wakes up too late on average, as real loops do (exponentially
    distributed, from ``seed``).
    """

    def __init__(self, *, late: float = 0.0, seed: int = 1) -> None:
        self.now = 1000.0
        self._late, self._random = late, random.Random(seed)
        super().__init__(_Waiting(self))

    def time(self) -> float:
        """Seconds on the virtual clock."""
        return self.now

    def stall(self, seconds: float) -> None:
        """Be busy for so long: nothing else runs meanwhile."""
        self.now += seconds

    def wait(self, seconds: float) -> None:
        """Nothing to do for so long."""
        self.now += seconds + (self._random.expovariate(1 / self._late) if self._late else 0)


class _Waiting(selectors.SelectSelector):
    """Where the loop waits for sockets or the next timer."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits, and nothing is scheduled that could wake one")
        if timeout > 0:
            self._loop.wait(timeout)
        return []


class SetClock:
    """A clock for what reads a clock and never waits: it moves when ``now`` is set."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time it was set to."""
        return self.now


def run(main: Coroutine[Any, Any, T], *, late: float = 0.0, seed: int = 1) -> T:
    """``asyncio.run`` on a virtual clock."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(late=late, seed=seed)) as runner:
        return runner.run(main)


def virtual_loop() -> VirtualLoop:
    """The running loop, which is a virtual one."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop

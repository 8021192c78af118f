"""A virtual clock: waiting moves it on, so an hour passes in a moment and always the same way.

Only what sleeps can wait on this loop: there is no socket and no thread behind it.  While it runs, the
clocks of ``time`` show its time as well, to the thread that it runs in.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import selectors
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import ModuleType
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")
TODAY = 1_700_000_000.0
"""The Unix time at which a loop begins, unless another is given."""
BEGIN = 1000.0
"""What a loop's own clock shows then."""
MOST_STEPS = 3_000_000
"""So many callbacks may run without a wait."""
WINDOWS_TICK = 1 / 64
"""How often ``time.monotonic`` moves on Windows before Python 3.13, in seconds."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock moves when everything waits, and at no other moment.

    ``late`` is by how many seconds it wakes up too late on average, as real loops do (exponentially
    distributed, from ``seed``).  With a ``tick`` its own ``time()`` is coarse, as is the time at which it
    wakes up: both are whole ticks, and what is due within the next tick counts as due.  ``step`` is how long
    a callback takes: with 0, code that asks the clock again and again would never see it move.
    """

    def __init__(self, *, late: float = 0.0, seed: int = 1, tick: float = 0.0, step: float = 0.0) -> None:
        self.now = BEGIN
        self._late, self._random, self._tick, self.step = late, random.Random(seed), tick, step
        super().__init__(_Waiting(self))
        self._clock_resolution = tick or time.get_clock_info("monotonic").resolution

    def time(self) -> float:
        """Seconds on the virtual clock, as far as the loop can see."""
        return self.now // self._tick * self._tick if self._tick else self.now

    def stall(self, seconds: float) -> None:
        """Be busy for so long: nothing else runs meanwhile."""
        self.now += seconds

    def wait(self, seconds: float) -> None:
        """Nothing to do for so long."""
        self.now += seconds + (self._random.expovariate(1 / self._late) if self._late else 0)
        if self._tick:
            self.now = math.ceil(self.now / self._tick) * self._tick


class StandstillError(RuntimeError):
    """Nothing on the loop can go on, or all that goes on asks again and again without waiting."""


class _Waiting(selectors.SelectSelector):
    """Where the loop waits for sockets or the next timer."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop, self._steps = loop, 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError("every task waits, and nothing is scheduled that could wake one")
        ready = len(self._loop._ready)  # type: ignore[attr-defined]
        self._steps = 0 if timeout > 0 else self._steps + ready
        if timeout > 0:
            self._loop.wait(timeout)
        elif self._steps > MOST_STEPS:
            raise StandstillError("something asks again and again without waiting")
        else:
            self._loop.now += self._loop.step * ready
        return []


def run(
    main: Coroutine[Any, Any, T], *, today: float = TODAY, also: Iterable[ModuleType] = (), **how: Any
) -> T:
    """``asyncio.run`` on a virtual clock, at a Unix time of ``today``; ``how`` is for `VirtualLoop`.

    ``also`` are modules that may have imported a clock by its name.
    """
    loop = VirtualLoop(**how)
    with _clocks_of(loop, today, also), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)


@contextlib.contextmanager
def _clocks_of(loop: VirtualLoop, today: float, also: Iterable[ModuleType]) -> Iterator[None]:
    """Show the loop's time on the clocks of ``time``, to this thread only: a server has one of its own."""
    clocks: dict[str, Callable[..., Any]] = {
        "sleep": loop.stall,
        "monotonic": loop.time,
        "perf_counter": lambda: loop.now,
        "time": lambda: today + (loop.now - BEGIN),
    }
    here = threading.get_ident()

    def for_this_thread(virtual: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *seconds: (virtual if threading.get_ident() == here else real)(*seconds)

    with contextlib.ExitStack() as patches:
        for name, virtual in clocks.items():
            real = getattr(time, name)
            clock = for_this_thread(virtual, real)
            for module in (time, *also):
                for here_named in [known for known, value in vars(module).items() if value is real]:
                    patches.enter_context(patch.object(module, here_named, clock))
        yield


def virtual_loop() -> VirtualLoop:
    """The running loop, which is a virtual one."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop

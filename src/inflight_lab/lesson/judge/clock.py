"""A virtual clock: waiting moves it, so an hour passes at once, always the same way.

Tasks on this loop can only sleep, because it has no sockets and no threads.  While it
runs, the clocks of ``time`` show its time too, in the thread of the loop.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from types import ModuleType
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")
Clock = Callable[..., Any]
TODAY = 1_700_000_000.0
"""The Unix time at which a loop begins."""
BEGIN = 1000.0
"""The time of a loop's own clock then."""
CALLBACKS_A_SECOND = 1_000_000
"""More than this in each second of the clock mean that something polls."""
BLOCKS = "it blocks the event loop: use `await asyncio.sleep`, not `time.sleep`"
POLLS = "it polls: it asks again and again without waiting"
STUCK = "every task waits, and nothing is scheduled that could wake one"


class BlockingError(BaseException):  # which `except Exception` does not catch
    """Raised where code polls without waiting, or calls ``time.sleep``."""


class StuckError(TimeoutError):
    """Raised where nothing would ever happen again."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose clock moves when every task waits.

    ``seconds_per_callback`` is how long a callback takes.  With 0, code that reads the
    clock again and again never sees it move.  After ``max_callbacks`` without a wait it
    raises ``BlockingError``.
    """

    today = TODAY

    def __init__(
        self, *, seconds_per_callback: float = 0.0, max_callbacks: float = 1_000_000
    ) -> None:
        super().__init__()
        self.now = BEGIN
        self._seconds_per_callback = seconds_per_callback
        self._max_callbacks = max_callbacks
        self._callbacks = 0.0
        """How many have run; waiting lowers it."""
        self._selector = self  # where other loops wait for sockets

    def time(self) -> float:
        """Seconds on the virtual clock, as far as the loop can see."""
        return self.now

    def stall(self, seconds: float) -> None:
        """Be busy for ``seconds``, while nothing else runs."""
        self.now += seconds

    def select(self, timeout: float | None) -> None:
        """Let ``timeout`` seconds pass; None, for ever, raises ``StuckError``."""
        if timeout is None:
            raise StuckError(STUCK)
        if timeout > 0:
            self._wait(timeout)
        else:
            self._count_callbacks()

    def _wait(self, seconds: float) -> None:
        self.now += seconds
        allowed = seconds * CALLBACKS_A_SECOND
        self._callbacks = max(0, self._callbacks - allowed)

    def _count_callbacks(self) -> None:
        # Timers that are due come into `_ready` only after this.  Where there are only
        # timers, they count as one, so that a timer for now cannot spin.
        callbacks = len(self._ready) or 1  # type: ignore[attr-defined]
        self.now += self._seconds_per_callback * callbacks
        self._callbacks += callbacks
        if self._callbacks > self._max_callbacks:
            self._callbacks = 0  # so that cancelled tasks can end
            raise BlockingError(POLLS)

    def _process_events(self, events: None) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nothing waits in `select` that would have to be woken."""


def virtual_loop() -> VirtualLoop:
    """The running loop, which is a virtual one."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def run(
    main: Coroutine[Any, Any, T], loop: VirtualLoop, *, also: Iterable[ModuleType] = ()
) -> T:
    """``asyncio.run`` on a virtual clock, in a notebook's cell too.

    A loop that runs already in this thread stands still meanwhile.  ``also`` are
    modules that may have imported a clock by its name.
    """
    runner = asyncio.Runner(loop_factory=lambda: loop)
    with _as_if_no_loop_ran(), _clocks_show_the_time_of(loop, [time, *also]), runner:
        return runner.run(main)


@contextlib.contextmanager
def _as_if_no_loop_ran() -> Iterator[None]:
    """Put the loop that runs in this thread aside, with its current task."""
    outer = asyncio._get_running_loop()
    if outer is None:
        yield
        return
    task = _swap_current_task(outer, None)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(outer)
        _swap_current_task(outer, task)


def _swap_current_task(loop: asyncio.AbstractEventLoop, task: Any) -> Any:
    """Set another task as current.  Python 3.11 does not need that."""
    swap = getattr(asyncio.tasks, "_swap_current_task", None)
    return swap(loop, task) if swap else None


@contextlib.contextmanager
def _clocks_show_the_time_of(
    loop: VirtualLoop, modules: Iterable[ModuleType]
) -> Iterator[None]:
    """Replace the clocks in ``modules``, under whatever name they stand there."""
    thread = threading.get_ident()
    with contextlib.ExitStack() as patches:
        for name, virtual in _virtual_clocks(loop).items():
            real = getattr(time, name)
            # A partial: unlike a function it does not become a method where it is the
            # attribute of a class.
            clock = partial(_read, thread, virtual, real)
            for module in modules:
                for alias in _names_of(real, module):
                    patches.enter_context(patch.object(module, alias, clock))
        yield


def _virtual_clocks(loop: VirtualLoop) -> dict[str, Clock]:
    """The functions that replace those of ``time``, by name."""

    def perf_counter() -> float:
        return loop.now

    def unix_time() -> float:
        return loop.today + (loop.now - BEGIN)

    def sleep(seconds: float) -> None:
        if seconds:  # a sleep of 0 only lets other threads run
            raise BlockingError(BLOCKS)

    return {
        "monotonic": loop.time,
        "perf_counter": perf_counter,
        "time": unix_time,
        "sleep": sleep,
    }


def _read(thread: int, virtual: Clock, real: Clock, *seconds: float) -> Any:
    """The virtual clock for the thread of its loop, and the real one for others."""
    clock = virtual if threading.get_ident() == thread else real
    return clock(*seconds)


def _names_of(clock: Clock, module: ModuleType) -> list[str]:
    """The names under which a module knows a clock."""
    return [name for name, value in vars(module).items() if value is clock]

"""A virtual clock: waiting moves it on, so an hour passes in a moment and always the same way.

Only what sleeps can wait on this loop: there is no socket and no thread behind it.
While it runs, the clocks of ``time`` show its time as well, to the thread that it runs
in.
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
TODAY = 1_700_000_000.0
"""The Unix time at which a loop begins."""
BEGIN = 1000.0
"""What a loop's own clock shows then."""
STEPS_A_SECOND = 1_000_000
"""More callbacks than this in each second of the clock mean that something polls."""


class BlockingError(BaseException):  # which `except Exception` does not catch
    """It polls without waiting, or calls ``time.sleep``."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose clock moves when everything waits, and at no other moment.

    ``step`` is how long a callback takes: with 0, what asks the clock again and again
    never sees it move. So many callbacks as ``most`` may run at once, without a wait.
    """

    today = TODAY
    blocked = False

    def __init__(self, step: float = 0.0, most: float = 1_000_000) -> None:
        super().__init__()
        self.now, self.step, self.most, self._steps = BEGIN, step, most, 0.0
        self._selector = self  # where other loops wait for sockets

    def time(self) -> float:
        """Seconds on the virtual clock, as far as the loop can see."""
        return self.now

    def stall(self, seconds: float) -> None:
        """Be busy for so long: nothing else runs meanwhile."""
        self.now += seconds

    def select(self, timeout: float | None) -> None:
        """Let so much time pass; None is for ever, which is a ``TimeoutError`` at once."""
        if timeout is None:
            raise TimeoutError(
                "every task waits, and nothing is scheduled that could wake one"
            )
        if timeout > 0:
            self.now += timeout
            self._steps = max(0, self._steps - timeout * STEPS_A_SECOND)
            return
        # What is due comes into `_ready` only after this.  It counts as one: a timer
        # for now must not spin.
        ready = len(self._ready) or 1  # type: ignore[attr-defined]
        self.now += self.step * ready
        self._steps += ready
        if self._steps > self.most:
            self._steps = 0  # what is cancelled now has as many to end in
            raise BlockingError("it polls: it asks again and again without waiting")

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
    """``asyncio.run`` on a virtual clock; ``also`` are modules that may have imported a clock by its name."""
    try:
        with (
            _clocks_of(loop, also),
            asyncio.Runner(loop_factory=lambda: loop) as runner,
        ):
            return runner.run(main)
    finally:
        if loop.blocked:  # whoever called `time.sleep` may have caught it
            raise BlockingError(
                "it blocks the event loop: use `await asyncio.sleep`, not `time.sleep`"
            )


@contextlib.contextmanager
def _clocks_of(loop: VirtualLoop, also: Iterable[ModuleType]) -> Iterator[None]:
    clocks: dict[str, Callable[..., Any]] = {
        "monotonic": loop.time,
        "perf_counter": lambda: loop.now,
        "time": lambda: loop.today + (loop.now - BEGIN),
    }
    clocks |= {
        f"{name}_ns": lambda clock=clock: round(clock() * 1e9)
        for name, clock in clocks.items()
    }

    def sleep(seconds: float) -> None:
        if seconds:
            loop.blocked = True
            raise BlockingError("time.sleep")

    clocks["sleep"] = sleep
    thread = threading.get_ident()

    def shown(name: str, real: Callable[..., Any], *seconds: float) -> Any:
        return (clocks[name] if threading.get_ident() == thread else real)(*seconds)

    with contextlib.ExitStack() as patches:
        for name in clocks:
            real = getattr(time, name)
            for module in (time, *also):
                for known in [
                    known for known, value in vars(module).items() if value is real
                ]:
                    patches.enter_context(
                        patch.object(module, known, partial(shown, name, real))
                    )
        yield

"""Every task that a runner starts: found, asked to end, and let go of if it does not."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextvars import ContextVar
from typing import Any

_owner: ContextVar["Tasks | None"] = ContextVar("owner", default=None)

_kept: list[Any] = []
"""What was let go of.  Python closes a coroutine that nobody holds, and that would run it again."""
_kept.append(_kept)  # so that it outlives this module when Python ends


class Tasks:
    """A coroutine and every task that comes of it, driven by us step by step.

    ``ending`` is set when that coroutine ends, and when one of them raises ``SystemExit`` or
    ``KeyboardInterrupt``: asyncio would end the event loop with it, and so the kernel; here it is kept as
    ``exit``.  A task that is begun when all is ``over`` ends at once.
    """

    def __init__(self) -> None:
        self.alive: dict[asyncio.Task[Any], _Driven] = {}
        self.ending, self.over = asyncio.Event(), False
        self.exit: BaseException | None = None

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``coroutine`` as the first of the tasks."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop.get_task_factory(), _Factory):
            loop.set_task_factory(_Factory(loop))
        token = _owner.set(self)
        task = loop.create_task(coroutine)
        _owner.reset(token)
        task.add_done_callback(lambda _: self.ending.set())
        return task

    async def ask(self, tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
        """Cancel ``tasks``, and give all that are alive so many seconds to end."""
        if asked := set(tasks):
            for task in asked:
                task.cancel()
            await self.gone(seconds)

    async def gone(self, seconds: float) -> None:
        """Wait until no task is alive, but no longer than so many seconds, and some turns of a busy loop."""
        loop, turns = asyncio.get_running_loop(), 20
        deadline = loop.time() + seconds
        while self.alive and (turns > 0 or loop.time() < deadline):
            await asyncio.wait(set(self.alive), timeout=max(0, deadline - loop.time()))
            turns -= 1

    def let_go(self, tasks: Iterable[asyncio.Task[Any]]) -> int:
        """End ``tasks`` without another step of theirs; returns how many there were."""
        left = set(tasks)
        for task in left:
            self.alive[task].over = True
            _kept.append((task, self.alive[task]))
            task.cancel()  # wakes it, so that it finds out
        return len(left)


class _Factory:
    """Makes the tasks of ``loop`` as they were made before, those of a `Tasks` around a `_Driven`.

    It stays: what a runner left behind in a timer must not get away by starting a task later.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        usual: Any = type(asyncio.current_task())  # a browser page has a class of its own
        self._make: Callable[..., Any] = loop.get_task_factory() or (
            lambda loop, coroutine, **options: usual(coroutine, loop=loop, **options)
        )

    def __call__(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        owner = _owner.get()
        if owner is None or not asyncio.iscoroutine(coroutine):
            return self._make(loop, coroutine, **options)
        driven = _Driven(coroutine, owner)
        task = self._make(loop, driven, **options)
        owner.alive[task] = driven
        task.add_done_callback(owner.alive.pop)
        return task


class _Driven(Coroutine[Any, Any, Any]):
    """A coroutine whose every step goes through our hands, so that there need not be a next one."""

    def __init__(self, inner: Coroutine[Any, Any, Any], owner: Tasks) -> None:
        self._inner, self._owner = inner, owner
        self._begun, self.over = False, owner.over

    def send(self, value: Any) -> Any:
        return self._step(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._inner.throw, *error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()

    def __getattr__(self, name: str) -> Any:  # for those who ask how far it is
        return getattr(self._inner, name)

    def _step(self, step: Callable[..., Any], *argument: Any) -> Any:
        if self.over:
            if not self._begun:
                self._inner.close()
            raise asyncio.CancelledError
        self._begun = True
        try:
            return step(*argument)
        except (SystemExit, KeyboardInterrupt) as error:
            self._owner.exit = error
            self._owner.ending.set()
            # Python's own handler raises a person's interrupt wherever it finds the main thread.
            handler = signal.getsignal(signal.SIGINT)
            if isinstance(error, KeyboardInterrupt) and handler is signal.default_int_handler:
                raise
            raise asyncio.CancelledError from error

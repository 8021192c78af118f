"""Every task that a runner starts: found, cancelled, and abandoned if it goes on.

A runner may do what it likes: catch every exception, start tasks while it is cancelled,
call ``sys.exit``.  A plain ``task.cancel()`` is not enough then.  So each of its tasks
is made around a `_Stepped` coroutine, which we need not let take another step.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any

MIN_TURNS = 20
"""How often the loop turns before tasks are late, however long each turn takes."""

_owner: ContextVar["Tasks | None"] = ContextVar("owner", default=None)
"""Whose tasks are started here: a task inherits this from the one that starts it."""

_abandoned: list[Any] = []
"""All that was abandoned, for as long as Python runs.

Python closes a coroutine that nobody holds, which runs its ``except`` clauses: one that
tries again at once, whatever happens, would never come to an end.
"""
_abandoned.append(_abandoned)  # so that it outlives this module when Python ends


class Tasks:
    """A coroutine and every task that comes of it, driven by us step by step.

    ``alive`` are those that have not ended.  ``should_end`` is set when the first
    coroutine ends, and when one of them raises ``SystemExit`` or ``KeyboardInterrupt``,
    which is kept as ``exit_error``: asyncio would end the event loop with it, and so
    the kernel.  Once they are ``closed``, a task that is started ends at once.
    """

    def __init__(self) -> None:
        self.alive: set[asyncio.Task[Any]] = set()
        self.should_end = asyncio.Event()
        self.exit_error: BaseException | None = None
        self.closed = False

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``coroutine`` as the first of the tasks."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop.get_task_factory(), _TaskFactory):
            # It stays: what a runner left behind in a timer must not get away by
            # starting a task later.
            factory: Any = _TaskFactory(loop)
            loop.set_task_factory(factory)
        token = _owner.set(self)
        task = loop.create_task(coroutine)
        _owner.reset(token)
        task.add_done_callback(lambda _: self.should_end.set())
        return task

    async def cancel(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Cancel ``tasks``, and give them so many seconds to end."""
        for task in tasks:
            task.cancel()
        await self.wait(tasks, seconds)

    async def wait(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Wait until ``tasks`` have ended, but no longer than so many seconds.

        On a busy loop it is longer, `MIN_TURNS` turns: otherwise tasks would be late
        that had no chance to end.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        turns = 0
        while left := tasks & self.alive:
            seconds_left = deadline - loop.time()
            if seconds_left <= 0 and turns >= MIN_TURNS:
                return
            await asyncio.wait(left, timeout=max(0, seconds_left))
            turns += 1

    def abandon(self, tasks: set[asyncio.Task[Any]]) -> int:
        """End those of ``tasks`` that are alive, without another step of theirs.

        Returns how many there were.
        """
        abandoned = tasks & self.alive
        for task in abandoned:
            coroutine: Any = task.get_coro()
            coroutine.abandoned = True
            _abandoned.append((task, coroutine))
            task.cancel()  # wakes it up, so that it finds out
        return len(abandoned)


class _TaskFactory:
    """Makes tasks as before, but around a `_Stepped` if they belong to `Tasks`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._usual: Any = loop.get_task_factory() or self._make_task
        self._task_class: Any = type(asyncio.current_task())  # a page has its own

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> Any:
        owner = _owner.get()
        if owner is None or not asyncio.iscoroutine(coroutine):
            return self._usual(loop, coroutine, **options)
        task = self._usual(loop, _Stepped(coroutine, owner), **options)
        owner.alive.add(task)
        task.add_done_callback(owner.alive.discard)
        return task

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> Any:
        return self._task_class(coroutine, loop=loop, **options)


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine that takes no further step once it is ``abandoned``."""

    def __init__(self, inner: Coroutine[Any, Any, Any], owner: Tasks) -> None:
        self.abandoned = owner.closed
        self._inner = inner
        self._owner = owner
        self._has_begun = False

    def send(self, value: Any) -> Any:
        return self._step(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._inner.throw, *error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()

    def __getattr__(self, name: str) -> Any:
        """What asyncio and anyio ask a coroutine: its name, and how far it is."""
        return getattr(self._inner, name)

    def _step(self, step: Callable[..., Any], *argument: Any) -> Any:
        if self.abandoned:
            if not self._has_begun:
                self._inner.close()  # else Python says that it was never awaited
            raise asyncio.CancelledError
        self._has_begun = True
        try:
            return step(*argument)
        except (SystemExit, KeyboardInterrupt) as error:
            self._owner.exit_error = error
            self._owner.should_end.set()
            if _is_from_a_person(error):
                raise
            raise asyncio.CancelledError from error


def _is_from_a_person(error: BaseException) -> bool:
    """Whether it is a Ctrl+C, which Python's own handler raises in whatever runs."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return usual and isinstance(error, KeyboardInterrupt)

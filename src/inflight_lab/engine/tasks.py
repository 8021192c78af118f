"""Finds every task that a runner starts, cancels it, and abandons it if it goes on.

A runner may catch every exception, start tasks while it is cancelled, or call
``sys.exit``.  Then a plain ``task.cancel()`` is not enough.  So every task of a runner
wraps its coroutine in `_StoppableCoroutine`, which we can stop from running any
further.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any

MIN_LOOP_ITERATIONS = 20
"""Iterations of the event loop that tasks have to end, however long each one takes."""

_owner: ContextVar["RunnerTasks | None"] = ContextVar("owner", default=None)
"""The owner of new tasks; a task inherits it from the task that starts it."""

_abandoned: list[Any] = []
"""Abandoned tasks and their coroutines, kept until Python exits.

Python closes a coroutine that it frees, and so runs its ``except`` clauses.  One that
retries at once, whatever happens, would never end.
"""
# The list contains itself, so it has a reference cycle and Python does not free it when
# the module goes.
_abandoned.append(_abandoned)


class RunnerTasks:
    """A runner's main task, and every task that is started from it.

    ``alive`` are the tasks that have not ended.  ``should_end`` is set when the main
    task ends, and when any task raises ``SystemExit`` or ``KeyboardInterrupt``.  This
    exception is kept as ``exit_error``; asyncio would end the event loop with it, and
    the kernel too.  Once ``closed`` is set, a new task ends at once.
    """

    def __init__(self) -> None:
        self.alive: set[asyncio.Task[Any]] = set()
        self.should_end = asyncio.Event()
        self.exit_error: BaseException | None = None
        self.closed = False

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``coroutine`` as the main task."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop.get_task_factory(), _TaskFactory):
            # The factory stays, because a timer that a runner left behind may start
            # a task later.
            factory: Any = _TaskFactory(loop)
            loop.set_task_factory(factory)
        token = _owner.set(self)
        task = loop.create_task(coroutine)
        _owner.reset(token)
        task.add_done_callback(lambda _: self.should_end.set())
        return task

    async def cancel(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Cancel ``tasks``, and give them ``seconds`` to end."""
        for task in tasks:
            task.cancel()
        await self.wait(tasks, seconds)

    async def wait(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Wait until ``tasks`` have ended, for at most ``seconds``.

        On a busy loop this may take longer: the tasks have `MIN_LOOP_ITERATIONS` in any
        case, so that each has a chance to end.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        iterations = 0
        while left := tasks & self.alive:
            seconds_left = deadline - loop.time()
            if seconds_left <= 0 and iterations >= MIN_LOOP_ITERATIONS:
                return
            await asyncio.wait(left, timeout=max(0, seconds_left))
            iterations += 1

    def abandon(self, tasks: set[asyncio.Task[Any]]) -> int:
        """End ``tasks`` that are alive, without running any more of their code.

        Returns how many there were.
        """
        abandoned = tasks & self.alive
        for task in abandoned:
            coroutine: Any = task.get_coro()
            coroutine.abandoned = True
            _abandoned.append((task, coroutine))
            task.cancel()  # wakes it, so that it sees ``abandoned``
        return len(abandoned)


class _TaskFactory:
    """Makes tasks as before, but makes those of a runner stoppable."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._previous_factory: Any = loop.get_task_factory() or self._make_task
        # Not always asyncio.Task: Pyodide's loop, in a page, has a class of its own.
        self._task_class: Any = type(asyncio.current_task())

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> Any:
        owner = _owner.get()
        if owner is None or not asyncio.iscoroutine(coroutine):
            return self._previous_factory(loop, coroutine, **options)
        stoppable = _StoppableCoroutine(coroutine, owner)
        task = self._previous_factory(loop, stoppable, **options)
        owner.alive.add(task)
        task.add_done_callback(owner.alive.discard)
        return task

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> Any:
        return self._task_class(coroutine, loop=loop, **options)


class _StoppableCoroutine(Coroutine[Any, Any, Any]):
    """A coroutine that runs no further once it is ``abandoned``."""

    def __init__(self, inner: Coroutine[Any, Any, Any], owner: RunnerTasks) -> None:
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
        # `Coroutine` requires this method.  It need not go through `_step`, because a
        # task does not await its coroutine: it calls `send` and `throw`.
        return self._inner.__await__()

    def __getattr__(self, name: str) -> Any:
        """Name, frame and state, which asyncio and anyio read from a coroutine."""
        return getattr(self._inner, name)

    def _step(self, step: Callable[..., Any], *argument: Any) -> Any:
        if self.abandoned:
            if not self._has_begun:
                self._inner.close()  # or Python warns that it was never awaited
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
    """Whether ``error`` comes from Ctrl+C and Python's own handler for it."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return usual and isinstance(error, KeyboardInterrupt)

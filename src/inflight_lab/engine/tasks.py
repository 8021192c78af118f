"""Every task that a runner starts: found, asked to end, and let go of if it does not."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from functools import partial
from typing import Any

_owner: ContextVar["Tasks | None"] = ContextVar("owner", default=None)

_kept: list[Any] = []
"""What was let go of.  Python closes a coroutine that nobody holds, and that would run it again."""
_kept.append(_kept)  # so that it outlives this module when Python ends


class Tasks:
    """A coroutine and every task that comes of it, driven by us step by step.

    ``outcome_of`` is set when that coroutine ends, and when one of them raises
    ``SystemExit`` or ``KeyboardInterrupt``: asyncio would end the event loop with it,
    and so the kernel; here it is kept as ``exit``.  A task that is begun when all is
    ``over`` ends at once.
    """

    def __init__(self) -> None:
        self.alive: set[asyncio.Task[Any]] = set()
        self.ending, self.over = asyncio.Event(), False
        self.exit: BaseException | None = None

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``coroutine`` as the first of the tasks."""
        loop = asyncio.get_running_loop()
        factory: Any = loop.get_task_factory()
        if getattr(factory, "func", None) is not _make:
            # It stays: what a runner left behind in a timer must not get away by
            # starting a task later.
            usual: Any = type(
                asyncio.current_task()
            )  # a browser page has a class of its own
            loop.set_task_factory(
                partial(
                    _make,
                    factory or (lambda loop, *it, **how: usual(*it, loop=loop, **how)),
                )
            )
        token = _owner.set(self)
        task = loop.create_task(coroutine)
        _owner.reset(token)
        task.add_done_callback(lambda _: self.ending.set())
        return task

    async def ask(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Cancel ``tasks``, and give them so many seconds to end."""
        for task in tasks:
            task.cancel()
        await self.gone(tasks, seconds)

    async def gone(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Wait until they have ended, but no longer than so many seconds, and some turns of a busy loop."""
        loop, turns = asyncio.get_running_loop(), 20
        deadline = loop.time() + seconds
        while (left := tasks & self.alive) and (turns > 0 or loop.time() < deadline):
            await asyncio.wait(left, timeout=max(0, deadline - loop.time()))
            turns -= 1

    def let_go(self, tasks: set[asyncio.Task[Any]]) -> int:
        """End ``tasks`` without another step of theirs; returns how many there were."""
        for task in tasks:
            driven: Any = task.get_coro()
            driven.over = True
            _kept.append((task, driven))
            task.cancel()  # wakes it, so that it finds out
        return len(tasks)


def _make(
    usual: Callable[..., Any],
    loop: asyncio.AbstractEventLoop,
    coroutine: Any,
    **options: Any,
) -> Any:
    """A task as the ``usual`` factory makes it; one of those that are looked after, around a `_Driven`."""
    owner = _owner.get()
    if owner is None or not asyncio.iscoroutine(coroutine):
        return usual(loop, coroutine, **options)
    task = usual(loop, _Driven(coroutine, owner), **options)
    owner.alive.add(task)
    task.add_done_callback(owner.alive.discard)
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

    def __getattr__(
        self, name: str
    ) -> Any:  # for those who ask what it is called and how far it is
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
            # Python's own handler raises a person's interrupt wherever it finds the
            # main thread.
            handler = signal.getsignal(signal.SIGINT)
            if (
                isinstance(error, KeyboardInterrupt)
                and handler is signal.default_int_handler
            ):
                raise
            raise asyncio.CancelledError from error

"""Which tasks another task waits for, as far as asyncio lets it be seen."""

import asyncio
import gc
from collections.abc import Iterable
from contextvars import Context
from types import FrameType
from typing import Any

GROUP_EXITS = {
    getattr(asyncio.TaskGroup, name).__code__
    for name in ("__aexit__", "_aexit")
    if hasattr(asyncio.TaskGroup, name)
}
"""The code that awaits the end of a group's tasks: the version decides which."""


def awaited_tasks(task: "asyncio.Task[Any]") -> list["asyncio.Task[Any]"]:
    """The unfinished tasks that it awaits: one, or by gather, wait or a group."""
    return [
        each
        for each in _awaited(task)
        if isinstance(each, asyncio.Task) and not each.done()
    ]


def _awaited(task: Any) -> Iterable[Any]:
    tasks = _tasks_of(task._fut_waiter)
    if tasks:
        return tasks
    frame = _innermost_frame(task)
    return _in_frame(frame) if frame else []


def _tasks_of(future: Any) -> list[Any]:
    """The task itself, or the children that the future of `asyncio.gather` has."""
    if isinstance(future, asyncio.Task):
        return [future]
    return list(getattr(future, "_children", ()))


def _innermost_frame(task: "asyncio.Task[Any]") -> FrameType | None:
    """That of the coroutine which awaits something that is no coroutine."""
    coroutine: Any = task.get_coro()
    while getattr(coroutine, "cr_frame", None):
        awaited = coroutine.cr_await
        if not hasattr(awaited, "cr_frame"):
            frame: FrameType = coroutine.cr_frame
            return frame
        coroutine = awaited
    return None


def _in_frame(frame: FrameType) -> Iterable[Any]:
    if frame.f_code in GROUP_EXITS:
        return list(frame.f_locals["self"]._tasks)
    if frame.f_code is asyncio.tasks._wait.__code__:  # type: ignore[attr-defined]
        return list(frame.f_locals["fs"])
    if frame.f_code is asyncio.wait_for.__code__:  # in Python 3.11 it makes a task
        return _tasks_of(frame.f_locals.get("fut"))
    return []


def context_of(task: "asyncio.Task[Any]") -> Context:
    """The context in which it runs: a copy of that of who started it."""
    if hasattr(task, "get_context"):  # from Python 3.12 on
        context: Context = task.get_context()
        return context
    contexts = [each for each in gc.get_referents(task) if isinstance(each, Context)]
    return contexts[0] if contexts else Context()

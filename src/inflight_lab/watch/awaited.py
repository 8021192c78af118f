"""Which tasks another task waits for, as far as asyncio lets it be seen."""

import asyncio
from collections.abc import Iterable
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
    future = task._fut_waiter
    if isinstance(future, asyncio.Task):
        return [future]
    children = getattr(future, "_children", None)  # that of `asyncio.gather` has them
    if children is not None:
        return list(children)
    frame = _innermost_frame(task)
    return _in_frame(frame) if frame else []


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
        return [frame.f_locals.get("fut")]
    return []

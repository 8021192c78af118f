"""Makes a browser page behave as a computer does, where a lesson depends on it.

Python runs in a page through Pyodide: one thread, no sockets, and the browser's own
event loop.
"""

import asyncio
import functools
import inspect
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpcore
import httpx

_run_in_page = asyncio.run
"""Pyodide's own, which waits in the middle of a cell where the browser can."""


def behave_as_on_a_computer(
    create_connection: Callable[..., httpcore.AsyncConnectionInterface],
) -> None:
    """Make the notebooks true in a page, while its loop is running.

    - The pool of ``httpx.AsyncClient``, also of one that was made before, gets its
      connections from ``create_connection``; ``httpx.Client``, which would have to
      block the page, says so.
    - ``asyncio.run`` refuses while a loop is running, and ``time.sleep`` holds up the
      loop, as everywhere but in Pyodide.
    - ``time.thread_time``, which a page does not have, is the time since the page was
      loaded, waiting included.
    - A task factory may be set.  Pyodide's loop then looks for a function that Python
      3.14 does not have.
    - A callback may be due in the past.  asyncio calls it at once; Pyodide's loop would
      refuse it.

    It does nothing the second time.
    """
    if httpcore.AsyncConnectionPool.create_connection is create_connection:
        return
    httpcore.AsyncConnectionPool.create_connection = create_connection  # type: ignore[method-assign]
    httpx.HTTPTransport.__init__ = _refuse_to_block  # type: ignore[method-assign]
    asyncio.run = inspect.unwrap(asyncio.run)
    time.sleep = inspect.unwrap(time.sleep)
    time.thread_time = getattr(time, "thread_time", time.perf_counter)
    tasks: Any = asyncio.tasks
    tasks._set_task_name = getattr(tasks, "_set_task_name", _name_task)
    loop: Any = type(asyncio.get_running_loop())
    loop.call_later = _never_in_the_past(loop.call_later)


def run_nested(main: Coroutine[Any, Any, Any], **_: object) -> Any:
    """``asyncio.run`` in the middle of a cell.

    Where the browser cannot wait there, the run goes on beside the cell, as the task
    that is returned.
    """
    from pyodide.ffi import can_run_sync

    if can_run_sync():
        return _run_in_page(main)
    print(
        "This browser cannot wait in the middle of a cell: the run goes on beside it."
    )
    return asyncio.ensure_future(main)


def _name_task(task: asyncio.Task[Any], name: str | None) -> None:
    if name is not None:
        task.set_name(name)


def _refuse_to_block(*_: object, **__: object) -> None:
    raise RuntimeError(
        "httpx.Client would block the page that it runs in:"
        " use httpx.AsyncClient, and await client.get(url)"
    )


def _never_in_the_past(call_later: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call_later)
    def call_now_or_later(
        loop: Any, delay: float, *arguments: Any, **options: Any
    ) -> Any:
        return call_later(loop, max(delay, 0.0), *arguments, **options)

    return call_now_or_later

"""A notebook's cell: it may run again, and it runs inside an event loop.

When a cell runs again, the servers and panels of its last run are closed.  Otherwise
``server = PracticeServer().start()`` would leave a server behind each time: the name is
bound anew, but the old server goes on serving.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class _CellRun:
    """One run of a cell, and the functions that close what it made."""

    message: str
    """The id of the message that asked for it."""
    closers: list[Callable[[], None]] = field(default_factory=list)


_last_runs: dict[str, _CellRun] = {}
"""By cell.  One for the whole process, as there is one kernel in it."""


def closed_on_rerun(close: Callable[[], None]) -> None:
    """Call ``close`` when the cell that is running now is run again.

    Outside a notebook this does nothing.
    """
    _tell_marimo(close)
    running = _running_cell()
    if running is None:
        return
    shell, cell, message = running
    # IPython takes the same callback only once.
    shell.events.register("pre_run_cell", _close_what_the_last_run_made)
    run = _last_runs.setdefault(cell, _CellRun(message))
    run.closers.append(close)


def _close_what_the_last_run_made(_: object = None) -> None:
    """Close as the cell begins, even if it was edited and makes nothing any more."""
    running = _running_cell()
    if running is None:
        return
    _, cell, message = running
    last = _last_runs.get(cell)
    if last is None or last.message == message:  # the same run runs a cell inside
        return
    del _last_runs[cell]
    for close in last.closers:
        close()


def _running_cell() -> tuple[Any, str, str] | None:
    """The shell, the id of the cell that is running, and that of the message for it."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    request = _request_that_runs_in(shell)
    cell = request.get("metadata", {}).get("cellId")
    if not cell:
        return None
    return shell, cell, request["header"]["msg_id"]


def _request_that_runs_in(shell: Any) -> dict[str, Any]:
    """The message that the kernel is busy with.  In a page the kernel has it."""
    kernel: Any = getattr(shell, "kernel", None)
    for holder in (shell, kernel):
        if hasattr(holder, "get_parent"):
            request: dict[str, Any] = holder.get_parent()
            return request
    return {}


def _tell_marimo(close: Callable[[], None]) -> None:
    """If marimo runs the cell, let marimo close."""
    marimo: Any = sys.modules.get("marimo._runtime.context")
    context = marimo.safe_get_context() if marimo else None
    if context:
        context.cell_lifecycle_registry.add(_Disposable(close))


class _Disposable:
    """marimo disposes of this before the cell runs again."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def create(self, context: object) -> None:
        pass

    def dispose(self, **_: object) -> bool:
        self._close()
        return True


def enable_nested_run() -> None:
    """Let ``asyncio.run(...)`` work in a cell, where an event loop is running already.

    Usually you do not need it: write ``await make_many_requests(...)`` in the cell.
    Call this once, above a *script* that you paste whole and that calls
    ``asyncio.run`` itself:

    >>> enable_nested_run()
    >>> asyncio.run(client.get(server.url))

    A ``nest_asyncio.apply()`` in that script then does no harm, because the work is
    already done.

    Uses nest-asyncio2, the maintained fork.  The original nest-asyncio loses the
    messages that reach the kernel during a nested run, so that the cells queued behind
    it never start.
    """
    if sys.platform == "emscripten":
        from inflight_lab.lesson.pyodide import run_nested

        asyncio.run = run_nested
    else:
        import nest_asyncio2

        nest_asyncio2.apply()

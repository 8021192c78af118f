"""What a notebook cell made is closed when the same cell runs again.

Without this, each further run of ``server = PracticeServer().start()`` would leave one
more server behind: the name is bound anew, but the old server goes on serving.
"""

import sys
from collections.abc import Callable
from typing import Any

_made: dict[str, tuple[str, list[Callable[[], None]]]] = {}
"""By cell: the message that ran it last, and how to close what that run made."""


def closed_on_rerun(close: Callable[[], None]) -> None:
    """Call ``close`` when the cell that is running now is run again; outside a notebook do nothing."""
    marimo: Any = sys.modules.get("marimo._runtime.context")
    if context := marimo and marimo.safe_get_context():
        context.cell_lifecycle_registry.add(_Disposable(close))
    if (running := _running_cell()) is None:
        return
    shell, cell, run = running
    shell.events.register(
        "pre_run_cell", _close_what_the_last_run_made
    )  # once: it knows what it has
    _made.setdefault(cell, (run, []))[1].append(close)


class _Disposable:
    """For marimo, which disposes of what a cell made before the cell runs again."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def create(self, context: object) -> None:
        pass

    def dispose(self, **_: object) -> bool:
        self._close()
        return True


def _close_what_the_last_run_made(_: object = None) -> None:
    """As a cell begins: also where it was edited, and makes nothing of the kind any more."""
    if running := _running_cell():
        _, cell, run = running
        if cell in _made and _made[cell][0] != run:
            for close in _made.pop(cell)[1]:
                close()


def _running_cell() -> tuple[Any, str, str] | None:
    """The shell, and the ids of the cell that is running and of the message that asked for it, if known."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    # In the browser build it is the kernel that knows.
    asked = next(
        (
            each
            for each in (shell, getattr(shell, "kernel", None))
            if hasattr(each, "get_parent")
        ),
        None,
    )
    parent = asked.get_parent() if asked else {}
    cell = parent.get("metadata", {}).get("cellId")
    return (shell, cell, parent["header"]["msg_id"]) if cell else None

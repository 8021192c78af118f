"""What a notebook cell made is closed when the same cell runs again.

Without this, each further run of ``server = PracticeServer().start()`` would leave one more server
behind: the name is bound anew, but the old server goes on serving.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_made: dict[str, tuple[str, list[Callable[[], None]]]] = {}
"""By cell: the message that ran it last, and how to close what that run made."""


def closed_on_rerun(close: Callable[[], None]) -> None:
    """Call ``close`` when the cell that is running now is run again; outside a notebook do nothing."""
    if (running := _running_cell()) is None:
        return
    cell, run = running
    last_run, closers = _made.get(cell, ("", []))
    if last_run != run:
        for close_old in closers:
            close_old()
        closers = []
    _made[cell] = (run, [*closers, close])


def _running_cell() -> tuple[str, str] | None:
    """The id of the cell that is running and of the message that asked for it, if the front end tells."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    # In the browser build it is the kernel that knows.
    asked = next(
        (each for each in (shell, getattr(shell, "kernel", None)) if hasattr(each, "get_parent")), None
    )
    parent = asked.get_parent() if asked else {}
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None

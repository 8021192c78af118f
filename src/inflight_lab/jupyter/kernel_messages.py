"""Two things that ipykernel 7.4 needs, so that widgets stay alive while a cell awaits and after a reload."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def acknowledge_widget_message() -> None:
    """Tell the page that the widget message being handled is dealt with, where the kernel does not.

    ipywidgets sends a slider's next change only after the kernel said "idle" about the last one.  While
    a cell awaits, ipykernel 7.4 handles widget messages beside it, each in a task of its own, and says
    nothing: without this the slider would be dead from its second change on, also after the cell ended.
    Does nothing on other kernels, and for messages handled in their turn.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop in this thread, so no message either
        return
    handler = getattr(task.get_coro(), "__qualname__", "") if task else ""
    # In its turn a message is handled inside a longer task; only beside a cell is this the whole task.
    if handler == "Kernel.dispatch_shell":
        ipython: Any = sys.modules["IPython"]
        kernel = ipython.get_ipython().kernel
        message = kernel.get_parent("shell")
        kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=message)


def hear_where_the_page_says(widget: Any) -> None:
    """Have the page's messages to ``widget`` handled in the subshell that the page names.

    ipykernel 7.4 prefers the subshell in whose turn the kernel last spoke to the page.  When the page is
    reloaded that one is gone, and every later message is lost.  Other versions do not ask.
    """
    widget.comm._reply_subshell_for = lambda _data, named: named

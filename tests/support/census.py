"""What a process holds: to compare before and after."""

from __future__ import annotations

import asyncio
import threading

import psutil
from ipywidgets.widgets import widget

from tests.support.waiting import practice_threads


def census() -> dict[str, int]:
    """How many of each there are in this process now."""
    process = psutil.Process()
    timers = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return {
        "tasks": len(asyncio.all_tasks()),
        "timers": sum(not timer.cancelled() for timer in timers),
        "threads": threading.active_count(),
        "servers": len(practice_threads()),
        "files": process.num_fds(),
        "sockets": len(process.net_connections("all")),
        "widgets": len(widget._instances),
    }


def at_most(after: dict[str, int], before: dict[str, int]) -> bool:
    """Whether there is no more of anything."""
    return all(after[name] <= before[name] for name in before)

"""Notices, from another thread, that the event loop is blocked.

It is the panel's only thread, so it stands alone.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextvars import copy_context

BLOCKED = (
    "blocked: your code or a cell holds up the event loop (time.sleep?); "
    "Stop waits until it returns"
)

BLOCKED_AFTER = 1.5
"""Seconds without a turn of the loop."""

LOOK_EVERY = 0.5
"""Seconds between two looks at a loop that turns."""


async def watch_for_blocks(
    blocked: Callable[[], object], turns: Callable[[], object]
) -> None:
    """Call ``blocked`` when the loop has stopped turning, until this is cancelled.

    ``blocked`` is called in another thread.  While the loop turns, it calls ``turns``
    now and then.
    """
    if sys.platform == "emscripten":  # there are no threads
        return
    while True:
        # ipykernel 7.0 sends nothing from a thread that knows no cell.
        alarm = threading.Timer(BLOCKED_AFTER, copy_context().run, [blocked])
        alarm.daemon = True
        alarm.start()
        try:
            await asyncio.sleep(LOOK_EVERY)
        finally:
            alarm.cancel()
        turns()

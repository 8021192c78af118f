"""Calls a function again and again while a cell runs, whether it awaits or blocks."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextvars import copy_context


def repeat_every(seconds: float, call: Callable[[], object]) -> Callable[[], object]:
    """Call ``call`` every so many seconds, from a thread of its own.

    In a page, where there are no threads, a task does it.  Returns what ends it.
    """
    if sys.platform == "emscripten":
        return _repeat_in_task(seconds, call)
    return _repeat_in_thread(seconds, call)


def _repeat_in_task(seconds: float, call: Callable[[], object]) -> Callable[[], object]:
    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            call()

    return asyncio.get_running_loop().create_task(repeat()).cancel


def _repeat_in_thread(
    seconds: float, call: Callable[[], object]
) -> Callable[[], object]:
    stopped = threading.Event()

    def repeat() -> None:
        while not stopped.wait(seconds):
            call()

    def stop() -> None:
        stopped.set()
        thread.join()

    # With the starter's context: some kernels look there for the cell that a message
    # belongs to.
    run = copy_context().run
    thread = threading.Thread(target=run, args=(repeat,), name="live-plot", daemon=True)
    thread.start()
    return stop

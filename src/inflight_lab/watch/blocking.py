"""Which of a script's lines keeps its event loop from running: a thread looks, and the loop pays nothing."""

import asyncio
import gc
import os
import re
import sys
import sysconfig
import time
from collections.abc import Callable
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from types import FrameType

LOOK, LATE = 0.01, 0.02
"""Seconds between two looks, and how many more the processor may have worked in between."""
HERE, STDLIB = (
    re.escape(os.path.dirname(os.path.abspath(__file__))),
    re.escape(sysconfig.get_path("stdlib")),
)
NOT_THE_SCRIPT = re.compile(rf"<|{HERE}|{STDLIB}|.*[/\\](site|dist)-packages[/\\]")
RUN, BELOW = (
    asyncio.Handle._run.__code__,
    asyncio.Runner.run.__code__,
)  # uvloop's callbacks have no frame


def look(note: Callable[..., None]) -> None:
    """Note, for ever, where one callback of a loop is seen again, and the seconds since the look before."""
    running: dict[
        int, tuple[FrameType | None, float]
    ] = {}  # by thread: the callback, and when it began
    then, spent = time.perf_counter(), time.process_time()
    while True:
        time.sleep(LOOK)
        now, cpu = time.perf_counter(), time.process_time()
        # A call that keeps all other threads waiting, this one too, is seen only once:
        # at its end.  That it was so shows in the processor's time: on a busy machine a
        # look is late for other reasons, too.
        alone = cpu - spent if cpu - spent > LOOK + LATE else 0.0
        for thread, frame in frames().items():
            callback, line = where(frame)
            before, began = running.get(thread, (None, now))
            if callback is not before:
                running[thread] = callback, (began := now)
            if line and (took := now - then if callback is before else alone):
                note("stood still", (thread, began), took, line)
        then, spent = now, cpu


def frames() -> dict[int, FrameType]:
    """Each thread's frame.  Python before 3.12.1 may hang for ever if it collects garbage meanwhile."""
    collects = gc.isenabled()
    gc.disable()
    found = sys._current_frames()
    if collects:
        gc.enable()
    return found


def where(frame: FrameType | None) -> tuple[FrameType | None, str]:
    """The loop's callback that runs in ``frame``, and the script's line there: "" if it awaits a library."""
    line, above, script = "", 0, None
    while frame and (code := frame.f_code) not in (RUN, BELOW):
        if not script and not NOT_THE_SCRIPT.match(code.co_filename):
            script, awaits = frame, above & (CO_COROUTINE | CO_ASYNC_GENERATOR)
            line = (
                ""
                if awaits
                else f"{os.path.basename(code.co_filename)}:{frame.f_lineno}"
            )
        frame, above = frame.f_back, code.co_flags
    return (script if frame and frame.f_code is BELOW else frame), line if frame else ""

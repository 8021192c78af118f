"""Which of a script's lines keep its event loop from running.

A thread of its own samples the stacks of all threads, so the loop pays nothing.
"""

import asyncio
import gc
import os
import re
import sys
import sysconfig
import time
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from types import FrameType
from typing import NamedTuple

from inflight_lab.watch.events import Blocked, Note

SAMPLE_INTERVAL = 0.01
"""Seconds between two samples."""
LATE_SAMPLE = 0.02
"""Seconds of the processor's work, beyond the interval, that make a sample late."""

_HERE = re.escape(os.path.dirname(os.path.abspath(__file__)))
_STDLIB = re.escape(sysconfig.get_path("stdlib"))
LIBRARY_PATHS = re.compile(rf"<|{_HERE}|{_STDLIB}|.*[/\\](site|dist)-packages[/\\]")
"""Matches the paths of code that is not the script's own."""
CALLBACK_CODE = asyncio.Handle._run.__code__
"""What calls a callback of asyncio's own loops; those of uvloop have no frame."""
RUNNER_CODE = asyncio.Runner.run.__code__
"""What runs a loop of any kind."""


class Position(NamedTuple):
    """Where a thread with an event loop is."""

    callback: FrameType | None
    """The frame that stands for what the loop has called; None: there is no loop."""
    line: str
    """The script's line there, ``file:number``; "" while it awaits a library."""


class Call(NamedTuple):
    """What a thread's loop has called, and when that was first seen."""

    callback: FrameType | None
    began: float


def sample_stacks(note: Note) -> None:
    """Note, forever, each line at which a callback of a loop is seen again."""
    calls: dict[int, Call] = {}
    last_time = time.perf_counter()
    last_cpu = time.process_time()
    while True:
        time.sleep(SAMPLE_INTERVAL)
        now = time.perf_counter()
        cpu = time.process_time()
        # A call that keeps all other threads waiting, this one too, is seen only once:
        # at its end.  The processor's time shows it: on a busy machine a sample is late
        # for other reasons, too.
        worked = cpu - last_cpu
        worked_alone = worked if worked > SAMPLE_INTERVAL + LATE_SAMPLE else 0.0
        for thread, frame in current_frames().items():
            callback, line = position_of(frame)
            call = calls.get(thread)
            if call and call.callback is callback:
                seconds = now - last_time
            else:
                call = calls[thread] = Call(callback, now)
                seconds = worked_alone
            if line and seconds:
                note(Blocked, thread, call.began, seconds, line)
        last_time = now
        last_cpu = cpu


def current_frames() -> dict[int, FrameType]:
    """Each thread's frame, taken while no garbage is collected.

    Before Python 3.12.1 a collection meanwhile may hang (python/cpython#106883).
    """
    collects = gc.isenabled()
    gc.disable()
    frames = sys._current_frames()
    if collects:
        gc.enable()
    return frames


def position_of(frame: FrameType | None) -> Position:
    """Where the thread that runs ``frame`` is."""
    script_frame = None
    line = ""
    flags_above = 0
    while (
        frame and frame.f_code is not CALLBACK_CODE and frame.f_code is not RUNNER_CODE
    ):
        code = frame.f_code
        if script_frame is None and not LIBRARY_PATHS.match(code.co_filename):
            script_frame = frame
            awaits = flags_above & (CO_COROUTINE | CO_ASYNC_GENERATOR)
            if not awaits:
                line = f"{os.path.basename(code.co_filename)}:{frame.f_lineno}"
        flags_above = code.co_flags
        frame = frame.f_back
    if frame is None:
        return Position(None, "")
    if frame.f_code is RUNNER_CODE:
        return Position(script_frame, line)
    return Position(frame, line)

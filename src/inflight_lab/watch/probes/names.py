"""Names for the objects of a watched script, and for the line that sends a request."""

import asyncio
import itertools
import os
import sys
import threading
import weakref
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import FrameType
from typing import Any

from inflight_lab.watch.blocking import LIBRARY_PATHS

AWAITING = CO_COROUTINE | CO_ASYNC_GENERATOR | CO_GENERATOR
"""Flags of code that can await."""

numbers = itertools.count(1)
_number_by_object: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_script_file_by_path: dict[str, str] = {}
"""A script's file without its folders; "" for the path of a library."""


def number_of(thing: object) -> int:
    """Return the object's number: unlike its ``id``, it is never used again."""
    known = _number_by_object.get(thing)
    return known or _number_by_object.setdefault(thing, next(numbers))


def current_sender() -> int:
    """Return the running task's number or, outside a loop, the thread's: below 0."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return number_of(task) if task else -threading.get_ident()


def line_that_awaits() -> str:
    """The script's innermost line that awaits what calls this, ``file:number``.

    "" if there is none: a task may run a library's coroutine directly, as in
    ``gather(client.get(...))``.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_flags & AWAITING == 0:
        frame = frame.f_back  # these are the probe's own
    while frame and frame.f_code.co_flags & AWAITING:
        file = _script_file(frame)
        if file:
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def line_that_calls() -> str:
    """The script's innermost line that waits for what calls this, ``file:number``."""
    frame: FrameType | None = sys._getframe(1)
    while frame:
        file = _script_file(frame)
        if file:
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _script_file(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    file = _script_file_by_path.get(path)
    if file is None:
        file = "" if LIBRARY_PATHS.match(path) else os.path.basename(path)
        _script_file_by_path[path] = file
    return file

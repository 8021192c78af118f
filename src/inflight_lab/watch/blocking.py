"""Which of a script's lines keeps its event loop from running: a thread looks at long callbacks."""

from __future__ import annotations

import functools
import os
import re
import sys
import sysconfig
import time
from _thread import get_ident, start_new_thread
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

LOOK, LONG = 0.01, 0.02
"""Seconds between two looks, and from which on a callback counts as long."""

CLIENTS = ("asyncio", "anyio", "httpx", "httpx2", "httpcore", "httpcore2", "h11", "httpx_aiohttp", "aiohttp")
"""What they do for a request is no fault of the script's, unless they do it synchronously."""
STDLIB = re.escape(sysconfig.get_path("stdlib"))
INSTALLED = re.compile(rf"(?:.*[/\\](?:site|dist)-packages|{STDLIB})[/\\](?P<library>\w+)")
SYNCHRONOUS = re.compile(r".*[/\\]_?sync(?:[/\\]|\.py)")
HERE = os.path.dirname(os.path.abspath(__file__))

_running: dict[int, tuple[float, list[str]]] = {}
"""By thread: since when a callback runs there, and in which lines it was seen."""
_looking_in = 0  # the process that has a looking thread: one that was forked has none


def timed(run: Callable[[Any], None], note: Callable[..., None]) -> Callable[[Any], None]:
    """``run``, which runs a callback for an event loop; a long one is noted with the script's line."""

    @functools.wraps(run)
    def run_and_time(handle: Any) -> None:
        thread, began, lines = get_ident(), time.perf_counter(), list[str]()
        _running[thread] = began, lines
        try:
            run(handle)
        finally:
            _running.pop(thread, None)
        if lines and (took := time.perf_counter() - began) > LONG:
            line, times = Counter(lines).most_common(1)[0]
            if line:
                note("stood still", took * times / len(lines), line)

    return run_and_time


def start_looking() -> None:
    """Look at what runs in this process, from now on."""
    global _looking_in
    if _looking_in != os.getpid():
        _looking_in = os.getpid()
        start_new_thread(_look, ())  # not `threading`: a script may wait until its own threads have ended


def _look() -> None:
    while True:
        time.sleep(LOOK)
        for thread, (began, lines) in list(_running.items()):
            if time.perf_counter() - began > LOOK:
                lines.append(line_of(sys._current_frames().get(thread)))


def line_of(frame: FrameType | None) -> str:
    """The script's line that is running, as ``file:line``; "" while a client awaits or does its own work."""
    synchronous = False
    while frame is not None:
        file = frame.f_code.co_filename
        synchronous = synchronous or SYNCHRONOUS.match(file) is not None
        installed, mine = INSTALLED.match(file), file.startswith(HERE)
        if (mine or (installed and installed["library"] in CLIENTS)) and not synchronous:
            return ""
        if not (installed or mine or file.startswith("<")):
            return f"{os.path.basename(file)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""

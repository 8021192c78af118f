"""Which of the script's lines is running."""

import os
import sys

from inflight_lab.watch.blocking import LIBRARY_PATHS

MAX_FRAMES = 8
"""How far up it is looked for: it is paid for in the watched script."""


def script_line() -> str:
    """The script's line that called, ``file:number``; "" if it is not close."""
    frame = sys._getframe(1)
    for _ in range(MAX_FRAMES):
        code = frame.f_code
        if not LIBRARY_PATHS.match(code.co_filename):
            return f"{os.path.basename(code.co_filename)}:{frame.f_lineno}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""

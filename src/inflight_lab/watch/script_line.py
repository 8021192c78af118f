"""Which of the script's lines is running."""

import os
import sys
from types import FrameType

from inflight_lab.watch.blocking import CALLBACK_CODE, LIBRARY_PATHS, RUNNER_CODE

_script_file_by_path: dict[str, str] = {}
"""A script's file without its folders; "" for the path of a library."""


def script_line() -> str:
    """The script's innermost line that called or awaits this, ``file:number``.

    "" if there is none: an event loop may run a library's code directly, as in
    ``gather(client.get(...))``.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame:
        code = frame.f_code
        if code is CALLBACK_CODE or code is RUNNER_CODE:
            return ""
        file = _script_file(code.co_filename)
        if file:
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def is_of_the_script(frame: FrameType) -> bool:
    """Whether the script's own code runs there, and not that of a library."""
    return bool(_script_file(frame.f_code.co_filename))


def _script_file(path: str) -> str:
    file = _script_file_by_path.get(path)
    if file is None:
        file = "" if LIBRARY_PATHS.match(path) else os.path.basename(path)
        _script_file_by_path[path] = file
    return file

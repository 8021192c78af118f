"""After practice: which of the script's files now hold practice answers."""

import os
import sys
import tempfile
from pathlib import Path

from inflight_lab.watch.opened import last_change
from inflight_lab.watch.request_log import RequestLog

MAX_NAMED_FILES = 10
"""How many files the warning names."""
NOT_RESULTS = [
    tempfile.gettempdir(),
    sys.prefix,
    sys.base_prefix,
    "/dev",
    "/proc",
    "/sys",
]
"""Folders whose files are no results, unless a script is run in there."""
PACKAGE_FOLDERS = {"__pycache__", "site-packages", "dist-packages"}


def warn_of_practice_answers(log: RequestLog, script: Path, here: Path) -> list[str]:
    """Two sentences that name the files; nothing if there are none."""
    files = written_files(log, script, here)
    if not files:
        return []
    names = ", ".join(files[:MAX_NAMED_FILES])
    if len(files) > MAX_NAMED_FILES:
        names += f" and {len(files) - MAX_NAMED_FILES} more files"
    return [
        f"Practice answers, not data, are now in {names}. "
        "Do not let a real run go on from there."
    ]


def written_files(log: RequestLog, script: Path, here: Path) -> list[str]:
    """What the script wrote and did not delete, in the order in which it was opened.

    ``here`` is the working directory in which it was started: paths in there are
    relative to it.
    """
    changed_before: dict[str, int] = {}
    for event in log.opened_files:
        changed_before.setdefault(event.path, event.changed)
    ignored = _ignored_folders(script, here)
    files = []
    for name, changed in changed_before.items():
        path = Path(name)
        if _was_written(path, changed) and not _is_ignored(path, ignored):
            shown = path.relative_to(here) if path.is_relative_to(here) else path
            files.append(str(shown))
    return files


def _was_written(path: Path, changed: int) -> bool:
    return os.path.isfile(path) and last_change(str(path)) != changed


def _is_ignored(path: Path, folders: list[Path]) -> bool:
    real = path.resolve()
    return not PACKAGE_FOLDERS.isdisjoint(real.parts) or any(
        real.is_relative_to(folder) for folder in folders
    )


def _ignored_folders(script: Path, here: Path) -> list[Path]:
    """The folders in NOT_RESULTS without the script and the working directory."""
    own = [script.resolve(), here.resolve()]
    folders = [Path(os.path.realpath(folder)) for folder in NOT_RESULTS]
    return [
        folder
        for folder in folders
        if not any(path.is_relative_to(folder) for path in own)
    ]

"""After practice: which files near the script changed, whoever wrote to them.

The hook in the script's process (see `opened`) does not see what a library in Rust or
C++ opens, as for Parquet, or what a program writes that the script starts.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from inflight_lab.watch.opened import last_change

MAX_FILES = 10_000
"""How many files are looked at."""
PACKAGE_FOLDERS = {"__pycache__", "site-packages", "dist-packages"}


def files_changed_nearby(folder: Path, began: float) -> list[Path]:
    """Files in a folder, and one level below, that changed since the Unix time."""
    changed = []
    for path in islice(_files_in(folder, levels=2), MAX_FILES):
        if last_change(str(path)) > began * 1e9:
            changed.append(path)
    return sorted(changed)


def _files_in(folder: Path, *, levels: int) -> Iterator[Path]:
    """Files that are not hidden; those of the folder itself come first."""
    subfolders = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in PACKAGE_FOLDERS:
                continue
            if entry.is_file():
                yield Path(entry)
            elif entry.is_dir():
                subfolders.append(Path(entry))
    for subfolder in subfolders if levels > 1 else []:
        yield from _files_in(subfolder, levels=levels - 1)

"""In practice: what the script changes is first copied to a folder, which can undo it.

Seen is what Python opens, renames or deletes itself, and what `sqlite3` connects to.
Not seen is what other code opens, such as a library in Rust or C++, another process, or
SQLite for the statement ``ATTACH``.

Before a file or a folder changes for the first time, a copy of it is made, and a line
that brings it back is appended to a list.  Executed from the last line to the first,
the list takes everything back, renamed folders too.
"""

import itertools
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import unquote

NAME = "before-practice"
WRITING = os.O_WRONLY | os.O_RDWR
DELETING = ("os.remove", "os.rmdir", "shutil.rmtree")
"""The audit events whose first argument will be gone."""
WITH_A_DATABASE = ("", "-wal", "-journal")
"""SQLite reads these files together."""
NO_RESULTS = {"site-packages", "dist-packages", "__pycache__"}
"""Folders of caches and packages."""
SCRATCH = os.path.realpath(tempfile.gettempdir())
LIST = "list.sh"
UNDO = "undo.sh"
FROM_THE_LAST_LINE = "awk '{line[NR] = $0} END {for (i = NR; i; i--) print line[i]}'"
MAX_NAMED = 5


class KeptFiles:
    """What the script changes, and copies of what was there before.

    ``here`` is the folder in which the script was started.
    """

    def __init__(self, here: Path) -> None:
        self._here = here
        self._folder: Path | None = None
        """Has the copies, and the commands that bring them back."""
        self._copied: dict[Path, bool] = {}
        """Whether there is a copy of each that changed; else it is new."""
        self._lock = threading.Lock()
        self._own = threading.local()
        """Has ``is_looking`` in a thread that is in here: its events are our own."""

    def watch(self) -> None:
        """Begin, for as long as this process lasts."""
        sys.addaudithook(self._audit)

    def words(self) -> list[str]:
        """How to undo what was practised; nothing if there is nothing to undo."""
        self._own.is_looking = True
        if not self._folder:
            return []
        names = [
            os.path.relpath(path, self._here)
            for path, is_copied in self._copied.items()
            if is_copied or os.path.lexists(path)
        ]
        if not names:
            shutil.rmtree(self._folder)
            return []
        shown = ", ".join(names[:MAX_NAMED])
        if names[MAX_NAMED:]:
            shown += f" and {len(names) - MAX_NAMED} more"
        undo = os.path.relpath(self._folder / UNDO, self._here)
        return [
            f"Practice answers may be in {shown}. Before a real run, make all files as "
            f"they were:\n  sh {quote(undo)}"
        ]

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._own, "is_looking", False):
            return
        self._own.is_looking = True
        try:
            with self._lock:
                for path in _changed_by(event, arguments):
                    self._keep(path)
        finally:
            self._own.is_looking = False

    def _keep(self, path: Path) -> None:
        """Copy what is there, once, before it changes.

        Raises ``OSError`` if it cannot be copied.
        """
        if _is_no_result(path):
            return
        if any(each in self._copied for each in (path, *path.parents)):
            return  # it is copied, or is in a folder that is new or copied
        if self._folder is None:
            self._folder = _new_folder(self._here)
        copy = self._folder / f"{os.getpid()}-{len(self._copied)}"  # a fork has others
        is_there = os.path.lexists(path)
        restore = f"rm -rf {quote(str(path))}"
        if is_there:
            _copy(path, copy)
            restore += f"; mv {quote(str(copy))} {quote(str(path))}"
        with (self._folder / LIST).open("a") as file:  # at once: it may be killed
            file.write(f"{restore}\n")
        self._copied[path] = is_there


def _changed_by(event: str, arguments: tuple[Any, ...]) -> Iterator[Path]:
    """What an audit event is about to change."""
    if event == "open":
        name, _, flags = arguments
        is_a_file = isinstance(name, str | bytes | os.PathLike)  # no open descriptor
        if is_a_file and isinstance(flags, int) and flags & WRITING:
            yield Path(os.path.realpath(os.fsdecode(name)))
    elif event == "sqlite3.connect":
        yield from _files_of_a_database(os.fsdecode(arguments[0]))
    elif event == "os.rename":
        yield _path_of(arguments[0])
        yield _path_of(arguments[1])
    elif event == "os.mkdir" and not os.path.lexists(arguments[0]):
        yield _path_of(arguments[0])
    elif event in DELETING and arguments[1] in (-1, None):
        # Else it is relative to a folder that `shutil.rmtree` deletes as a whole.
        yield _path_of(arguments[0])


def _files_of_a_database(address: str) -> Iterator[Path]:
    if address == ":memory:":
        return
    if address.startswith("file:"):
        address = unquote(address.removeprefix("file:").partition("?")[0])
    file = Path(os.path.realpath(address))
    for ending in WITH_A_DATABASE:
        yield file.with_name(file.name + ending)


def _path_of(name: str | bytes | os.PathLike[Any]) -> Path:
    """Its absolute path; the last part of it may be a link, which changes itself."""
    above, last = os.path.split(os.path.abspath(os.fsdecode(name)))
    return Path(os.path.realpath(above), last)


def _new_folder(above: Path) -> Path:
    """A folder with the command that takes everything back, and then itself."""
    for number in itertools.count(1):
        folder = above / f"{NAME}-{number}"
        with suppress(FileExistsError):
            folder.mkdir()
            break
    name = quote(str(folder))
    undo = f"set -e\n{FROM_THE_LAST_LINE} {name}/{LIST} | sh -e\nrm -r {name}\n"
    (folder / UNDO).write_text(undo)
    return folder


def _copy(path: Path, copy: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.copytree(path, copy, symlinks=True)
    else:
        shutil.copy2(path, copy, follow_symlinks=False)


def _is_no_result(file: Path) -> bool:
    if file.exists() and not file.is_file() and not file.is_dir():
        return True  # a pipe keeps nothing
    if not NO_RESULTS.isdisjoint(file.parts) or file.is_relative_to("/dev"):
        return True
    # `tempfile` makes such names; the script chose /tmp/results.jsonl itself.
    return file.is_relative_to(SCRATCH) and file.name.startswith("tmp")

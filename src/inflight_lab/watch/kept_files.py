"""In practice: files that the script writes to are copied aside before it does.

Seen is what Python opens, renames or deletes itself, and SQLite through `sqlite3`.  Not
seen is what other code opens, such as a library in Rust or C++.
"""

import os
import shutil
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR
ENDING = ".before-practice"
MAX_NAMED = 10
PLACE_OF_PATH = {"sqlite3.connect": 0, "os.rename": 1, "os.remove": 0, "os.truncate": 0}
"""In the arguments of an audit event: the path of the file that it changes."""
NO_RESULTS = ("site-packages", "dist-packages", "__pycache__")
"""Folders of caches and packages."""


class KeptFiles:
    """What the script writes to, and copies of what was there before.

    ``here`` is the folder in which the script was started.
    """

    def __init__(self, here: Path) -> None:
        self._here = here
        self._copies: dict[Path, Path | None] = {}
        """By the file that was written to: its copy, or None if it is new."""
        self._emptied: set[Path] = set()
        """Those of which nothing was left before something new was written."""
        self._own = threading.local()
        """Has ``is_looking`` in a thread that is in here: its events are our own."""
        self._scratch = tempfile.gettempdir()

    def watch(self) -> None:
        """Begin, for as long as this process lasts."""
        sys.addaudithook(self._audit)

    def words(self) -> list[str]:
        """What to know about the files at the end; a copy that nobody needs is deleted.

        A file that is as it was before is not named.
        """
        self._own.is_looking = True
        named = [
            words
            for file, copy in self._copies.items()
            if (words := self._of(file, copy))
        ]
        if not named:
            return []
        shown = ", ".join(named[:MAX_NAMED])
        if len(named) > MAX_NAMED:
            shown += f" and {len(named) - MAX_NAMED} more files"
        return [
            f"Practice answers may be in: {shown}. Before a real run, delete what was "
            f"made, and rename what ends in {ENDING} back."
        ]

    def _of(self, file: Path, copy: Path | None) -> str:
        name = _relative(file, self._here)
        if copy is None:
            return f"{name} (made)" if file.exists() and file.stat().st_size else ""
        if file.exists() and _same(file, copy):
            copy.unlink()
            return ""
        was = "replaced" if file in self._emptied else "changed"
        return f"{name} ({was}; as it was: {_relative(copy, self._here)})"

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._own, "is_looking", False):
            return
        path: Any = None
        is_emptied = event in ("os.rename", "os.remove")
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & WRITING:
                return
            is_emptied = bool(flags & os.O_TRUNC)
        elif event in PLACE_OF_PATH:
            path = arguments[PLACE_OF_PATH[event]]
        if isinstance(path, str | bytes | os.PathLike):
            # A name that cannot be opened: the script hears about that from Python.
            self._own.is_looking = True
            with suppress(OSError, ValueError):
                self._keep(_path_of(os.fsdecode(path)), is_emptied)
            self._own.is_looking = False

    def _keep(self, file: Path, is_emptied: bool) -> None:
        if self._is_no_result(file):
            return
        if is_emptied:
            self._emptied.add(file)
        if file in self._copies:
            return
        self._copies[file] = None
        if file.is_file() and file.stat().st_size:
            self._copies[file] = Path(shutil.copy2(file, _free_name(file)))
        wal = file.with_name(f"{file.name}-wal")
        if wal.exists():
            self._keep(wal, is_emptied=False)

    def _is_no_result(self, file: Path) -> bool:
        if not set(NO_RESULTS).isdisjoint(file.parts) or file.is_relative_to("/dev"):
            return True
        if file.name == ":memory:" or _is_our_output(file):
            return True
        # `tempfile` makes such names; the script chose /tmp/results.jsonl itself.
        is_scratch = file.is_relative_to(self._scratch)
        return is_scratch and file.name.startswith("tmp")


def _path_of(name: str) -> Path:
    """The absolute path of a file; SQLite also takes ``file:results.db?mode=rwc``."""
    return Path(os.path.abspath(name.removeprefix("file:").partition("?")[0]))


def _free_name(file: Path) -> Path:
    """A name beside it that no earlier copy has."""
    copy = file.with_name(file.name + ENDING)
    number = 2
    while copy.exists():
        copy = file.with_name(f"{file.name}{ENDING}-{number}")
        number += 1
    return copy


def _same(file: Path, copy: Path) -> bool:
    """Whether nothing was written since it was copied."""
    now, then = file.stat(), copy.stat()
    return (now.st_mtime_ns, now.st_size) == (then.st_mtime_ns, then.st_size)


def _is_our_output(file: Path) -> bool:
    """Whether the shell sent our output there, and with it the script's."""
    with suppress(OSError):
        return any(os.path.samestat(file.stat(), os.fstat(number)) for number in (1, 2))
    return False


def _relative(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder) if file.is_relative_to(folder) else file)

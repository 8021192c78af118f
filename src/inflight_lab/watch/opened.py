"""In practice, in the watched script's own process: notes the files it writes to.

Seen is what Python opens itself: by `open`, `os.open` and `sqlite3`, and what is then
renamed.  Not seen is what other code opens, such as a library in Rust or C++, or a
program that the script starts: see `nearby_files`.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from inflight_lab.watch.events import Note, OpenedFile

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR


class OpenedFiles:
    """An audit hook that notes each file once, by its path, before it is changed.

    Whether it is changed later cannot be seen here: `leftovers` looks at the end.
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        self._noted: set[str] = set()
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._opens,
            "sqlite3.connect": self._connects,
            "os.rename": self._renames,
            "tempfile.mkstemp": self._makes_temporary,
        }

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one event of `sys.audit`."""
        handle = self._handlers.get(event)
        if handle is None:
            return
        # A name that cannot be opened: the script hears about that from Python.
        with suppress(Exception):
            handle(*arguments)

    def _opens(self, path: Any, _mode: str | None, flags: int) -> None:
        is_open_already = isinstance(path, int)
        if flags & WRITE_FLAGS and not is_open_already:
            self._note_once(_absolute(path))

    def _connects(self, database: Any) -> None:
        self._note_once(_database(database))

    def _renames(self, source: Any, target: Any, *_folders: int) -> None:
        if _absolute(source) in self._noted:
            self._note_once(_absolute(target))

    def _makes_temporary(self, path: Any) -> None:
        """A file of `tempfile`: it counts only where it is renamed to."""
        import tempfile  # is loaded already: it made the file

        if os.path.dirname(path) == tempfile.gettempdir():
            self._noted.add(_absolute(path))

    def _note_once(self, path: str) -> None:
        if path not in self._noted:
            self._noted.add(path)
            self._note(OpenedFile, path, last_change(path))


def last_change(path: str) -> int:
    """When a file was last changed, in nanoseconds; 0 if there is none.

    SQLite may keep what is new in a database in a second file, its write-ahead log.
    """
    return max(_modified(path), _modified(f"{path}-wal"))


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0


def _absolute(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))


def _database(name: Any) -> str:
    """The file of a database whose name is a path, or ``file:results.db?mode=rwc``."""
    path, _, _ = os.fsdecode(name).removeprefix("file:").partition("?")
    return _absolute(path)

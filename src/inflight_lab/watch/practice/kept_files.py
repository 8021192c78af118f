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
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import unquote

NAME = "before-practice"
WRITING = os.O_WRONLY | os.O_RDWR
CHANGES = {
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
}
"""By audit event: where among its arguments a file stands that changes, and where the
descriptor of the folder that its name is relative to."""
MAKING = ("os.mkdir", "os.link", "os.symlink")
"""They change nothing where something is already."""
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
        changed = [
            path
            for path, is_copied in self._copied.items()
            if is_copied or os.path.lexists(path)
        ]
        if not changed:
            shutil.rmtree(self._folder)
            return []
        names = [os.path.relpath(path, self._here) for path in changed]
        shown = ", ".join(names[:MAX_NAMED])
        more = f" and {len(names) - MAX_NAMED} more" if names[MAX_NAMED:] else ""
        undo = os.path.relpath(self._folder / UNDO, self._here)
        return [
            f"Practice answers may be in {shown}{more}. Before a real run, bring back "
            f"what was there:\n  sh {quote(undo)}"
        ]

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._own, "is_looking", False):
            return
        self._own.is_looking = True
        try:
            with self._lock:
                self._look(event, arguments)
        finally:
            self._own.is_looking = False

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & WRITING:
                self._keep(_path_of(path, follow=True))
        elif event == "os.truncate":
            self._keep(_path_of(arguments[0], follow=True))
        elif event == "sqlite3.connect":
            self._keep_database(arguments[0])
        for name, folder in CHANGES.get(event, ()):
            path = _path_of(arguments[name], arguments[folder])
            if event not in MAKING or (path and not os.path.lexists(path)):
                self._keep(path)

    def _keep_database(self, path: Any) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str) and path.startswith("file:"):
            path = unquote(path.removeprefix("file:").partition("?")[0])
        file = _path_of(path, follow=True)
        if file and file.name != ":memory:":
            for ending in WITH_A_DATABASE:
                self._keep(file.with_name(file.name + ending))

    def _keep(self, path: Path | None) -> None:
        """Copy what is there, once, before it changes.

        Raises ``OSError`` if it cannot be copied.
        """
        if path is None or _is_no_result(path):
            return
        if any(each in self._copied for each in (path, *path.parents)):
            return  # it is copied, or is in a folder that is new or copied
        if self._folder is None:
            self._folder = self._new_folder()
        copy = self._folder / f"{os.getpid()}-{len(self._copied)}"  # a fork has others
        is_there = os.path.lexists(path)
        if is_there:
            _copy(path, copy)
        restore = f"; mv {quote(str(copy))} {quote(str(path))}" if is_there else ""
        with (self._folder / LIST).open("a") as file:  # at once: it may be killed
            file.write(f"rm -rf {quote(str(path))}{restore}\n")
        self._copied[path] = is_there

    def _new_folder(self) -> Path:
        """A folder with the command that takes everything back, and then itself."""
        above = self._here
        if not os.access(above, os.W_OK):
            above = Path(SCRATCH)
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
    if copy.is_relative_to(path):
        raise OSError(f"--practice: {path} stays, because it holds the copies")
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.copytree(path, copy, symlinks=True)
        else:
            shutil.copy2(path, copy, follow_symlinks=False)
    except OSError as error:
        why = f"--practice: it stays, because no copy of it can be made: {error}"
        raise OSError(error.errno, why, str(path)) from error


def _path_of(
    name: Any, folder: int | None = -1, *, follow: bool = False
) -> Path | None:
    """The absolute path of a file, whose last part is followed if it is a link.

    None for what Python will not open.  ``folder`` is the descriptor of the folder that
    the name is relative to.
    """
    if not isinstance(name, str | bytes | os.PathLike):
        return None  # a descriptor: seen when it was opened
    path = os.fsdecode(name)
    if folder is not None and folder >= 0:
        path = os.path.join(f"/dev/fd/{folder}", path)
    with suppress(ValueError, OSError):
        if follow:
            return Path(os.path.realpath(path))
        above, last = os.path.split(os.path.abspath(path))
        return Path(os.path.realpath(above), last)
    return None


def _is_no_result(file: Path) -> bool:
    if os.path.exists(file) and not (os.path.isfile(file) or os.path.isdir(file)):
        return True  # a pipe keeps nothing
    if not NO_RESULTS.isdisjoint(file.parts) or file.is_relative_to("/dev"):
        return True
    # `tempfile` makes such names; the script chose /tmp/results.jsonl itself.
    if file.is_relative_to(SCRATCH) and file.name.startswith("tmp"):
        return True
    with suppress(OSError, ValueError):  # the shell may send our own output there
        return any(os.path.samestat(file.stat(), os.fstat(number)) for number in (1, 2))
    return False

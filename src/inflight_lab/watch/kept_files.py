"""In practice: what the script changes is first copied to a folder, which can undo it.

Seen is what Python opens, renames or deletes itself, and SQLite through `sqlite3`.  Not
seen is what other code opens, such as a library in Rust or C++, or another process.
"""

import itertools
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
from contextlib import suppress
from functools import partial
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
ATTACH = re.compile(r"""\s*attach\s+(?:database\s+)?(['"])(.*?)\1""", re.I | re.S)
WITH_A_DATABASE = ("", "-wal", "-journal")
"""SQLite reads these files together."""
NO_RESULTS = {"site-packages", "dist-packages", "__pycache__"}
"""Folders of caches and packages."""
SCRATCH = os.path.realpath(tempfile.gettempdir())
UNDO = "undo.sh"
FOLDERS = "folders.sh"
"""Is executed first, so that each file finds its folder."""
MAX_NAMED = 5


class KeptFiles:
    """What the script changes, and copies of what was there before.

    ``here`` is the folder in which the script was started.
    """

    def __init__(self, here: Path) -> None:
        self._here = here
        self._begin()

    def _begin(self) -> None:
        """Nothing is kept yet; a fork has a folder of its own."""
        self._folder: Path | None = None
        """Has the copies, and the commands that bring them back."""
        self._files: dict[Path, bool] = {}
        """Whether there is a copy of each; else it is new."""
        self._folders: set[Path] = set()
        """Those that were moved or removed; what was in them counts for itself."""
        self._lock = threading.Lock()
        self._own = threading.local()
        """Has ``is_looking`` in a thread that is in here: its events are our own."""

    def watch(self) -> None:
        """Begin, for as long as this process lasts."""
        sys.addaudithook(self._audit)
        os.register_at_fork(after_in_child=self._begin)
        connect = partial(self._connect_and_look, sqlite3.connect)
        for module in (sqlite3, sqlite3.dbapi2):
            setattr(module, "connect", connect)  # noqa: B010

    def words(self) -> list[str]:
        """How to undo what was practised; nothing if there is nothing to undo."""
        self._own.is_looking = True
        if not self._folder:
            return []
        changed = [file for file, copied in self._files.items() if copied]
        changed += [file for file in self._files if os.path.lexists(file)]
        changed += [folder for folder in self._folders if not folder.exists()]
        if not changed:
            shutil.rmtree(self._folder)
            return []
        self._undo(f"rm -r {quote(str(self._folder))}")
        names = [os.path.relpath(file, self._here) for file in dict.fromkeys(changed)]
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
                self._keep(_path_of(path, follow=True), event)
        elif event == "os.truncate":
            self._keep(_path_of(arguments[0], follow=True), event)
        elif event == "sqlite3.connect":
            self._keep_database(arguments[0])
        for name, folder in CHANGES.get(event, ()):
            self._keep(_path_of(arguments[name], arguments[folder]), event)

    def _keep_database(self, path: Any) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str) and path.startswith("file:"):
            path = unquote(path.removeprefix("file:").partition("?")[0])
        file = _path_of(path, follow=True)
        if file and file.name != ":memory:":
            for ending in WITH_A_DATABASE:
                self._keep(file.with_name(file.name + ending), "open")

    def _connect_and_look(self, connect: Any, *given: Any, **more: Any) -> Any:
        """What is attached is seen in a statement, before it is executed."""
        connection = connect(*given, **more)
        connection.set_trace_callback(self._attach)
        return connection

    def _attach(self, statement: str) -> None:
        if found := ATTACH.match(statement):
            self._audit("sqlite3.connect", (found[2].replace(found[1] * 2, found[1]),))

    def _keep(self, file: Path | None, event: str) -> None:
        """Copy what is there, once, before ``event`` changes it.

        Raises ``OSError`` if it cannot be copied.
        """
        if file is None or _is_no_result(file):
            return
        if any(each in self._files for each in (file, *file.parents)):
            return  # it is copied, or is in a new folder
        if os.path.isdir(file) and not os.path.islink(file):
            self._keep_folder(file, event)
        elif file not in self._folders:
            restore = self._copy(file)
            self._undo(f"rm -rf {quote(str(file))}{restore}")
            self._files[file] = bool(restore)

    def _keep_folder(self, folder: Path, event: str) -> None:
        """Only if it goes; its files are seen as they are removed, but not if moved."""
        if event in ("os.rename", "os.rmdir"):
            name = quote(str(folder))
            self._folders.add(folder)
            self._undo(f"test -d {name} || rm -f {name}; mkdir -p {name}", FOLDERS)
        if event == "os.rename":
            for file in folder.iterdir():
                self._keep(file, event)

    def _copy(self, file: Path) -> str:
        """Copy a file, if there is one.  Returns how the command to undo goes on."""
        if not (os.path.isfile(file) or os.path.islink(file)):
            return ""
        copy = self._made_folder() / str(len(self._files))
        try:
            shutil.copy2(file, copy, follow_symlinks=False)
        except OSError as error:
            why = f"--practice: it stays, because no copy of it can be made: {error}"
            raise OSError(error.errno, why, str(file)) from error
        return f"; mv {quote(str(copy))} {quote(str(file))}"

    def _undo(self, command: str, script: str = UNDO) -> None:
        """Note it at once: the script may be killed."""
        with open(self._made_folder() / script, "a", encoding="utf-8") as file:
            file.write(command + "\n")

    def _made_folder(self) -> Path:
        if self._folder is None:
            above = self._here if os.access(self._here, os.W_OK) else Path(SCRATCH)
            self._folder = _new_folder(above)
            self._undo("", FOLDERS)
            self._undo(f"set -e\n. {quote(str(self._folder / FOLDERS))}")
        return self._folder


def _new_folder(above: Path) -> Path:
    for number in itertools.count(1):
        folder = above / f"{NAME}-{number}"
        with suppress(FileExistsError):
            folder.mkdir()
            break
    return folder


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

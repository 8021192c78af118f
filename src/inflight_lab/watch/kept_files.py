"""In practice: files that the script writes to are copied aside before it does.

Seen is what Python opens, renames or deletes itself, and SQLite through `sqlite3`.  Not
seen is what other code opens, such as a library in Rust or C++, or another process.
"""

import filecmp
import os
import re
import shlex
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

WRITING = os.O_WRONLY | os.O_RDWR
ENDING = ".before-practice"
NO_RESULTS = ("site-packages", "dist-packages", "__pycache__")
"""Folders of caches and packages."""
ATTACH = re.compile(r"""\s*attach\s+(?:database\s+)?(['"])(.*?)\1""", re.I | re.S)
BESIDE_A_DATABASE = ("-wal", "-journal")
"""SQLite reads these files with the database, so they come back with it."""


class KeptFiles:
    """What the script writes to, and copies of what was there before.

    ``here`` is the folder in which the script was started.
    """

    def __init__(self, here: Path) -> None:
        self._here = here
        self._copies: dict[Path, Path | None] = {}
        """By file or folder: its copy, or None if it is new."""
        self._emptied: set[Path] = set()
        """Those of which nothing was left before something new was written."""
        self._own = threading.local()
        """Has ``is_looking`` in a thread that is in here: its events are our own."""
        self._scratch = os.path.realpath(tempfile.gettempdir())

    def watch(self) -> None:
        """Begin, for as long as this process lasts."""
        sys.addaudithook(self._audit)
        connect = partial(self._connect_and_look, sqlite3.connect)
        for module in (sqlite3, sqlite3.dbapi2):
            setattr(module, "connect", connect)  # noqa: B010

    def words(self) -> list[str]:
        """How to undo what was practised; a copy that nobody needs is deleted.

        A file that is as it was before is not named.
        """
        self._own.is_looking = True
        opened = _open_files()
        commands = [
            command
            for file, copy in self._copies.items()
            for command in self._undo(file, copy, opened)
        ]
        if not commands:
            return []
        first = (
            "Practice answers may be in the files below. Before a real run, have all "
            f"as it was; what ends in {ENDING} is a copy from before:"
        )
        return ["\n  ".join([first, *commands])]

    def _undo(
        self, file: Path, copy: Path | None, opened: set[tuple[int, int]] | None
    ) -> list[str]:
        """The commands of a shell that bring it back."""
        name = self._quoted(file)
        if copy is None:
            if _is_folder(file):
                has_files = any(files for _, _, files in os.walk(file))
                return [f"rm -r {name}  # made"] if has_files else []
            is_there = os.path.lexists(file) and file.lstat().st_size
            return [f"rm -f {name}  # made"] if is_there else []
        is_open = opened is None or (os.path.exists(file) and _id(file) in opened)
        is_same = _same(file, copy)
        if is_same and not is_open:
            shutil.rmtree(copy) if _is_folder(copy) else copy.unlink()
            return []
        if not os.path.lexists(file):
            became = "removed"
        elif is_same:
            became = "still open"
        else:
            became = "replaced" if file in self._emptied else "changed"
        commands = [f"mv -f {self._quoted(copy)} {name}  # {became}"]
        if _is_folder(file):
            commands.insert(0, f"rm -r {name}")
        first_copy = file.with_name(file.name + ENDING)
        if copy != first_copy:
            earlier = self._quoted(first_copy)
            commands.append(f"# {earlier} is from an earlier practice run")
        return commands

    def _quoted(self, file: Path) -> str:
        is_here = file.is_relative_to(self._here)
        return shlex.quote(str(file.relative_to(self._here) if is_here else file))

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._own, "is_looking", False):
            return
        look = LOOKS.get(event)
        if look:
            self._own.is_looking = True
            try:
                look(self, *arguments)
            finally:
                self._own.is_looking = False

    def _open(self, path: Any, _: Any, flags: Any) -> None:
        if isinstance(flags, int) and flags & WRITING:
            is_emptied = bool(flags & os.O_TRUNC)
            self._keep(_path_of(path, follow=True), is_emptied=is_emptied)

    def _rename(self, path: Any, to: Any, folder: int, to_folder: int) -> None:
        self._keep(_path_of(path, folder), is_emptied=True)
        self._keep(_path_of(to, to_folder), is_emptied=True)

    def _remove(self, path: Any, folder: int = -1) -> None:
        self._keep(_path_of(path, folder), is_emptied=True)

    def _make_folder(self, path: Any, _: int, folder: int) -> None:
        file = _path_of(path, folder)
        if file and not os.path.lexists(file):
            self._keep(file)

    def _truncate(self, path: Any, _: int) -> None:
        self._keep(_path_of(path, follow=True))

    def _connect(self, path: Any) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str) and path.startswith("file:"):
            path = unquote(path.removeprefix("file:").partition("?")[0])
        file = _path_of(path, follow=True)
        if file and file.name != ":memory:":
            self._keep(file)
            for ending in BESIDE_A_DATABASE:
                self._keep(file.with_name(file.name + ending))

    def _connect_and_look(self, connect: Any, *given: Any, **more: Any) -> Any:
        """What is attached is seen in a statement, before it is executed."""
        connection = connect(*given, **more)
        connection.set_trace_callback(self._attach)
        return connection

    def _attach(self, statement: str) -> None:
        if found := ATTACH.match(statement):
            self._audit("sqlite3.connect", (found[2].replace(found[1] * 2, found[1]),))

    def _keep(self, file: Path | None, *, is_emptied: bool = False) -> None:
        """Copy what is there, once.  Raises ``OSError`` if it cannot be copied."""
        if file is None or self._is_no_result(file):
            return
        if any(folder in self._copies for folder in file.parents):
            return  # it was copied with its folder, or is new as that is
        if is_emptied:
            self._emptied.add(file)
        if file in self._copies:
            return
        if not _has_content(file):
            self._copies[file] = None
            return
        copy = _free_name(file)
        try:
            if _is_folder(file):
                shutil.copytree(file, copy, symlinks=True)
                self._tidy(file, copy)
            else:
                shutil.copy2(file, copy, follow_symlinks=False)
        except OSError as error:
            why = f"--practice: it stays, because no copy of it can be made: {error}"
            raise OSError(error.errno, why, str(file)) from error
        self._copies[file] = copy

    def _tidy(self, folder: Path, copy: Path) -> None:
        """In the copy of a folder, undo what was practised in it already."""
        for file in [each for each in self._copies if each.is_relative_to(folder)]:
            inside = copy / file.relative_to(folder)
            kept = self._copies.pop(file)
            if _is_folder(inside):
                shutil.rmtree(inside)
            inside.unlink(missing_ok=True)
            if kept:
                (copy / kept.relative_to(folder)).replace(inside)
                shutil.rmtree(kept) if _is_folder(kept) else kept.unlink()

    def _is_no_result(self, file: Path) -> bool:
        if not set(NO_RESULTS).isdisjoint(file.parts) or file.is_relative_to("/dev"):
            return True
        if _is_our_output(file):
            return True
        # `tempfile` makes such names; the script chose /tmp/results.jsonl itself.
        is_scratch = file.is_relative_to(self._scratch)
        return is_scratch and file.name.startswith("tmp")


LOOKS: dict[str, Callable[..., None]] = {
    "open": KeptFiles._open,
    "os.rename": KeptFiles._rename,
    "os.remove": KeptFiles._remove,
    "os.truncate": KeptFiles._truncate,
    "os.mkdir": KeptFiles._make_folder,
    "shutil.rmtree": KeptFiles._remove,
    "sqlite3.connect": KeptFiles._connect,
}
"""By audit event: what looks at its arguments."""


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


def _has_content(file: Path) -> bool:
    """Whether there is something to copy: an empty folder is not."""
    if _is_folder(file):
        return any(files for _, _, files in os.walk(file))
    return os.path.isfile(file) or os.path.islink(file)


def _is_folder(file: Path) -> bool:
    return os.path.isdir(file) and not os.path.islink(file)


def _free_name(file: Path) -> Path:
    """A name beside it that no earlier copy has."""
    copy = file.with_name(file.name + ENDING)
    number = 2
    while os.path.lexists(copy):
        copy = file.with_name(f"{file.name}.{number}{ENDING}")
        number += 1
    return copy


def _same(file: Path, copy: Path) -> bool:
    """Whether they hold the same."""
    if _is_folder(file) and _is_folder(copy):
        names = sorted(os.listdir(copy))
        return sorted(os.listdir(file)) == names and all(
            _same(file / name, copy / name) for name in names
        )
    if os.path.islink(file) or os.path.islink(copy):
        return os.path.islink(file) and os.readlink(file) == os.readlink(copy)
    are_files = os.path.isfile(file) and os.path.isfile(copy)
    return are_files and filecmp.cmp(file, copy, shallow=False)


def _open_files() -> set[tuple[int, int]] | None:
    """What this process may yet write to; None if that cannot be known."""
    if not os.path.isdir("/dev/fd"):
        return None
    found = set()
    for number in os.listdir("/dev/fd"):
        with suppress(OSError):
            status = os.fstat(int(number))
            found.add((status.st_dev, status.st_ino))
    return found


def _id(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino


def _is_our_output(file: Path) -> bool:
    """Whether the shell sent our output there, and with it the script's."""
    with suppress(OSError, ValueError):
        return any(os.path.samestat(file.stat(), os.fstat(number)) for number in (1, 2))
    return False

"""After practice: which of the script's files now hold practice answers."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from inflight_lab.watch.nearby_files import PACKAGE_FOLDERS, files_changed_nearby
from inflight_lab.watch.opened import last_change
from inflight_lab.watch.request_log import RequestLog

MAX_NAMED_FILES = 10
"""How many files a sentence names."""
DATA_ERRORS = {
    "AttributeError",
    "IndexError",
    "JSONDecodeError",
    "KeyError",
    "TypeError",
    "ValidationError",
    "ValueError",
}
"""What code raises that looks for something else in an answer."""
TEMPORARY = tempfile.gettempdir()
NOT_RESULTS = [TEMPORARY, sys.prefix, sys.base_prefix, "/dev", "/proc", "/sys"]
"""Folders whose files are no results, unless a script is run in there."""
SOURCES = (".py", ".ipynb")
"""What a person edits meanwhile."""
OF_A_RECIPE = "practice-"
"""How the names of results files begin that a recipe writes in practice."""
BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
"""How the files end that SQLite keeps beside a database."""


def warn_of_practice_answers(
    log: RequestLog, script: Path, here: Path, *, began: float
) -> list[str]:
    """Sentences that name the files; nothing if there are none.

    ``began`` is the Unix time at which the script was started.
    """
    files = written_files(log, script, here)
    there_before = _there_before(log, here)
    new = [name for name in files if name not in there_before]
    changed = [name for name in files if name in there_before]
    sentences = []
    if new:
        sentences.append(
            f"Before a real run, delete {_listed(new)}, because this run wrote "
            "practice answers there, not data."
        )
    if changed:
        sentences.append(
            f"Before a real run, delete {_listed(changed)}, or restore what was "
            "there, because this run added practice answers."
        )
    others = _changed_by_others(files, script, here, began=began)
    if others:
        sentences.append(
            "Also changed during the run, by a library or another program: "
            f"{_listed(others)}. Practice answers may be in there, too: look, and "
            "delete them before a real run."
        )
    return sentences


def warn_of_made_up_data(log: RequestLog) -> list[str]:
    """A sentence, if an error over the content of answers ended the script."""
    errors = [event.error for event in log.raised if event.error in DATA_ERRORS]
    was_answered = any(request.is_accepted for request in log.requests)
    if not errors or not was_answered:
        return []
    return [
        f"{errors[0]} ended the script: practice answers hold none of the API's "
        "data. Code that reads their fields may end here, but run with the API."
    ]


def words_on_earlier_practice(log: RequestLog, here: Path) -> list[str]:
    """A sentence, if a recipe sent nothing: it may have all answers already."""
    earlier = [
        name
        for name in sorted(_there_before(log, here))
        if Path(name).name.startswith(OF_A_RECIPE)
    ]
    if len(log) or not earlier:
        return []
    return [
        f"Perhaps nothing was left to do: {_listed(earlier)} already has the answers "
        "of an earlier practice run. Delete it to practise again."
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
            files.append(_shown(path, here))
    return files


def _there_before(log: RequestLog, here: Path) -> set[str]:
    """The files that the script opened and that were there already."""
    changed_before: dict[str, int] = {}
    for event in log.opened_files:
        changed_before.setdefault(event.path, event.changed)
    return {
        _shown(Path(path), here) for path, changed in changed_before.items() if changed
    }


def _changed_by_others(
    written: list[str], script: Path, here: Path, *, began: float
) -> list[str]:
    """What changed near the script, besides what it wrote itself."""
    known = {script}
    for name in written:
        known.add(here / name)
        known.update(here / f"{name}{ending}" for ending in BESIDE_A_DATABASE)
    changed = files_changed_nearby(here, began)
    return [
        _shown(path, here)
        for path in changed
        if path not in known and path.suffix not in SOURCES and not _is_our_output(path)
    ]


def _is_our_output(path: Path) -> bool:
    """Whether the shell sent our output there, and with it the script's."""
    with suppress(OSError):
        file = path.stat()
        return any(os.path.samestat(file, os.fstat(output)) for output in (1, 2))
    return False


def _listed(files: list[str]) -> str:
    names = ", ".join(files[:MAX_NAMED_FILES])
    if len(files) > MAX_NAMED_FILES:
        names += f" and {len(files) - MAX_NAMED_FILES} more files"
    return names


def _shown(path: Path, here: Path) -> str:
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _was_written(path: Path, changed: int) -> bool:
    has_content = os.path.isfile(path) and os.path.getsize(path) > 0
    return has_content and last_change(str(path)) != changed


def _is_ignored(path: Path, folders: list[Path]) -> bool:
    real = path.resolve()
    if not PACKAGE_FOLDERS.isdisjoint(real.parts):
        return True
    if real.parent == Path(TEMPORARY).resolve():
        return False  # such as /tmp/results.jsonl: the script chose this name
    return any(real.is_relative_to(folder) for folder in folders)


def _ignored_folders(script: Path, here: Path) -> list[Path]:
    """The folders in NOT_RESULTS without the script and the working directory."""
    own = [script.resolve(), here.resolve()]
    folders = [Path(os.path.realpath(folder)) for folder in NOT_RESULTS]
    return [
        folder
        for folder in folders
        if not any(path.is_relative_to(folder) for path in own)
    ]

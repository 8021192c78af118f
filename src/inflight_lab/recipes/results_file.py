"""Results: a file with one line for each answer, from which the next start goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from io import FileIO
from typing import Any

from inflight_lab.recipes.progress import Progress
from inflight_lab.recipes.settings import Stop

Record = dict[str, Any]  # an item to ask for; two with the same "key" are one
Outcome = dict[str, Any]  # an item with its "status" and "data", or with its "error"
OF_OUTCOME = {"status", "data", "error"}  # an item must not have these itself
BEGINNING = b'{"key": "'  # of each line
NOT_JSON = (TypeError, ValueError, RecursionError)  # what json.dumps raises


@contextmanager
def open_results(path: str, items: Iterable[Record]) -> Iterator[ResultsFile]:
    """Open a file with the answers so far."""
    with open_file(path) as file, closing(ResultsFile(file, items)) as results:
        yield results


def open_file(path: str) -> FileIO:
    """Open a file, which need not be there yet, to read it and to add to it.

    Under ``inflight-lab watch --practice`` it is another one, beside it: practice
    answers must not count as answers when you run the script for real.
    """
    if os.environ.get("INFLIGHT_LAB_PRACTICE", "0") != "0":
        folder, name = os.path.split(path)
        path = os.path.join(folder, f"practice-{name}")
    try:
        return open(path, "ab+", buffering=0)
    except OSError as error:
        raise Stop(f"cannot open {path}: {error.strerror}") from error


class ResultsFile:
    """The outcomes of all items.  The answers among them are written to the file.

    It may hold answers to other items, which stay there.  Only `read` and `write` know
    what it looks like inside.  To keep the answers in a database, replace these two and
    `close`: notebook 11 has them for SQLite.
    """

    next_start = "The next start asks for these only."

    def __init__(self, file: FileIO, items: Iterable[Record]) -> None:
        self.file = file
        self.name = str(file.name)
        self.given = list(items)  # in order, and some perhaps twice
        self.items = {checked_key(item): item for item in self.given}  # each once
        self.outcomes: dict[str, Outcome] = {}
        self.lock()
        self.read()
        self.progress = Progress(self.total(), done=len(self.outcomes))

    def total(self) -> int | None:
        """How many items there are; None if nobody knows yet."""
        return len(self.items)

    def missing(self) -> list[Record]:
        """The items that have no outcome yet."""
        return [self.items[key] for key in self.items if key not in self.outcomes]

    def answers(self) -> list[Outcome]:
        """The outcomes that are answers."""
        return [each for each in self.outcomes.values() if "error" not in each]

    def in_order(self) -> list[Outcome]:
        """The outcome of each item that was given.

        Items with the same key share the answer.  Each has its own other fields.
        """
        return [self.outcomes[item["key"]] | item for item in self.given]

    def summary(self) -> str:
        """How many answers there are, and where."""
        found, all_items = len(self.answers()), len(self.items)
        return f"{found} of {all_items} have an answer in {self.name}."

    def add(self, item: Record, outcome: Outcome) -> None:
        """Keep the outcome of an item.

        When this returns, an answer is in the file, even if the script is killed next.
        An answer that cannot be written counts as an error, which the report names.
        """
        if "error" not in outcome:
            try:
                key_first = {"key": item["key"]}  # as in `BEGINNING`
                self.write(key_first | item | outcome)
            except NOT_JSON as error:
                outcome = {"error": f"the answer cannot be written as JSON: {error}"}
        self.keep(item | outcome)
        if "error" not in outcome:
            self.progress.advance()

    def keep(self, outcome: Outcome) -> None:
        """Keep an outcome in memory."""
        self.outcomes[outcome["key"]] = outcome

    def write(self, answer: Outcome) -> None:
        """Write a whole line, or nothing.  A date, for example, becomes its text."""
        line = json.dumps(answer, default=str).encode() + b"\n"
        try:
            end = self.file.seek(0, os.SEEK_END)
            written = self.file.write(line)
            if written < len(line):
                self.file.truncate(end)
                raise Stop(f"cannot write to {self.name}: there is no room for more")
        except OSError as error:
            raise Stop(f"cannot write to {self.name}: {error.strerror}") from error

    def close(self) -> None:
        """Close the progress bar.  What is printed from now on stands below it."""
        self.progress.close()

    def lock(self) -> None:
        """Make sure that nobody else writes to the file."""
        if not hasattr(os, "lockf"):  # on Windows
            return
        self.file.seek(0)
        try:
            os.lockf(self.file.fileno(), os.F_TLOCK, 0)
        except (BlockingIOError, PermissionError):
            raise Stop(f"{self.name} is in use: is the script running?") from None
        except OSError as error:
            raise Stop(f"cannot lock {self.name}: {error.strerror}") from error

    def read(self) -> None:
        """Read the answers, and cut off a last line that was not written to its end."""
        self.file.seek(0)
        content = self.file.readall()
        *lines, torn = content.split(b"\n")
        answers = [self.parse(line) for line in lines]
        if not may_be_ours(torn):
            raise self.not_ours()
        self.keep_known(answers)
        self.file.truncate(len(content) - len(torn))

    def keep_known(self, answers: list[Outcome]) -> None:
        """Keep those of the answers that belong to an item."""
        for answer in answers:
            if answer["key"] in self.items:
                self.keep(answer)

    def parse(self, line: bytes) -> Outcome:
        """The answer in a line."""
        try:
            if line.startswith(BEGINNING):
                return dict(json.loads(line))
        except ValueError:
            pass
        raise self.not_ours()

    def not_ours(self) -> Stop:
        """The error for a file that something else has written."""
        return Stop(f"{self.name} holds something else: name another file")


def may_be_ours(torn: bytes) -> bool:
    """Whether a line that was cut short begins as ours do, as far as it goes."""
    shorter = min(len(torn), len(BEGINNING))
    return torn[:shorter] == BEGINNING[:shorter]


def checked_key(item: Record) -> str:
    """The key of an item; raises ``Stop`` if the item cannot be written to the file."""
    key = item.get("key")
    if not isinstance(key, str):
        raise Stop(f'an item must have a text as its "key", got {item!r:.100}')
    taken = sorted(OF_OUTCOME & item.keys())
    if taken:
        raise Stop(f'the item {key} has a field "{taken[0]}": rename it, it is taken')
    try:
        json.dumps(item, default=str)
    except NOT_JSON as error:
        raise Stop(f"the item {key} cannot be written as JSON: {error}") from error
    return key

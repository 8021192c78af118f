"""Results: a file with one line for each answer, from which the next start goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from typing import Any

from inflight_lab.recipes.progress import Progress
from inflight_lab.recipes.settings import Stop

Record = dict[str, Any]  # an item to ask for; two with the same "key" are one
Outcome = dict[str, Any]  # the same, with "status" and "data", or with "error"
BEGINNING = b'{"key": "'  # of each line


@contextmanager
def open_results(path: str, items: Iterable[Record]) -> Iterator[ResultsFile]:
    """Open a file with the answers so far, which need not be there yet."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "ab+", buffering=0))
        except OSError as error:
            raise Stop(f"cannot open {path}: {error.strerror}") from error
        results = ResultsFile(file, items)
        stack.callback(results.progress.close)
        yield results


class ResultsFile:
    """The outcomes of all items.  The answers among them are written to the file.

    It may hold answers to other items, which stay there.
    """

    def __init__(self, file: FileIO, items: Iterable[Record]) -> None:
        self.file = file
        self.given = list(items)
        self.items = {item["key"]: item for item in self.given}
        self.outcomes: dict[str, Outcome] = {}
        self.lock()
        self.read()
        self.progress = Progress(len(self.items), done=len(self.outcomes))

    def missing(self) -> list[Record]:
        """The items that have no outcome yet."""
        return [self.items[key] for key in self.items if key not in self.outcomes]

    def in_order(self) -> list[Outcome]:
        """The outcome of each item that was given; equal ones have the same."""
        return [self.outcomes[item["key"]] | item for item in self.given]

    def add(self, item: Record, outcome: Outcome) -> None:
        """Keep the outcome of an item.

        When this returns, an answer is in the file, even if the script is killed next.
        """
        outcome = item | outcome
        if "error" not in outcome:
            self.write(json.dumps(outcome, default=str).encode() + b"\n")
            self.progress.advance()
        self.outcomes[item["key"]] = outcome

    def write(self, line: bytes) -> None:
        """Write a whole line, or nothing."""
        try:
            end = self.file.seek(0, os.SEEK_END)
            written = self.file.write(line)
            if written < len(line):
                self.file.truncate(end)
                raise Stop(
                    f"cannot write to {self.file.name}: there is no room for more"
                )
        except OSError as error:
            raise Stop(f"cannot write to {self.file.name}: {error.strerror}") from error

    def lock(self) -> None:
        """Make sure that nobody else writes to the file."""
        if not hasattr(os, "lockf"):  # on Windows
            return
        self.file.seek(0)
        try:
            os.lockf(self.file.fileno(), os.F_TLOCK, 0)
        except (BlockingIOError, PermissionError):
            raise Stop(f"{self.file.name} is in use: is the script running?") from None
        except OSError as error:
            raise Stop(f"cannot lock {self.file.name}: {error.strerror}") from error

    def read(self) -> None:
        """Read the answers, and cut off a last line that was not written to its end."""
        self.file.seek(0)
        content = self.file.readall()
        *lines, torn = content.split(b"\n")
        answers = [self.parse(line) for line in lines]
        if not torn.startswith(BEGINNING[: len(torn)]):
            raise self.not_ours()
        for answer in answers:
            if answer["key"] in self.items:
                self.outcomes[answer["key"]] = answer
        self.file.truncate(len(content) - len(torn))

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
        return Stop(f"{self.file.name} holds something else: name another file")

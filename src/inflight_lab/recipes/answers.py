"""AnswerFile: answers in a file, from which the next start goes on.

``answers.add(key, data)`` appends a line, ``{"key": ..., "data": ...}``.
When it returns, the line is there, even if the process is killed next.
``key in answers.kept`` says whether it was written, now or by an earlier start.
``answers.collect`` asks for all that is missing, and says how far it is.  An error
costs its own item.  If all items have one, as with a wrong key, the run ends soon.
"""

import asyncio
import json
import os
import random
from collections.abc import Iterable
from typing import Any, Self

from inflight_lab.runners.patiently import Call, Patience, Stop

BEGIN = b'{"key": '  # of each line in the file


class AnswerFile:
    """Keeps each answer in a file, from which the next start goes on.

    >>> with AnswerFile("results.jsonl") as answers:
    ...     if 17 not in answers.kept:
    ...         answers.add(17, {"found": "it"})

    A key is a text or a number: best the whole address, so that the answers of another
    API are never taken for those of this one.

    Raises ``OSError`` if the file cannot be opened, and ``ValueError`` if it holds
    something else or is open in another process.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.kept: dict[Any, bool] = {}  # of each key: whether there is such an item
        self._file = open(path, "ab+", buffering=0)  # a kill loses nothing written
        try:
            if hasattr(os, "lockf"):  # not on Windows
                os.lockf(self._file.fileno(), os.F_TLOCK, 0)
            self._read()
        except (OSError, ValueError, LookupError, TypeError) as error:
            self._file.close()
            what = "is in use" if isinstance(error, OSError) else "has other lines"
            raise ValueError(f"{path} {what}: {error}") from None

    def _read(self) -> None:
        """Read the lines, and remove the last one if it was cut short."""
        self._file.seek(0)
        *lines, torn = self._file.read().split(b"\n")
        for line in lines:
            row = json.loads(line)
            self.kept[row["key"]] = row["data"] is not None
        if not BEGIN.startswith(torn[: len(BEGIN)]):
            raise ValueError(f"its last line is {torn[:20]!r}")
        self._file.truncate(self._file.tell() - len(torn))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, key: str | float, data: Any) -> None:
        """Write one answer.  Raises ``OSError`` if there is no room for it.

        None means that there is no such item: that is an answer as well.
        """
        line = json.dumps({"key": key, "data": data}).encode() + b"\n"
        if self._file.write(line) < len(line):
            self._read()  # which removes this half of a line
            raise OSError(f"there is no room for a whole line in {self.path}")
        self.kept[key] = data is not None

    async def collect(
        self, keys: Iterable[Any], ask: Call, patiently: Patience, *, limit: int
    ) -> bool:
        """Keep what ``await ask(key)`` returns, for each key that has no answer yet.

        At most ``limit`` are asked for at once.  An error costs its own key, but `Stop`
        and ``OSError`` end all; so do 50 errors in a row, or 10 if no answer is kept.
        Says how far it is, and how often ``patiently`` was refused.  Returns whether
        all have an answer; if there is no such item for any, the address is wrong.
        """
        wanted = set(keys)
        queue = list(wanted - self.kept.keys())
        random.shuffle(queue)  # else each start may begin with those that fail
        print(len(queue), "to ask for", flush=True)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(self._work(queue, ask, patiently))
        except* (Stop, OSError) as stops:  # OSError: the disk is full
            print("Stopped:", stops.exceptions[0])
        finally:
            is_all = self._report(wanted)
        return is_all

    async def _work(self, queue: list[Any], ask: Call, patiently: Patience) -> None:
        """Ask for one key after another, until none is left."""
        while queue:
            key = queue.pop()
            if len(queue) % 100 == 0:
                so_far = f"{len(self.kept)} answered, {patiently.refused} refused"
                print(f"{so_far}, {len(queue)} not asked for yet", flush=True)
            try:
                self.add(key, await ask(key))
                patiently.failures = 0
            except Exception as error:
                if isinstance(error, Stop) or type(error) is OSError:  # a full disk
                    raise
                print(f"x {key!r:.500}: {error!r}", flush=True)
                patiently.failures += 1
                if patiently.failures >= (50 if self.kept else 10):  # probably all fail
                    why = f"{patiently.failures} failures in a row: {error!r}"
                    await patiently.stop(why)

    def _report(self, wanted: set[Any]) -> bool:
        """Say how many have an answer, and return whether all have."""
        answers = [self.kept[key] for key in wanted if key in self.kept]
        print(f"{len(answers)} of {len(wanted)} have an answer in {self.path};")
        end = ": is the URL right?" if answers and not any(answers) else "."
        print(f"{answers.count(False)} of these say that there is no such item{end}")
        return len(answers) == len(wanted) and any(answers)

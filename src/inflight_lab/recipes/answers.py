"""AnswerFile: answers in a file, from which the next start goes on.

``answers.add(key, data)`` appends a line, ``{"key": ..., "data": ...}``.
When it returns, the line is there, even if the process is killed next.
``key in answers`` says whether it was written, now or by an earlier start.
``answers.collect`` asks for all that is missing, and says how far it is.
"""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, Iterable
from io import FileIO
from typing import Any

from inflight_lab.runners.patiently import MOST_FAILURES, NoAnswer, Stop


class AnswerFile(FileIO):  # unbuffered: what was written survives a kill
    """Keeps each answer in a file, from which the next start goes on.

    >>> with AnswerFile("results.jsonl") as answers:
    ...     if 17 not in answers:
    ...         answers.add(17, {"found": "it"})

    A key is anything that JSON can hold: best the whole address, so that the answers of
    another API are never taken for those of this one.

    Raises ``OSError`` if the file cannot be opened, and ``ValueError`` if it holds
    something else or is open in another process.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, "a+")
        try:
            if hasattr(os, "lockf"):  # not on Windows
                os.lockf(self.fileno(), os.F_TLOCK, 0)
            self.seek(0)
            *lines, torn = self.readall().split(b"\n")
            rows = map(json.loads, lines)  # below: for each key, whether it is null
            self.keys = {json.dumps(row["key"]): row["data"] is None for row in rows}
            begin = b'{"key": '  # of each line
            if not (torn.startswith(begin) or begin.startswith(torn)):
                raise ValueError(f"its last line is {torn[:20]!r}")
        except (OSError, ValueError, LookupError, TypeError) as error:
            self.close()
            raise ValueError(f"{path} is in use, or has other lines: {error}") from None
        self.truncate(self.tell() - len(torn))  # a line that a kill cut short

    def __contains__(self, key: object) -> bool:
        return json.dumps(key) in self.keys

    def add(self, key: Any, data: Any) -> None:
        """Write one answer.  Raises ``OSError`` if there is no room for it."""
        line = json.dumps({"key": key, "data": data}).encode() + b"\n"
        if self.write(line) < len(line):
            raise OSError(f"there is no room for a whole line in {self.name}")
        self.keys[json.dumps(key)] = data is None

    async def collect(
        self, keys: Iterable[Any], ask: Callable[[Any], Awaitable[Any]], *, limit: int
    ) -> bool:
        """Keep what ``await ask(key)`` returns, for each key that has no answer yet.

        ``limit`` of them are asked for at once, in random order.  `NoAnswer`, or a
        ``ValueError`` such as that of no JSON, leaves its key to the next start.
        `Stop`, or an ``OSError`` such as that of a full disk, leaves all; so do 50
        failures before the first answer.  Any other exception is raised in a group.

        None means that there is no such item: that is an answer as well.

        Prints how far it is, and the first ten failures.  Returns whether all have an
        answer; if there is no such item for any of them, the address is wrong.
        """
        wanted = {json.dumps(key): key for key in keys}  # each once
        queue = [key for key in wanted.values() if key not in self]
        random.shuffle(queue)  # else each start may begin with those that fail
        failed: list[Any] = []  # their keys
        print(len(queue), "to ask for", flush=True)

        async def work() -> None:
            while queue:
                key = queue.pop()
                if len(queue) % 100 == 0:
                    print(len(queue), "left to ask for", flush=True)
                try:
                    self.add(key, await ask(key))
                except (NoAnswer, ValueError) as error:
                    failed.append(key)
                    if len(failed) <= 10:
                        print(f"x {key!r:.500}: {error!r}", flush=True)
                    if len(failed) == MOST_FAILURES and not self.keys:
                        raise Stop(f"there is no answer at all: {error!r}") from None

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(work())
        except* (Stop, OSError) as stops:
            print("Stopped:", stops.exceptions[0])
        finally:
            are_null = [self.keys[key] for key in wanted if key in self.keys]
            print(f"{len(are_null)} of {len(wanted)} have an answer in {self.name};")
            print(f"for {sum(are_null)} there is no such item.  Failed: {len(failed)}.")
        return len(are_null) == len(wanted) > sum(are_null)

"""AnswerFile: answers in a file, from which the next start goes on.

``answers.add(key, data)`` appends a line, ``{"key": ..., "data": ...}``.  When it
returns, the line is there, even if the process is killed next.  ``key in answers`` says
whether it was written, now or by an earlier start.  ``answers.collect`` asks for all
that is missing, and says how far it is.
"""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, Iterable
from io import FileIO
from typing import Any

from inflight_lab.runners.patiently import NoAnswer, Stop

Ask = Callable[[Any], Awaitable[Any]]  # for a key its answer
BEGIN = b'{"key": '  # of each line


class AnswerFile(FileIO):
    """Keeps each answer in a file, from which the next start goes on.

    >>> with AnswerFile("results.jsonl") as answers:
    ...     if 17 not in answers:
    ...         answers.add(17, {"found": "it"})

    A key is anything that JSON can hold, such as an id.  Raises ``OSError`` if the file
    cannot be opened, ``ValueError`` if it holds something else or is open in another
    process, and `Stop` if an answer cannot be written.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, "a+")
        self.keys: set[str] = set()  # as JSON
        try:
            if hasattr(os, "lockf"):  # not on Windows
                os.lockf(self.fileno(), os.F_TLOCK, 0)
            self.seek(0)
            *lines, torn = self.readall().split(b"\n")
            for line in lines:
                key = json.loads(line)["key"]
                self.keys.add(json.dumps(key))
            is_ours = torn.startswith(BEGIN) or BEGIN.startswith(torn)
            if not is_ours:
                raise ValueError("its last line has no end")
        except (OSError, ValueError, LookupError, TypeError) as error:
            self.close()
            why = f"{path} is in use, or holds something else: {error}"
            raise ValueError(why) from None
        self.truncate(self.tell() - len(torn))  # a line that a kill cut short

    def __contains__(self, key: object) -> bool:
        return json.dumps(key) in self.keys

    def add(self, key: Any, data: Any) -> None:
        """Write one answer.  Raises `Stop` if that fails."""
        line = json.dumps({"key": key, "data": data}).encode() + b"\n"
        try:
            if self.write(line) < len(line):
                raise OSError("there is no room for a whole line")
        except OSError as error:
            raise Stop(f"cannot write to {self.name}: {error}") from error
        self.keys.add(json.dumps(key))

    async def collect(
        self, keys: Iterable[Any], ask: Ask, *, limit: int, pace: float
    ) -> bool:
        """Keep what ``await ask(key)`` returns, for each key that has no answer yet.

        ``limit`` of them are asked for at once, in random order.  `NoAnswer`, or a
        ``ValueError`` such as that of no JSON, leaves its key to the next start.
        `Stop` leaves all, also those in flight.  So does any other exception, which is
        raised in a group.

        Prints how many it asks for and how long that takes at least, one every ``pace``
        seconds, how far it is, and each error when it first comes; at the end, however
        it ends, which have no answer, and why.  Returns whether all have one.
        """
        wanted = {json.dumps(key): key for key in keys}  # each once
        missing = [key for key in wanted.values() if key not in self]
        random.shuffle(missing)  # else each start may begin with those that fail
        how_long = f"in at least {len(missing) * pace:,.1f} s"
        print(len(missing), "to ask for,", how_long, flush=True)
        a_tenth = len(missing) // 10 or 1
        outcomes: dict[str, list[Any]] = {}  # of each kind, the keys
        queue = iter(missing)

        async def work() -> None:
            for key in queue:
                try:
                    data = await ask(key)
                    self.add(key, data)
                    outcome = "x no such item: null" if data is None else "answered"
                except (NoAnswer, ValueError) as error:
                    outcome = f"x {type(error).__name__}: {error}"
                same = outcomes.setdefault(outcome, [])
                same.append(key)
                if (len(same) - 1) % a_tenth == 0:  # the first, and then some
                    print(len(same), outcome, flush=True)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(work())
        except* Stop as stops:
            print(f"Stopped: {stops.exceptions[0]}")
        finally:
            most_first = sorted(outcomes.items(), key=lambda each: -len(each[1]))
            for outcome, same in most_first[:10]:
                which = "" if outcome == "answered" else f"{same!r:.60}"
                print(len(same), outcome, which)
            found = len(wanted.keys() & self.keys)
            print(f"{found} of {len(wanted)} have an answer in {self.name}.")
        return found == len(wanted)

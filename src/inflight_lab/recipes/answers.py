"""AnswerFile: answers in a file, from which the next start goes on.

``answers[key] = data`` appends a line, ``{"key": ..., "data": ...}``.  When it returns,
the line is there, even if the process is killed next.  ``key in answers`` says whether
it was written, now or by an earlier start.  ``answers.collect`` asks for all that is
missing, and says how far it is.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from io import FileIO
from typing import Any

from inflight_lab.runners.patiently import Stop

Ask = Callable[[Any], Awaitable[Any]]  # for a key its answer


class AnswerFile(FileIO):
    """Keeps each answer in a file, from which the next start goes on.

    >>> with AnswerFile("results.jsonl") as answers:
    ...     if 17 not in answers:
    ...         answers[17] = {"found": "it"}

    A key is anything that JSON can hold, such as an id.  Raises ``OSError`` if the file
    cannot be opened, ``ValueError`` if it holds something else or is open in another
    process, and `Stop` if an answer cannot be written.

    Under ``inflight-lab watch --practice`` it is another file, beside it.
    """

    def __init__(self, path: str) -> None:
        if os.environ.get("INFLIGHT_LAB_PRACTICE"):
            path += ".practice"
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
            if not b'{"key": '.startswith(torn[:8]):
                raise ValueError("its last line has no end")
        except (OSError, ValueError, LookupError, TypeError) as error:
            self.close()
            why = f"{path} is in use, or holds something else: {error}"
            raise ValueError(why) from None
        self.truncate(self.tell() - len(torn))  # a line that a kill cut short

    def __contains__(self, key: object) -> bool:
        return json.dumps(key) in self.keys

    def __setitem__(self, key: object, data: Any) -> None:
        line = json.dumps({"key": key, "data": data}).encode() + b"\n"
        try:
            if self.write(line) < len(line):
                raise OSError("there is no room for a whole line")
        except OSError as error:
            raise Stop(f"cannot write to {self.name}: {error}") from error
        self.keys.add(json.dumps(key))

    async def collect(
        self, keys: Iterable[Any], ask: Ask, *, limit: int, pace: float = 0.0
    ) -> bool:
        """Keep what ``await ask(key)`` returns, for each key that has no answer yet.

        ``limit`` of them are asked for at once.  An exception leaves its key to the
        next start; `Stop` leaves all, also those in flight.  Prints how many it asks
        for and how long that takes at least, one every ``pace`` seconds, how far it is,
        each error when it first comes, and why some have no answer.  Returns whether
        all have one.
        """
        wanted = {json.dumps(key): key for key in keys}  # each once
        missing = [key for key in wanted.values() if key not in self]
        to_ask = f"{len(missing)} to ask for"
        if pace:
            seconds = len(missing) * pace
            to_ask += f", in at least {seconds:,.1f} s"
        print(to_ask, flush=True)
        a_tenth = len(missing) // 10 or 1
        notes: Counter[str] = Counter()
        queue = iter(missing)

        async def work() -> None:
            for key in queue:
                what = await self._keep(key, ask)
                notes[what] += 1
                if (notes[what] - 1) % a_tenth == 0:  # the first, and then some
                    print(notes[what], what, flush=True)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(limit):
                    group.create_task(work())
        except* Stop as stops:
            notes[f"x Stopped: {stops.exceptions[0]}"] += 1
        found = len(wanted.keys() & self.keys)
        print(f"{found} of {len(wanted)} have an answer in {self.name}.")
        for what, count in notes.most_common(5):
            print(count, what)
        return found == len(wanted)

    async def _keep(self, key: Any, ask: Ask) -> str:
        """Keep the answer to one key, and return what became of it."""
        try:
            self[key] = data = await ask(key)
        except Stop:
            raise
        except Exception as error:
            return f"x {type(error).__name__}: {error}"
        if data is None:
            return "x no such item: null"
        return "answered"

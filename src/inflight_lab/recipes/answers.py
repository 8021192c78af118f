"""AnswerFile: answers in a file, from which the next start goes on.

``answers[key] = data`` appends a line, ``{"key": ..., "data": ...}``.  When it returns,
the line is there, even if the process is killed next.  ``key in answers`` says whether
it was written, now or by an earlier start.  ``answers.collect`` asks for all that is
missing, and says how far it is.
"""

import asyncio
import json
import os
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from io import FileIO
from typing import Any

from inflight_lab.runners.patiently import Stop

START = b'{"key": '  # of each line
SECRET = re.compile(r'(?<=[?&])(\w*(?:api_?key|token|secret|signature)=)[^&#"]+')
SILENCE = 10.0  # seconds, then each answer is news


class AnswerFile(FileIO):
    """Keeps each answer in a file, from which the next start goes on.

    >>> with AnswerFile("results.jsonl") as answers:
    ...     if server.url not in answers:
    ...         answers[server.url] = {"found": "it"}

    A key is anything that JSON can hold, such as an address.  A secret in an address,
    as in ``?api_key=``, is left out.  Raises ``OSError`` if the file cannot be opened,
    ``ValueError`` if it holds something else or is open in another process, and `Stop`
    if it cannot be written to.

    Under ``inflight-lab watch --practice`` it is another file, beside it.
    """

    def __init__(self, path: str) -> None:
        if os.environ.get("INFLIGHT_LAB_PRACTICE", "0") != "0":
            folder, name = os.path.split(path)
            path = os.path.join(folder, f"practice-{name}")
        super().__init__(path, "a+")
        try:
            if hasattr(os, "lockf"):  # not on Windows
                os.lockf(self.fileno(), os.F_TLOCK, 0)
            self.seek(0)
            *lines, torn = self.readall().split(b"\n")
            self.keys = {json.dumps(json.loads(line)["key"]) for line in lines}
            if not START.startswith(torn[: len(START)]):
                raise ValueError("its last line has no end")
        except (OSError, ValueError, LookupError, TypeError) as error:
            self.close()
            why = f"{path} is in use, or holds something else: {error}"
            raise ValueError(why) from None
        self.truncate(self.tell() - len(torn))  # a line that a kill cut short

    def __contains__(self, key: object) -> bool:
        return as_written(key) in self.keys

    def __setitem__(self, key: object, data: Any) -> None:
        name = as_written(key)
        line = f'{{"key": {name}, "data": {json.dumps(data)}}}\n'.encode()
        end = self.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self.write(line) :]
        except OSError as error:
            self.truncate(end)
            raise Stop(f"cannot write to {self.name}: {error.strerror}") from None
        self.keys.add(name)

    async def collect(
        self, keys: Iterable[Any], ask: Callable[[Any], Awaitable[Any]], *, limit: int
    ) -> bool:
        """Keep what ``await ask(key)`` returns, for each key that has no answer yet.

        ``limit`` of them are asked for at once.  An exception leaves its key to the
        next start, and `Stop` leaves all.  Prints how many it asks for, how far it is,
        and why some have no answer.  Returns whether all have one.
        """
        wanted = {as_written(key): key for key in keys}  # each once
        queue = (key for name, key in wanted.items() if name not in self.keys)
        print(f"{len(wanted.keys() - self.keys)} to ask for", flush=True)
        step = min(100, len(wanted) // 10 or 1)  # answers until it says how far it is
        said = time.monotonic()
        notes: Counter[str] = Counter()

        async def work() -> None:
            nonlocal said
            for key in queue:
                try:
                    data = await ask(key)
                    self[key] = data
                except Stop as reason:
                    notes[f"Stopped: {reason}"] += 1
                    queue.close()
                except Exception as error:
                    notes[f"{type(error).__name__}: {error}"] += 1
                else:
                    if data is None:
                        notes["there is no such item: its data is null"] += 1
                    is_slow = time.monotonic() - said > SILENCE
                    if len(self.keys) % step == 0 or is_slow:
                        said = time.monotonic()
                        print(f"{len(self.keys)} answers", flush=True)

        await asyncio.gather(*(work() for _ in range(limit)))
        found = len(wanted.keys() & self.keys)
        print(f"{found} of {len(wanted)} have an answer in {self.name}.")
        for note, count in notes.most_common(5):
            print(f"{count} x {note}")
        return found == len(wanted)


def as_written(key: object) -> str:
    """A key as JSON, without secrets."""
    return SECRET.sub(r"\1...", json.dumps(key))

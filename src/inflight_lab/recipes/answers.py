"""AnswerFile: answers in a file, from which the next start goes on.

``answers[key] = data`` appends a line, ``{"key": ..., "data": ...}``.  When it returns,
the line is there, even if the process is killed next.  ``key in answers`` says whether
it was written, now or by an earlier start.  ``answers.collect`` asks for all that is
missing.
"""

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from io import FileIO
from typing import Any, Self

from inflight_lab.runners.patiently import Stop

START = b'{"key": '  # of each line
SECRET = re.compile(r'(?<=[?&])(\w*(?:api_?key|token|secret|signature)=)[^&#"]+')


class AnswerFile:
    """Keeps each answer in a file, from which the next start goes on.

    >>> with AnswerFile("results.jsonl") as answers:
    ...     if server.url not in answers:
    ...         answers[server.url] = {"found": "it"}

    A key is anything that JSON can hold, such as an address.  A secret in an address,
    as in ``?api_key=``, is left out.  Raises `Stop` if the file cannot be written to,
    holds something else, or is open in another process.

    Under ``inflight-lab watch --practice`` it is another file, beside it.
    """

    def __init__(self, path: str) -> None:
        if os.environ.get("INFLIGHT_LAB_PRACTICE", "0") != "0":
            folder, name = os.path.split(path)
            path = os.path.join(folder, f"practice-{name}")
        self.path = path
        try:
            self._file = FileIO(path, "a+")
        except OSError as error:
            raise Stop(f"cannot open {path}: {error.strerror}") from None
        self._keys = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, key: object) -> bool:
        return as_written(key) in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __setitem__(self, key: object, data: Any) -> None:
        name = as_written(key)
        line = f'{{"key": {name}, "data": {json.dumps(data)}}}\n'.encode()
        end = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) < len(line):
                self._file.truncate(end)
                raise OSError(0, "there is no room for more")
        except OSError as error:
            raise Stop(f"cannot write to {self.path}: {error.strerror}") from None
        self._keys.add(name)

    def _read(self) -> set[str]:
        """The keys in the file.  A last line that a kill cut short is removed."""
        self._file.seek(0)
        try:
            if hasattr(os, "lockf"):  # not on Windows
                os.lockf(self._file.fileno(), os.F_TLOCK, 0)
            *lines, torn = self._file.readall().split(b"\n")
            keys = {json.dumps(json.loads(line)["key"]) for line in lines}
            if not START.startswith(torn[: len(START)]):
                raise ValueError
        except OSError:
            why = "is in use: is the script running?"
        except (ValueError, LookupError, TypeError):
            why = "holds something else: name another file"
        else:
            self._file.truncate(self._file.tell() - len(torn))
            return keys
        self._file.close()
        raise Stop(f"{self.path} {why}")

    async def collect(
        self, keys: Iterable[Any], ask: Callable[[Any], Awaitable[Any]], *, limit: int
    ) -> bool:
        """Keep what ``await ask(key)`` returns, for each key that has no answer yet.

        ``limit`` of them are asked for at once.  An exception leaves its key to the
        next start, and `Stop` leaves all.  Prints how many have an answer, and why the
        others have none.  Returns whether all have.
        """
        wanted = {as_written(key): key for key in keys}  # each once
        queue = iter([wanted[name] for name in wanted if name not in self._keys])
        errors: Counter[str] = Counter()
        stops: list[Stop] = []

        async def work() -> None:
            for key in queue:
                try:
                    self[key] = await ask(key)
                    if len(self) % 100 == 0:
                        print(f"{len(self)} answers", flush=True)
                except Stop as reason:
                    stops.append(reason)
                except Exception as error:
                    errors[f"{type(error).__name__}: {error}"] += 1
                if stops:
                    return

        await asyncio.gather(*(work() for _ in range(limit)))
        found = len(wanted.keys() & self._keys)
        print(f"{found} of {len(wanted)} have an answer in {self.path}.")
        for error, count in errors.most_common(5):
            print(f"{count} missing: {error}")
        if stops:
            print(f"Stopped: {stops[0]}")
        return found == len(wanted)


def as_written(key: object) -> str:
    """A key as JSON, without secrets."""
    return SECRET.sub(r"\1...", json.dumps(key))

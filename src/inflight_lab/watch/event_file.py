"""The file that a watched script writes and ``inflight-lab watch`` reads.

One event is one line.  One write to a file opened for appending is one whole line,
from threads and from other processes too, and nothing is lost when the script is
killed.  Of what Python has, `marshal` encodes fastest.
"""

import marshal
import os
import time
from _thread import start_new_thread
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from inflight_lab.watch.blocking import sample_stacks
from inflight_lab.watch.events import EVENT_TYPES, Asked, Event


class EventFile:
    """Where a watched script's process notes its events."""

    _process: int
    _is_sampled: bool
    """Whether `sample_stacks` runs."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._begin_process()
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self._begin_process)

    def note(self, kind: type[Event], *fields: Any) -> None:
        """Write one event; see `Note`.  The first request starts `sample_stacks`."""
        event = (kind.__name__, time.perf_counter(), self._process, *fields)
        try:  # noqa: SIM105  # `suppress` would cost each event more time
            os.write(self._file, b2a_base64(marshal.dumps(event)))
        except OSError:
            pass  # a full disk is not the script's fault
        if kind is Asked and not self._is_sampled:
            self._is_sampled = True
            # Not by `threading`: a script may wait for all of its threads to end.
            start_new_thread(sample_stacks, (self.note,))

    def _begin_process(self) -> None:
        # Kept, as asking the system each time would cost each event more time.
        self._process = os.getpid()
        # In a process that was forked, the thread of the first is not there.
        self._is_sampled = False


def read_events(file: BinaryIO) -> Iterator[Event]:
    """What was noted since the last time.

    A line that is not whole yet is left for the next time.
    """
    for line in file:
        if not line.endswith(b"\n"):
            file.seek(-len(line), os.SEEK_CUR)
            return
        # A full disk may have cut a line off: it is left out.
        with suppress(ValueError, EOFError, TypeError, KeyError):
            kind, *fields = marshal.loads(a2b_base64(line))
            yield EVENT_TYPES[kind](*fields)

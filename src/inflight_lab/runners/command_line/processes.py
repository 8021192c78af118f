"""A pool of processes, which nothing but the pool itself can observe."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from inflight_lab.runners.command_line.progress import Progress
from inflight_lab.runners.command_line.urls import with_id


def make_pool_class(progress: Progress) -> type[ProcessPoolExecutor]:
    """A ``ProcessPoolExecutor`` that fills in ``{id}``, and counts what ends."""

    def count(future: Future[Any]) -> None:
        if future.cancelled():
            return
        if future.exception() is None:
            progress.note_answer()
        else:
            progress.note_failure()

    class ObservedPool(ProcessPoolExecutor):
        def submit(  # type: ignore[override]
            self, send: Callable[..., Any], url: str, num: int
        ) -> Future[Any]:
            with _ctrl_c_ignored():
                future = super().submit(send, with_id(url, num), num)
            future.add_done_callback(count)
            return future

    return ObservedPool


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """A process that starts now ignores Ctrl-C for good, and leaves it to this one.

    The terminal sends it to all of them, and each would print a traceback.
    """
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)

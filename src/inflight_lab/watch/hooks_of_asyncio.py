"""What is noted of asyncio in a watched script: its semaphores and its gathers.

Each function that takes an original returns what is called in its place.
"""

from functools import partial
from typing import Any

from inflight_lab.watch.events import Acquired, GatherFailed, Note
from inflight_lab.watch.import_hook import Function, Hooks
from inflight_lab.watch.request_probe import current_sender, number_of


def asyncio_hooks(note: Note) -> Hooks:
    """What is replaced in asyncio."""
    return {
        "Semaphore.acquire": partial(noting_acquire, note=note),
        "gather": partial(noting_gather, note=note),
    }


def noting_acquire(acquire: Function, *, note: Note) -> Function:
    """`asyncio.Semaphore.acquire` that notes who uses which semaphore."""

    def noted_acquire(semaphore: Any) -> Any:
        note(Acquired, number_of(semaphore), current_sender())
        return acquire(semaphore)

    return noted_acquire


def noting_gather(gather: Function, *, note: Note) -> Function:
    """`asyncio.gather` that notes when it raises and leaves tasks running."""

    def note_failure(outer: Any) -> None:
        # Not ``exception()``: that would mark it as retrieved.
        error = getattr(outer, "_exception", None)
        children = getattr(outer, "_children", ())
        running = [number_of(child) for child in children if not child.done()]
        if error is not None and running:
            note(GatherFailed, type(error).__name__, running)

    def noted_gather(*things: Any, **options: Any) -> Any:
        outer = gather(*things, **options)
        outer.add_done_callback(note_failure)
        return outer

    return noted_gather

"""What is noted of asyncio in a watched script: its semaphores and its gathers.

Each function that takes an original returns what is called in its place.
"""

import weakref
from functools import partial
from typing import Any

from inflight_lab.watch.events import Acquired, GatherFailed, Note, Released
from inflight_lab.watch.import_hook import Function, Hooks
from inflight_lab.watch.probes.names import current_sender, number_of
from inflight_lab.watch.script_line import script_line


def asyncio_hooks(note: Note) -> Hooks:
    """What is replaced in asyncio."""
    return {
        "Semaphore.acquire": partial(noting_acquire, note=note),
        "Semaphore.release": partial(noting_release, note=note),
        "gather": partial(noting_gather, note=note),
    }


def noting_acquire(acquire: Function, *, note: Note) -> Function:
    """`asyncio.Semaphore.acquire` that notes who uses which semaphore."""
    known: weakref.WeakSet[Any] = weakref.WeakSet()

    def noted_acquire(semaphore: Any) -> Any:
        place = ""
        if semaphore not in known:  # the line is looked for once: that takes time
            known.add(semaphore)
            place = script_line()
        note(Acquired, number_of(semaphore), current_sender(), place)
        return acquire(semaphore)

    return noted_acquire


def noting_release(release: Function, *, note: Note) -> Function:
    """`asyncio.Semaphore.release` that notes who releases one that others wait for."""

    def noted_release(semaphore: Any) -> Any:
        if getattr(semaphore, "_waiters", None):
            note(Released, number_of(semaphore), current_sender())
        return release(semaphore)

    return noted_release


def noting_gather(gather: Function, *, note: Note) -> Function:
    """`asyncio.gather` that notes when it raises and leaves tasks running."""

    def note_failure(place: str, outer: Any) -> None:
        # Not ``exception()``: that would mark it as retrieved.
        error = getattr(outer, "_exception", None)
        children = getattr(outer, "_children", ())
        running = [number_of(child) for child in children if not child.done()]
        if error is not None and running:
            note(GatherFailed, type(error).__name__, running, place)

    def noted_gather(*things: Any, **options: Any) -> Any:
        outer = gather(*things, **options)
        outer.add_done_callback(partial(note_failure, script_line()))
        return outer

    return noted_gather

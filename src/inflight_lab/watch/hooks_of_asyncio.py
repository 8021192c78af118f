"""What is noted of asyncio in a watched script: its semaphores, gathers and sleeps.

Each function that takes an original returns what is called in its stead.
"""

import asyncio
import sys
from functools import partial
from typing import Any

from inflight_lab.watch.events import Acquired, GatherFailed, Note, Released, Slept
from inflight_lab.watch.import_hook import Function, Hooks
from inflight_lab.watch.probes.names import current_sender, number_of
from inflight_lab.watch.script_line import is_of_the_script, script_line
from inflight_lab.watch.slots import slots_of

MIN_SLEEP = 0.05
"""Seconds; a shorter sleep is not noted."""


def asyncio_hooks(note: Note) -> Hooks:
    """What is replaced in asyncio."""
    return {
        "Semaphore.acquire": partial(noting_acquire, note=note),
        "Semaphore.release": partial(noting_release, note=note),
        "gather": partial(noting_gather, note=note),
        "sleep": partial(noting_sleep, note=note),
    }


def noting_acquire(acquire: Function, *, note: Note) -> Function:
    """`asyncio.Semaphore.acquire` that notes who uses which semaphore."""

    def noted_acquire(semaphore: Any) -> Any:
        slots = slots_of(semaphore)
        sender = current_sender()
        if slots.is_used:
            note(Acquired, slots.number, sender)
        else:  # the line is looked for once: that takes time
            note(Acquired, slots.number, sender, script_line(), slots.total)
        slots.ask(sender, note)
        return acquire(semaphore)

    return noted_acquire


def noting_release(release: Function, *, note: Note) -> Function:
    """`asyncio.Semaphore.release` that notes who releases one that others wait for."""

    def noted_release(semaphore: Any) -> Any:
        slots = slots_of(semaphore)
        sender = current_sender()
        slots.release(sender)
        if getattr(semaphore, "_waiters", None):
            note(Released, slots.number, sender)
        return release(semaphore)

    return noted_release


def noting_sleep(sleep: Function, *, note: Note) -> Function:
    """`asyncio.sleep` that notes which task sleeps, and at which line."""

    def noted_sleep(delay: Any, *args: Any, **options: Any) -> Any:
        is_long = isinstance(delay, int | float) and delay >= MIN_SLEEP
        if is_long and asyncio._get_running_loop():
            is_own = is_of_the_script(sys._getframe(1))
            note(Slept, current_sender(), float(delay), script_line(), is_own)
        return sleep(delay, *args, **options)

    return noted_sleep


def noting_gather(gather: Function, *, note: Note) -> Function:
    """`asyncio.gather` that notes when it raises and leaves tasks running."""

    def note_failure(line: str, outer: Any) -> None:
        # Not ``exception()``: that would mark it as retrieved.
        error = getattr(outer, "_exception", None)
        children = getattr(outer, "_children", ())
        running = [number_of(child) for child in children if not child.done()]
        if error is not None and running:
            note(GatherFailed, type(error).__name__, running, line)

    def noted_gather(*things: Any, **options: Any) -> Any:
        outer = gather(*things, **options)
        outer.add_done_callback(partial(note_failure, script_line()))
        return outer

    return noted_gather

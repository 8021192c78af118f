"""In the watched script's own process: which tasks hold the slots of a semaphore.

It costs a semaphore that is free a few operations on a dict.  While one is full, a
timer looks every second whether any of its slots can still be released.
"""

import asyncio
import weakref
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from inflight_lab.watch.awaited import awaited_tasks, context_of
from inflight_lab.watch.events import Deadlocked, Note
from inflight_lab.watch.probes.names import number_of

CHECK_INTERVAL = 1.0
"""Seconds between two looks at a semaphore that is full."""

semaphore_around: ContextVar[int] = ContextVar("semaphore_around", default=0)
"""The semaphore in whose block a task is, or was started, by its number; 0: in none.

A task takes it over from the one that starts it, as asyncio copies the context.
"""

_Task = asyncio.Task[Any]


@dataclass(slots=True)
class Use:
    """What one sender has of a semaphore."""

    task: weakref.ref[_Task]
    around: int
    """The semaphore that was around it when it asked for its first slot."""
    count: int = 1
    """How many slots it has asked for and not released."""


class Slots:
    """The slots of one semaphore: who asked for them and has not released them."""

    def __init__(self, semaphore: Any) -> None:
        self.number = number_of(semaphore)
        self.total: int = semaphore._value
        self.is_used = False
        self._semaphore = weakref.ref(semaphore)
        self._use_by_sender: dict[int, Use] = {}
        self._changes = 0
        self._is_handed_on = False
        """Whether a task releases what another has acquired, so nobody knows whose."""
        self._is_timed = False

    def ask(self, sender: int, note: Note) -> None:
        """``sender``, which runs now, asks for a slot."""
        self.is_used = True
        self._changes += 1
        use = self._use_by_sender.get(sender)
        if use is None:
            self._begin_use(sender)
        else:
            use.count += 1
        semaphore = self._semaphore()
        if not self._is_timed and semaphore is not None and semaphore.locked():
            self._look_again(note)

    def _begin_use(self, sender: int) -> None:
        task = asyncio.current_task() if asyncio._get_running_loop() else None
        if task is None:
            self._is_handed_on = True
            return
        self._use_by_sender[sender] = Use(weakref.ref(task), semaphore_around.get())
        semaphore_around.set(self.number)

    def release(self, sender: int) -> None:
        """``sender``, which runs now, releases a slot."""
        self._changes += 1
        use = self._use_by_sender.get(sender)
        if use is None:
            self._is_handed_on = True
            return
        use.count -= 1
        if not use.count:
            del self._use_by_sender[sender]
            semaphore_around.set(use.around)

    def _look_again(self, note: Note) -> None:
        loop = asyncio._get_running_loop()
        if loop is not None and not self._is_handed_on:
            self._is_timed = True
            loop.call_later(CHECK_INTERVAL, self._look, note, self._changes)

    def _look(self, note: Note, changes_before: int) -> None:
        """Note a deadlock, if there is one; else look again while tasks wait."""
        self._is_timed = False
        semaphore = self._semaphore()
        waiting = self._waiting(semaphore)
        if semaphore is None or not waiting:
            return
        if self._changes == changes_before and self._is_deadlocked(waiting):
            self._is_timed = True  # once is enough
            note(Deadlocked, self.number, self.total, len(waiting), self._lost())
        else:
            self._look_again(note)

    def _waiting(self, semaphore: Any) -> set[int]:
        """The senders that wait for a slot."""
        futures = set(getattr(semaphore, "_waiters", None) or ())
        waiting = set()
        for sender, use in self._use_by_sender.items():
            task: Any = use.task()
            if task is not None and task._fut_waiter in futures:
                waiting.add(sender)
        return waiting

    def _is_deadlocked(self, waiting: set[int]) -> bool:
        """Whether all slots are known to be held, and none can be released."""
        asked_for = sum(use.count for use in self._use_by_sender.values())
        is_known = asked_for - len(waiting) == self.total > 0
        if self._is_handed_on or not is_known:
            return False
        waiting_tasks = {self._use_by_sender[sender].task() for sender in waiting}
        for sender, use in self._use_by_sender.items():
            holds = use.count > (sender in waiting)
            if holds and not _is_stuck(use.task(), waiting_tasks, set()):
                return False
        return not self._may_be_released_by_others(waiting_tasks)

    def _may_be_released_by_others(self, waiting_tasks: set[_Task | None]) -> bool:
        """Whether a task goes on that was started inside the block.

        It may release the slot that was acquired for it.
        """
        for task in asyncio.all_tasks():
            is_user = number_of(task) in self._use_by_sender
            if not is_user and not _is_stuck(task, waiting_tasks, set()):
                around = context_of(task).get(semaphore_around, 0)
                if around == self.number:
                    return True
        return False

    def _lost(self) -> int:
        """How many slots are held by tasks that have ended."""
        return sum(
            use.count for use in self._use_by_sender.values() if _has_ended(use.task())
        )


def slots_of(semaphore: Any) -> Slots:
    """The slots of a semaphore: they are followed from its first use on."""
    slots = _slots_by_semaphore.get(semaphore)
    if slots is None:
        slots = _slots_by_semaphore[semaphore] = Slots(semaphore)
    return slots


_slots_by_semaphore: weakref.WeakKeyDictionary[Any, Slots] = weakref.WeakKeyDictionary()


def _has_ended(task: _Task | None) -> bool:
    return task is None or task.done()


def _is_stuck(
    task: _Task | None, waiting: set[_Task | None], asked_before: set[_Task]
) -> bool:
    """Whether a task has ended, waits for a slot, or for tasks that are stuck."""
    if task is None or _has_ended(task) or task in waiting:
        return True
    if task in asked_before:
        return False
    awaited = awaited_tasks(task)
    return bool(awaited) and all(
        _is_stuck(each, waiting, asked_before | {task}) for each in awaited
    )

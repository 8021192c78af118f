"""Names for the objects of a watched script: numbers, as they are quick to note."""

import asyncio
import itertools
import threading
import weakref
from typing import Any

numbers = itertools.count(1)
_number_by_object: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def number_of(thing: object) -> int:
    """Return the object's number: unlike its ``id``, it is never used again."""
    known = _number_by_object.get(thing)
    return known or _number_by_object.setdefault(thing, next(numbers))


def current_sender() -> int:
    """Return the running task's number or, outside a loop, the thread's: below 0."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return number_of(task) if task else -threading.get_ident()

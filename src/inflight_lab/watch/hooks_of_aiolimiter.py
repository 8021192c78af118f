"""What is noted of aiolimiter in a watched script: who asks a rate limiter."""

from functools import partial
from typing import Any

from inflight_lab.watch.events import Note, Paced
from inflight_lab.watch.import_hook import Function, Hooks
from inflight_lab.watch.probes.names import current_sender, numbers
from inflight_lab.watch.script_line import script_line


def aiolimiter_hooks(note: Note) -> Hooks:
    """What is replaced in aiolimiter."""
    limiters = Limiters()
    return {
        "AsyncLimiter.__init__": limiters.numbering,
        "AsyncLimiter.acquire": partial(limiters.noting_permits, note=note),
    }


class Limiters:
    """Numbers the limiters of a script.

    They are numbered as they are made: a limiter can't be referenced weakly, and its
    ``id`` may be that of one before it.
    """

    def __init__(self) -> None:
        self._number_by_id: dict[int, int] = {}
        self._used: set[int] = set()

    def numbering(self, init: Function) -> Function:
        """`AsyncLimiter.__init__` that numbers the limiter."""

        def numbered_init(limiter: Any, *args: Any, **options: Any) -> None:
            self._number_by_id[id(limiter)] = next(numbers)
            init(limiter, *args, **options)

        return numbered_init

    def noting_permits(self, acquire: Function, *, note: Note) -> Function:
        """`AsyncLimiter.acquire` that notes who asks which limiter."""

        def noted_acquire(limiter: Any, amount: Any = 1) -> Any:
            number = self._number_by_id.get(id(limiter), 0)
            permits = float(amount) if isinstance(amount, int | float) else 1.0
            line = ""
            if number not in self._used:  # it is looked for once: that takes time
                self._used.add(number)
                line = script_line()
            note(Paced, number, current_sender(), permits, line)
            return acquire(limiter, amount)

        return noted_acquire

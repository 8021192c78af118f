"""Goals: conditions on the numbers of a run, judged when it has ended."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from inflight_lab.panel.words import error_in_words
from inflight_lab.runs.events import Stats

Goal = Callable[[Stats], bool]

MARKS = {None: "○", True: "✔", False: "✘"}
"""What stands before a goal that is open, met or missed."""


def check_goals(goals: Mapping[str, Goal]) -> None:
    """Raise ``TypeError`` unless each is a plain function."""
    for name, goal in goals.items():
        if not callable(goal) or inspect.iscoroutinefunction(goal):
            raise TypeError(
                f"goals must be plain functions of the Stats, got {name!r}: {goal!r}"
            )


class Goals:
    """The goals of a lane.

    ``met`` says by name which the last run met; a goal that is still open is not in it.
    """

    def __init__(self, conditions: Mapping[str, Goal]) -> None:
        self.conditions = dict(conditions)
        self.met: dict[str, bool] = {}
        self._errors: dict[str, str] = {}

    def clear(self) -> None:
        """Open all of them."""
        self.met = {}
        self._errors = {}

    def judge(self, stats: Stats, *, finished: bool) -> None:
        """Judge each by ``stats``.

        A run that is not ``finished`` meets none: what holds so far stays open.
        """
        for name in self.conditions:
            holds = self._holds(name, stats)
            if finished or not holds:
                self.met[name] = holds

    def states(self) -> list[dict[str, Any]]:
        """Each as the page shows it: a ``text``, and whether it is ``met``, or None."""
        return [self._state_of(name) for name in self.conditions]

    def _holds(self, name: str, stats: Stats) -> bool:
        try:
            return bool(self.conditions[name](stats))
        except BaseException as error:
            self._errors[name] = f": {error_in_words(error)}"
            return False

    def _state_of(self, name: str) -> dict[str, Any]:
        met = self.met.get(name)
        text = f"{MARKS[met]} {name}{self._errors.get(name, '')}"
        return {"text": text, "met": met}

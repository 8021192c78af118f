"""Goals: conditions on the numbers of a run, judged when it has ended."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from inflight_lab.lesson.runs.events import Stats

Goal = Callable[[Stats], bool]

SEEN = {
    "started": "{} sent",
    "waiting": "{} waiting",
    "in_flight": "{} in flight",
    "peak_in_flight": "at most {} in flight",
    "accepted": "{} answered",
    "refused": "{} refused",
    "failed": "{} failed",
    "cancelled": "{} cancelled",
    "elapsed": "{} s",
}
"""How a goal shows the numbers that it looks at, by their names in the `Stats`."""

MAX_TRIES = 12
"""How many of the last tries are kept."""

MAX_ERROR_TEXT = 500
"""Characters."""


class GoalState(NamedTuple):
    """How a goal stands."""

    name: str
    met: bool | None
    """None while it is open."""
    seen: str
    """The numbers that it looks at, or the error that it raised."""


def check_goals(goals: object) -> None:
    """Raise ``TypeError`` unless ``goals`` are plain functions by name."""
    if not isinstance(goals, Mapping):
        raise TypeError(f"goals must be functions of the Stats, by name, got {goals!r}")
    for name, goal in goals.items():
        if not callable(goal) or inspect.iscoroutinefunction(goal):
            raise TypeError(
                f"goals must be plain functions of the Stats, got {name!r}: {goal!r}"
            )


class Goals:
    """The goals of a lane, and how the last tries went."""

    def __init__(self, conditions: Mapping[str, Goal]) -> None:
        self.conditions = dict(conditions)
        self.tries: list[dict[str, Any]] = []
        self.clear()

    def clear(self) -> None:
        """Open all of them.  The tries stay."""
        self.states = [GoalState(name, None, "") for name in self.conditions]

    @property
    def met(self) -> dict[str, bool]:
        """Whether the last run met each goal, by name; open goals are left out."""
        return {each.name: each.met for each in self.states if each.met is not None}

    def judge(
        self, stats: Stats, *, finished: bool, settings: Mapping[str, object]
    ) -> None:
        """Judge each goal by ``stats``, and keep this try and its ``settings``.

        A run that is not ``finished`` meets no goal: one that holds so far stays open.
        """
        judged = [_judge(name, goal, stats) for name, goal in self.conditions.items()]
        self.states = [
            each if finished or not each.met else GoalState(each.name, None, "")
            for each in judged
        ]
        if finished and self.conditions:
            self.tries.append({"settings": settings, "goals": self.on_page()})
            del self.tries[:-MAX_TRIES]

    def on_page(self) -> list[dict[str, Any]]:
        """The fields of each `GoalState`."""
        return [each._asdict() for each in self.states]


def error_in_words(error: BaseException) -> str:
    """The class and the text of ``error``, also if its ``__str__`` raises."""
    try:
        text = str(error)
    except BaseException:
        text = "(which cannot be printed)"
    return f"{type(error).__name__}: {text[:MAX_ERROR_TEXT]}"


def _judge(name: str, condition: Goal, stats: Stats) -> GoalState:
    try:
        met = bool(condition(stats))
    except BaseException as error:  # a reader's goal may do anything
        return GoalState(name, False, error_in_words(error))
    return GoalState(name, met, _numbers_for(condition, stats))


def _numbers_for(condition: Goal, stats: Stats) -> str:
    """The numbers that the code of a goal names."""
    code = getattr(condition, "__code__", None)
    names = code.co_names if code else ()
    return ", ".join(
        SEEN[name].format(getattr(stats, name)) for name in names if name in SEEN
    )

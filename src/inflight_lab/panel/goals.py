"""Goals: conditions on the numbers of a run, judged when it has ended."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from inflight_lab.panel.words import error_in_words
from inflight_lab.plot.sentence.words import plain_seconds, unbroken
from inflight_lab.runs.events import Stats

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
    "elapsed": "{}",
}
"""How a number that a goal is about is shown beside it, by its name in the Stats."""


def check_goals(goals: Mapping[str, object]) -> None:
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
        self._seen: dict[str, str] = {}

    def clear(self) -> None:
        """Open all of them."""
        self.met = {}
        self._seen = {}

    def judge(self, stats: Stats, *, finished: bool) -> None:
        """Judge each by ``stats``.

        A run that is not ``finished`` meets none: what holds so far stays open.
        """
        for name, condition in self.conditions.items():
            verdict = _judge(condition, stats)
            if finished or not verdict.holds:
                self.met[name] = verdict.holds
                self._seen[name] = verdict.seen

    def states(self) -> list[dict[str, Any]]:
        """Each as the page shows it.

        That is its ``name``, whether it is ``met``, or None, and what was ``seen``.
        """
        return [self._state_of(name) for name in self.conditions]

    def _state_of(self, name: str) -> dict[str, Any]:
        met = self.met.get(name)
        return {"name": name, "met": met, "seen": self._seen.get(name, "")}


class Verdict(NamedTuple):
    """Whether a goal holds, and the numbers that it is about, or its error."""

    holds: bool
    seen: str


def _judge(condition: Goal, stats: Stats) -> Verdict:
    try:
        holds = bool(condition(stats))
    except BaseException as error:
        return Verdict(False, error_in_words(error))
    return Verdict(holds, _numbers_for(condition, stats))


def _numbers_for(condition: Goal, stats: Stats) -> str:
    """The numbers whose names stand in the code of a goal."""
    code = getattr(condition, "__code__", None)
    names = code.co_names if code else ()
    seen = [_in_words(name, stats) for name in names if name in SEEN]
    return ", ".join(seen)


def _in_words(name: str, stats: Stats) -> str:
    number = getattr(stats, name)
    shown = plain_seconds(number) if name == "elapsed" else number
    return unbroken(SEEN[name].format(shown))

"""The goals of a lane, judged by the numbers of a run."""

from __future__ import annotations

import functools
import sys

from inflight_lab import Stats
from inflight_lab.lesson.panel.goals import Goals

STATS = Stats(started=9, waiting=0, in_flight=0, accepted=7, refused=2, elapsed=1.5)
"""Of a run in which two requests were refused."""


def seen_for(goals: Goals) -> list[str]:
    """What stands beside each goal on the page."""
    return [state.seen for state in goals.states]


def test_each_goal_is_judged_by_itself() -> None:
    """One that raises is missed, with its error beside its name; those before and after
    it are judged.  Beside a goal stand the numbers that its code names.
    """
    goals = Goals(
        {
            "7 answers": lambda stats: stats.accepted == 7,
            "no 429": lambda stats: stats.refused == 0,
            "typo": lambda stats: stats.acepted == 7,  # type: ignore[attr-defined]
            "exit": lambda stats: sys.exit(1),
            "fast enough": lambda stats: stats.accepted / stats.elapsed > 4,
            "the whole": functools.partial(Stats.__eq__, STATS),
        }
    )
    assert [state.met for state in goals.states] == [None] * 6
    goals.judge(STATS, finished=True, settings={})
    assert goals.met == {
        "7 answers": True,
        "no 429": False,
        "typo": False,
        "exit": False,
        "fast enough": True,
        "the whole": True,
    }
    assert seen_for(goals) == [
        "7 answered",
        "2 refused",
        "AttributeError: 'Stats' object has no attribute 'acepted'",
        "SystemExit: 1",
        "7 answered, 1.5 s",
        "",
    ]
    goals.clear()
    assert (goals.met, seen_for(goals)) == ({}, [""] * 6)


def test_the_last_tries_are_kept() -> None:
    """Tries are listed with their settings; a run that was cut short is none, and what
    holds so far is open.
    """
    goals = Goals({"no 429": lambda stats: stats.refused == 0, "any": lambda _: True})
    for limit in range(20):
        goals.judge(STATS, finished=limit != 19, settings={"limit": limit})
    assert goals.met == {"no 429": False}
    assert seen_for(goals) == ["2 refused", ""]
    limits = [each["settings"]["limit"] for each in goals.tries]
    assert limits == list(range(7, 19))
    assert goals.tries[0]["goals"] == [
        {"name": "no 429", "met": False, "seen": "2 refused"},
        {"name": "any", "met": True, "seen": ""},
    ]

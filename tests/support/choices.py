"""Every combination of the snippet maker's choices, and a few that have every pair of
choices among them.
"""

from __future__ import annotations

import itertools
from typing import Any

RESULTS: dict[str, dict[str, Any]] = {
    "in-order": {"save": None},
    "as-completed": {"save": None, "as_completed": True},
    "saved": {"save": "results.jsonl"},
}
PACES: dict[str, dict[str, Any]] = {
    "limit": {"quotas": (), "limit": 3},
    "pace": {"quotas": ((100, 1),), "limit": None},
    "tokens": {"quotas": ((100, 1),), "tokens": 10_000},
    "paces": {"quotas": ((100, 1), (3000, 60)), "limit": 20},
}
SWITCHES = ("retries", "progress", "per_host", "notebook")


LEVELS = {
    "-".join([pace, results, *itertools.compress(SWITCHES, on)]): (pace, results, *on)
    for pace, results, *on in itertools.product(
        PACES, RESULTS, *[(False, True)] * len(SWITCHES)
    )
    if not (pace == "tokens" and on[SWITCHES.index("per_host")])
}
COMBINATIONS: dict[str, dict[str, Any]] = {
    name: PACES[pace] | RESULTS[results] | dict(zip(SWITCHES, on, strict=True))
    for name, (pace, results, *on) in LEVELS.items()
}
"""Every combination of choices, by a name that is good for a file."""


def pairwise() -> list[str]:
    """The names of a subset in which every two choices meet, whatever they are: greedy,
    always the same.
    """
    chosen = []
    missing = set().union(*map(pairs, LEVELS))
    while missing:
        chosen.append(max(LEVELS, key=lambda name: len(missing & pairs(name))))
        missing -= pairs(chosen[-1])
    return chosen


def pairs(name: str) -> set[Any]:
    """Every two choices of a combination."""
    return set(itertools.combinations(enumerate(LEVELS[name]), 2))

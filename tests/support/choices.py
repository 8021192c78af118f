"""Every combination of the snippet maker's choices, and few that hold every pair."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

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


class Choice(NamedTuple):
    """One combination: a pace, a kind of results, and the switches that are on."""

    pace: str
    results: str
    switched_on: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join([self.pace, self.results, *self.switched_on])

    def arguments(self) -> dict[str, Any]:
        """What the snippet maker is called with."""
        switches = {name: name in self.switched_on for name in SWITCHES}
        return PACES[self.pace] | RESULTS[self.results] | switches

    def pairs(self) -> set[tuple[object, ...]]:
        """Every two of its choices; a switch that is off is a choice too."""
        switches = [(name, name in self.switched_on) for name in SWITCHES]
        return set(itertools.combinations([self.pace, self.results, *switches], 2))


def every_choice() -> Iterator[Choice]:
    """Every combination that the snippet maker takes."""
    settings = [(False, True)] * len(SWITCHES)
    for pace, results, *on in itertools.product(PACES, RESULTS, *settings):
        switched_on = tuple(itertools.compress(SWITCHES, on))
        if pace == "tokens" and "per_host" in switched_on:
            continue  # tokens are counted for one API
        yield Choice(pace, results, switched_on)


CHOICES = list(every_choice())
COMBINATIONS = {str(choice): choice.arguments() for choice in CHOICES}
"""The arguments of each, by a name that is good for a file."""


def pairwise() -> list[str]:
    """The names of a few combinations in which every two choices meet.

    Greedy: the next one has the most pairs that are still missing.
    """
    chosen = []
    missing = set().union(*(choice.pairs() for choice in CHOICES))
    while missing:
        best = max(CHOICES, key=lambda choice: len(missing & choice.pairs()))
        missing -= best.pairs()
        chosen.append(str(best))
    return chosen

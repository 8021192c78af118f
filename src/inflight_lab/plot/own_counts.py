"""The counts of one run, of a timeline that goes on from run to run."""

from collections.abc import Iterable
from dataclasses import replace

from inflight_lab.runs.events import OUTCOME_KINDS, Event, Stats

NO_WORK = ("taken", "freed")
"""A pause after the last answer is no part of how long a run took."""


class OwnCounts:
    """What a run has of a timeline's counts, which were ``before`` when it began."""

    def __init__(self, before: Stats) -> None:
        self._before = before
        self._began: float | None = None
        self._ended = 0.0

    def note(self, events: Iterable[Event]) -> None:
        """The timeline's events of this run go on with these."""
        for event in events:
            if self._began is None:
                self._began = self._ended = event.time
            if event.kind not in NO_WORK:
                self._ended = event.time

    def of(self, counts: Stats) -> Stats:
        """The run's own, of all that the timeline has counted by now."""
        ended = {kind: self._since_began(counts, kind) for kind in OUTCOME_KINDS}
        if min(ended.values()) < 0:  # the timeline was reset in this run
            return counts
        ended_before = sum(getattr(self._before, kind) for kind in OUTCOME_KINDS)
        return replace(
            counts,
            started=counts.started - ended_before,
            elapsed=self._elapsed,
            **ended,
        )

    @property
    def _elapsed(self) -> float:
        return 0.0 if self._began is None else self._ended - self._began

    def _since_began(self, counts: Stats, kind: str) -> int:
        return int(getattr(counts, kind) - getattr(self._before, kind))

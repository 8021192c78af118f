"""The counts of one run, of a timeline that goes on from run to run."""

from collections.abc import Iterable
from typing import Any

from inflight_lab.runs.events import OUTCOME_KINDS, Event, RunStats, Stats

NO_WORK = ("taken", "freed")
"""A pause after the last answer does not make a run longer."""


class OwnCounts:
    """The counts of this run: the timeline's, minus what it had counted ``before``.

    What was waiting or in flight when the run began is its own.
    """

    def __init__(self, before: Stats) -> None:
        self._before = before
        self._waiting = before.waiting
        self._announced = before.waiting
        self._began: float | None = None
        self._ended = 0.0

    def note(self, events: Iterable[Event]) -> None:
        """Take in the next events of the run."""
        for event in events:
            self._note_time(event)
            self._note_announcement(event)

    def of(self, counts: Stats) -> RunStats:
        """The run's part of ``counts``, which are the timeline's of now."""
        return RunStats(**vars(counts) | self._own(counts))

    def _note_time(self, event: Event) -> None:
        if self._began is None:
            self._began = self._ended = event.time
        if event.kind not in NO_WORK:
            self._ended = event.time

    def _note_announcement(self, event: Event) -> None:
        if event.kind == "started":
            self._announced += max(0, event.waiting - self._waiting)
        self._waiting = event.waiting

    def _own(self, counts: Stats) -> dict[str, Any]:
        """The fields of the run that are not the timeline's."""
        ended: dict[str, Any] = {
            kind: self._since_began(counts, kind) for kind in OUTCOME_KINDS
        }
        was_reset = min(ended.values()) < 0
        if was_reset:  # so that all it has counted is of this run
            return {"announced": self._announced}
        ended_before = sum(getattr(self._before, kind) for kind in OUTCOME_KINDS)
        return dict(
            ended,
            started=counts.started - ended_before,
            elapsed=self._elapsed,
            announced=self._announced,
        )

    @property
    def _elapsed(self) -> float:
        return 0.0 if self._began is None else self._ended - self._began

    def _since_began(self, counts: Stats, kind: str) -> int:
        return int(getattr(counts, kind) - getattr(self._before, kind))

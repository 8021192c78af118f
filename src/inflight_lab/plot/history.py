"""How much of a run is shown."""

from inflight_lab.runs.run import Run

HISTORY = 60.0
"""Seconds of a run that are drawn, and can be played again, at most."""

LATE = 2.0
"""Seconds, besides a period of the quota, in which every event may still be drawn."""

MANY_EVENTS = 20_000
"""What a page that opens late is sent at most of what is older than that: 0.7 MB."""


def for_late_view(run: Run) -> Run:
    """What a page that opens now needs in order to draw ``run``, and to play it."""
    history_begins = run.now - HISTORY
    since = min(_still_drawn_since(run), max(history_begins, _many_events_since(run)))
    return run.snapshot_since(since, levels_since=history_begins)


def _still_drawn_since(run: Run) -> float:
    periods = [change.policy.period for change in run.policies if change.policy]
    return run.now - LATE - max(periods, default=0.0)


def _many_events_since(run: Run) -> float:
    """When the oldest of the last `MANY_EVENTS` happened."""
    if len(run.events) <= MANY_EVENTS:
        return 0.0
    return run.events[-MANY_EVENTS].time

"""How much of a run is shown."""

from inflight_lab.runs.run import Run

HISTORY = 60.0
"""At most so many seconds of a run are drawn, and can be played again."""

LATE = 2.0
"""Events of the quota's last period and of so many seconds more are always sent."""

MANY_EVENTS = 20_000
"""Of older events, a page that opens late gets so many at most: 0.7 MB."""


def for_late_view(run: Run) -> Run:
    """What a page that opens now needs in order to draw ``run``, and to play it."""
    playable_since = max(run.now - HISTORY, _many_events_since(run))
    return run.since(min(playable_since, _still_drawn_since(run)))


def _still_drawn_since(run: Run) -> float:
    """When the oldest event happened that a window of the quota may still show."""
    periods = [terms.quota.period for terms in run.terms if terms.quota]
    return run.now - LATE - max(periods, default=0.0)


def _many_events_since(run: Run) -> float:
    """When the oldest of the last `MANY_EVENTS` happened."""
    if len(run.events) <= MANY_EVENTS:
        return 0.0
    return run.events[-MANY_EVENTS].time

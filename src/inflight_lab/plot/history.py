"""How much of a run is shown."""

from inflight_lab.runs.run import Run

HISTORY = 60.0
"""Seconds of the lines that are drawn at most."""

LATE = 2.0
"""Seconds, besides a period of the quota, in which every event may still be drawn."""


def for_late_view(run: Run) -> Run:
    """What a page that opens now needs in order to draw ``run``."""
    periods = [change.policy.period for change in run.policies if change.policy]
    since = run.now - LATE - max(periods, default=0.0)
    return run.snapshot_since(since, levels_since=run.now - HISTORY)

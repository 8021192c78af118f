"""Whether a run was cut short."""

from itertools import pairwise

from inflight_lab.runs.run import Run

AT_ONCE = 0.05
"""What is cancelled within this many seconds is cancelled at once."""


def was_stopped(run: Run) -> bool:
    """Whether requests were never sent, or several were cancelled at once.

    A time-out of one request does not stop a run.
    """
    return never_sent(run) > 0 or _several_cancelled_at_once(run)


def never_sent(run: Run) -> int:
    """How many requests were given up before they were sent."""
    return sum(
        event.request_count
        for event in run.events
        if event.what == "cancelled" and event.request is None
    )


def _several_cancelled_at_once(run: Run) -> bool:
    times = [event.time for event in run.events if event.what == "cancelled"]
    return any(later - earlier <= AT_ONCE for earlier, later in pairwise(times))

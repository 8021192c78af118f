"""How many requests were given up before they were sent."""

from inflight_lab.runs.run import Run


def never_sent(run: Run) -> int:
    """How many requests of ``run`` were given up before they were sent."""
    return sum(
        event.request_count
        for event in run.events
        if event.what == "cancelled" and event.request is None
    )

"""What a quota says to requests that come at given times, without a server."""

from collections.abc import Iterable

from inflight_lab.quotas.algorithms import QuotaCounter
from inflight_lab.runs.events import Event


def ask(quota: QuotaCounter, times: Iterable[float]) -> list[Event]:
    """Each request as it comes, and its answer at once: 200, or 429 if it is refused.

    ``times`` are in seconds and in order.  `draw_marks` draws what is returned.
    """
    events = []
    for number, time in enumerate(times, start=1):
        status = 429 if quota.admit(time) else 200
        events.append(Event(time, "sent", number, None, 0, 1))
        events.append(Event(time, "answered", number, status, 0, 0))
    return events

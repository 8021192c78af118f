"""Asks a quota about requests that come at given times, without a server."""

from collections.abc import Iterable

from inflight_lab.lesson.runs.events import Event
from inflight_lab.lesson.server.quotas import QuotaCounter


def ask(quota: QuotaCounter, times: Iterable[float]) -> list[Event]:
    """The events of requests that are answered at once: with 200, or 429 if refused.

    ``times`` are in seconds and in order.  `draw_marks` draws the events.
    """
    events = []
    for number, time in enumerate(times, start=1):
        status = 429 if quota.admit(time) else 200
        events.append(Event(time, "sent", number, None, 0, 1))
        events.append(Event(time, "answered", number, status, 0, 0))
    return events

"""What a panel would show, computed: for the picture of one that nobody has run."""

from heapq import heapify, heapreplace
from operator import attrgetter

from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runs.events import Stats
from inflight_lab.runs.run import Level, RequestEvent, Run, no_levels
from inflight_lab.runs.terms import Terms


def expected_run(count: int, *, limit: int | None, terms: Terms) -> Run:
    """A run of ``count`` requests through a semaphore of ``limit``, or of none.

    Every answer takes the latency of the ``terms``, or a thousandth of a second if that
    is less.
    """
    latency = max(terms.latency or 0.0, terms.way, 0.001)
    quota = None
    if policy := terms.quota:
        quota = KINDS[policy.kind](policy.rate, policy.period, policy.burst)
    slots = [0.0] * min(limit or count, count)
    heapify(slots)
    events = []
    refused = 0
    for number in range(count):
        sent = slots[0]
        ended = sent + latency
        heapreplace(slots, ended)
        arrived = sent + terms.way
        status = 429 if quota and quota.admit(arrived) else 200
        refused += status == 429
        events.append(RequestEvent(sent, "sent", number, None))
        events.append(RequestEvent(arrived, "arrived", number, status))
        events.append(RequestEvent(ended, "answered", number, status))
    events.sort(key=attrgetter("time"))
    levels = no_levels()
    if limit:
        levels["limit"].append(Level(0.0, limit))
    elapsed = max(slots, default=0.0)
    return Run(
        events=events,
        levels=levels,
        terms=[terms],
        counts=Stats(
            started=count,
            accepted=count - refused,
            refused=refused,
            peak_in_flight=len(slots),
            elapsed=elapsed,
        ),
        announced=count,
        unlimited=limit is None,
        now=elapsed,
    )

"""What a panel would show, computed: for the picture of one that nobody has run."""

import inspect
from heapq import heapify, heapreplace
from itertools import accumulate
from operator import attrgetter

from inflight_lab.engine.runner import Runner
from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runs.events import Stats
from inflight_lab.runs.run import Level, RequestEvent, Run, no_levels
from inflight_lab.runs.terms import Terms

HEADROOM = 1.0125
"""What a pacer adds to the spacing of its quota."""


def expected_run(
    count: int,
    *,
    limit: int | None,
    terms: Terms,
    pause: float = 0.0,
    spacing: float = 0.0,
) -> Run:
    """A run of ``count`` requests through a semaphore of ``limit``, or of none.

    Every answer takes the latency of the ``terms``, or a thousandth of a second if that
    is less.  A group that fills the slots keeps them for ``pause`` more seconds.
    Requests leave ``spacing`` seconds apart, or later.
    """
    latency = max(terms.latency or 0.0, terms.way, 0.001)
    quota = None
    if policy := terms.quota:
        quota = KINDS[policy.kind](policy.rate, policy.period, policy.burst)
    slots = [0.0] * min(limit or count, count)
    heapify(slots)
    events = []
    refused = 0
    due = 0.0
    for number in range(count):
        sent = max(slots[0], due)
        due = sent + spacing
        ended = sent + latency
        end_of_group = (number // len(slots) + 1) * len(slots)
        heapreplace(slots, ended + pause if end_of_group <= count else ended)
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
            peak_in_flight=_peak(events),
            elapsed=elapsed,
        ),
        announced=count,
        unlimited=limit is None,
        now=elapsed,
    )


def _peak(events: list[RequestEvent]) -> int:
    """The most in flight at once, of events in the order of their times."""
    changes = {"sent": 1, "answered": -1}
    return max(accumulate(changes.get(event.what, 0) for event in events), default=0)


def pause_of(runner: Runner) -> float:
    """Seconds that it pauses when its limit is reached; 0 for a runner without one."""
    return _default_of(runner, "pause") or 0.0


def spacing_of(runner: Runner) -> float:
    """Seconds between its requests; 0 for a runner without a rate."""
    rate = _default_of(runner, "rate")
    return HEADROOM * (_default_of(runner, "period") or 1.0) / rate if rate else 0.0


def _default_of(runner: Runner, name: str) -> float | None:
    """The number that it has for a parameter; None without one."""
    parameter = inspect.signature(runner).parameters.get(name)
    default = parameter.default if parameter else None
    return default if isinstance(default, int | float) else None

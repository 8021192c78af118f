"""Computes what a panel would show, for its picture until somebody runs it."""

import inspect
from heapq import heapreplace
from operator import attrgetter
from typing import NamedTuple

from inflight_lab.lesson.engine.runner import Runner
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.run import (
    Level,
    RequestEvent,
    Run,
    no_levels,
    outcomes_in,
)
from inflight_lab.lesson.runs.terms import Terms
from inflight_lab.lesson.server.quotas import KINDS

HEADROOM = 1.0125
"""A pacer spaces requests by this many times what its quota asks for."""
POOL = 100
"""Connections of httpx's client, inside which requests wait for one."""


class Timing(NamedTuple):
    """The times of one request: the client gets it, then has a connection for it; it
    ends, and its slot is free.
    """

    sent: float
    connected: float
    ended: float
    freed: float


def expected_run(
    count: int,
    *,
    limit: int | None,
    terms: Terms,
    pause: float = 0.0,
    spacing: float = 0.0,
) -> Run:
    """A run of ``count`` requests through a semaphore of ``limit``; None: without one.

    Every answer takes the latency of the ``terms``, but at least a millisecond.  A
    group that fills all slots keeps them for ``pause`` more seconds.  Requests are at
    least ``spacing`` seconds apart.
    """
    slots = min(limit or count, count)
    latency = max(terms.latency or 0.0, 0.001)
    timings = _timings(count, slots, latency=latency, pause=pause, spacing=spacing)
    events = _events_of(timings, terms)
    ends = outcomes_in(events)
    levels = no_levels()
    if limit:
        levels["limit"].append(Level(0.0, limit))
    elapsed = max((each.freed for each in timings), default=0.0)
    return Run(
        events=events,
        levels=levels,
        terms=[terms],
        counts=Stats(
            started=count,
            accepted=ends["accepted"],
            refused=ends["refused"],
            elapsed=elapsed,
        ),
        announced=count,
        unlimited=limit is None,
        now=elapsed,
    )


def _timings(
    count: int, slots: int, *, latency: float, pause: float, spacing: float
) -> list[Timing]:
    """Each request takes the first free slot, and then the first free connection."""
    free = [0.0] * slots  # when each slot is: a heap
    connections = [0.0] * POOL  # likewise
    due = 0.0
    timings = []
    for number in range(count):
        sent = max(free[0], due)
        due = sent + spacing
        connected = max(connections[0], sent)
        ended = connected + latency
        heapreplace(connections, ended)
        in_a_full_group = number < count // slots * slots
        freed = ended + pause if in_a_full_group else ended
        heapreplace(free, freed)
        timings.append(Timing(sent, connected, ended, freed))
    return timings


def _events_of(timings: list[Timing], terms: Terms) -> list[RequestEvent]:
    quota = None
    if policy := terms.quota:
        quota = KINDS[policy.kind](policy.rate, policy.period, policy.burst)
    events = []
    for number, (sent, connected, ended, _) in enumerate(timings):
        status = 429 if quota and quota.admit(connected) else 200
        events.append(RequestEvent(sent, "sent", number, None))
        events.append(RequestEvent(connected, "arrived", number, status))
        events.append(RequestEvent(ended, "answered", number, status))
    events.sort(key=attrgetter("time"))
    return events


def pause_of(runner: Runner) -> float:
    """Seconds that a runner pauses at its limit; 0 for a runner without a pause."""
    return _default_of(runner, "pause") or 0.0


def spacing_of(runner: Runner) -> float:
    """Seconds between a runner's requests; 0 for a runner without a rate."""
    rate = _default_of(runner, "rate")
    return HEADROOM * (_default_of(runner, "period") or 1.0) / rate if rate else 0.0


def _default_of(runner: Runner, name: str) -> float | None:
    """The default of a runner's parameter, if it is a number."""
    parameter = inspect.signature(runner).parameters.get(name)
    default = parameter.default if parameter else None
    return default if isinstance(default, int | float) else None

"""Code of the script that keeps the event loop from running."""

from collections.abc import Hashable

from inflight_lab.watch.counted import times
from inflight_lab.watch.findings.connections import client_for_each_request
from inflight_lab.watch.findings.finding import CERTAIN, Finding
from inflight_lab.watch.findings.fixes import snippet
from inflight_lab.watch.request_log import RequestLog

MIN_STOP = 0.015
"""Seconds; a shorter stop of the loop does not count.  It is sampled every 0.01 s."""

MAKING_A_CLIENT = 0.1
"""Seconds; it takes less to make one, even on a slow computer."""


def blocked_event_loop(log: RequestLog) -> Finding | None:
    """One line of the script blocks the loop, again and again or for long."""
    blocked = _seconds_by_line(log)
    if not blocked:
        return None
    line = max(blocked, key=lambda line: sum(blocked[line].values()))
    stops = [seconds for seconds in blocked[line].values() if seconds > MIN_STOP]
    total = sum(stops)
    if total <= 0.05 * log.seconds or (len(stops) < 3 and total <= 0.25):
        return None
    if _makes_clients(log, line, usual_stop=total / len(stops)):
        return None  # explained by these
    return Finding(
        CERTAIN,
        "A blocked event loop",
        facts=f"it stood still {times(len(stops))}, {total:.1f} s in all, at {line}",
        advice="Meanwhile nothing else runs: await what waits, "
        "and compute in a thread (notebook 01).",
        fix=snippet("threaded"),
    )


def _makes_clients(log: RequestLog, line: str, *, usual_stop: float) -> bool:
    """Whether a line makes a client for each request, which reads certificates."""
    sends = any(request.line == line for request in log.requests)
    is_brief = usual_stop < MAKING_A_CLIENT
    return is_brief and not sends and client_for_each_request(log) is not None


def _seconds_by_line(log: RequestLog) -> dict[str, dict[Hashable, float]]:
    """How long each line blocked a loop, for each call that the loop made."""
    seconds: dict[str, dict[Hashable, float]] = {}
    for event in log.blocked:
        call = (event.process, event.thread, event.began)
        calls = seconds.setdefault(event.line, {})
        calls[call] = calls.get(call, 0.0) + event.seconds
    return seconds

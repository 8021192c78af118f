"""A watched run in numbers."""

import sys
from collections import Counter

from inflight_lab.watch.counted import times
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_log import RequestLog

MAX_NAMED_KINDS = 3
"""How many kinds of refusals or failures the summary names: the most frequent."""


def summary(log: RequestLog) -> str:
    """The run in one sentence, and what could not be watched or imported."""
    sentences = [_requests(log), *_unseen(log), *_missing(log)]
    return " ".join(sentences)


def _requests(log: RequestLog) -> str:
    if not len(log):
        return "No request was seen."
    outcomes = _outcomes(log)
    total = sum(outcomes.values())
    how_many = "1 request" if total == 1 else f"{total} requests"
    numbers = []
    for outcome, count in outcomes.items():
        if count or outcome in ("accepted", "refused"):
            numbers.append(f"{count} {outcome}{_kinds(log, outcome)}")
    peak = log.timeline.stats().peak_in_flight
    return (
        f"{how_many} to {log.hosts_in_words} in {log.seconds:.1f} s, "
        f"at most {peak} in flight: {', '.join(numbers)}."
    )


def _outcomes(log: RequestLog) -> dict[str, int]:
    """How many requests ended how, of all that there were."""
    counts = log.timeline.stats()
    return {
        "accepted": counts.accepted,
        "refused": counts.refused,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
        "without an end": len(log.unfinished),
    }


def _kinds(log: RequestLog, outcome: str) -> str:
    """In brackets, the usual statuses and errors of an outcome: how often each.

    "" where there is nothing to add: a refusal is usually a 429.
    """
    kinds = Counter(
        _kind(request) for request in log.requests if _outcome(request) == outcome
    )
    if not kinds or (outcome == "refused" and set(kinds) == {"429"}):
        return ""
    named = [f"{kind} x {count}" for kind, count in kinds.most_common(MAX_NAMED_KINDS)]
    return f" ({', '.join(named)})"


def _outcome(request: Request) -> str:
    """The outcome whose kinds are named; "" for the others."""
    if request.is_refused:
        return "refused"
    if request.error and request.error != "cancelled":
        return "failed"
    return "failed" if request.status >= 400 else ""


def _kind(request: Request) -> str:
    return request.error or str(request.status)


def _missing(log: RequestLog) -> list[str]:
    """What to do about a module that the script's environment has, and ours has not."""
    return [
        f"The script needs {event.missing}, which is not installed in {sys.prefix}: "
        "install inflight-lab in the environment of the script, and run watch there."
        for event in log.raised
        if event.missing
    ]


def _unseen(log: RequestLog) -> list[str]:
    uses = Counter(event.library for event in log.unseen)
    return [
        f"{library} was used ({times(count)}), its requests were not seen."
        for library, count in uses.items()
    ]

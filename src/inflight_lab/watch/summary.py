"""A watched run in numbers."""

from collections import Counter

from inflight_lab.watch.request_log import RequestLog

MAX_NAMED_ERRORS = 3
"""How many kinds of errors the summary names: the most frequent ones."""


def summary(log: RequestLog) -> str:
    """The run in one sentence, and one for each library that could not be watched."""
    sentences = [_requests(log), *_unseen(log)]
    return " ".join(sentences)


def _requests(log: RequestLog) -> str:
    if not len(log):
        return "No request of httpx or httpx2 was seen."
    outcomes = _outcomes(log)
    total = sum(outcomes.values())
    how_many = "1 request" if total == 1 else f"{total} requests"
    numbers = []
    for outcome, count in outcomes.items():
        if count or outcome in ("accepted", "refused"):
            errors = _errors(log) if outcome == "failed" else ""
            numbers.append(f"{count} {outcome}{errors}")
    peak = log.timeline.stats().peak_in_flight
    return (
        f"{how_many} to {_hosts(log)} in {log.seconds:.1f} s, "
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


def _errors(log: RequestLog) -> str:
    """The usual errors in brackets; "" if every request was answered."""
    errors = Counter(request.error for request in log.requests)
    del errors[""], errors["cancelled"]
    if not errors:
        return ""
    named = [
        f"{count} {error}" for error, count in errors.most_common(MAX_NAMED_ERRORS)
    ]
    return f" ({', '.join(named)})"


def _hosts(log: RequestLog) -> str:
    hosts = sorted(log.hosts)
    return " and ".join(hosts) if len(hosts) < 3 else f"{len(hosts)} hosts"


def _unseen(log: RequestLog) -> list[str]:
    uses = Counter(event.library for event in log.unseen)
    return [
        f"{library} was used ({count}x), its requests were not seen."
        for library, count in uses.items()
    ]

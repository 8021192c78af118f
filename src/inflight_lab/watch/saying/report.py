"""A run in words: one sentence of numbers, and what stood out."""

from collections import Counter
from collections.abc import Sequence

from inflight_lab.watch.noting.request_log import (
    OUTCOMES,
    Request,
    RequestLog,
    seconds_of,
)
from inflight_lab.watch.saying.counting import (
    counted,
    kinds_of,
    most_at_once,
    sent_times,
)
from inflight_lab.watch.saying.findings import FEW, diagnose

MADE_UP = (
    "The script did not end well. If it missed a field: practice answers are made up, "
    "one object each, with no field of your API's own, no list and no next page."
)


def report(log: RequestLog) -> list[str]:
    """The lines that are said at the end, the summary first."""
    lines = [str(finding) for finding in diagnose(log)]
    has_raised = log.exit_status == 1  # no signal has ended it
    if log.practice and has_raised and log.requests:
        lines.append(MADE_UP)
    return [summary(log), *(lines or _all_is_well(log.requests))]


def _all_is_well(requests: Sequence[Request]) -> list[str]:
    if not requests:
        return []
    if len(requests) < FEW:
        return ["Too few requests to say more."]
    if any(each.is_failure or each.is_over_quota for each in requests):
        return ["Each request that failed was sent again."]
    return ["Nothing stood out."]


def summary(log: RequestLog) -> str:
    """``300 requests to api.example.com in 0.5 s, at most 100 in flight: ...``"""
    requests = log.requests
    if not requests:
        return f"No request was seen. {_why_none(log)}"
    by_outcome = {
        outcome: [each for each in requests if each.outcome == outcome]
        for outcome in OUTCOMES
    }
    never_sent = by_outcome.pop("never sent")
    sent = [each for each in requests if each.sent is not None]
    made = f" made, {len(sent)} sent" if never_sent else ""
    numbers = [
        f"{len(those)} {outcome}{_kinds(those)}"
        for outcome, those in by_outcome.items()
        if those or outcome in ("accepted", "refused")
    ]
    peak = most_at_once(sent, sent_times(sent))
    return (
        f"{counted(len(requests), 'request')}{made} to {_hosts(requests)} in "
        f"{seconds_of(requests):.1f} s, at most {peak} in flight: {', '.join(numbers)}."
    )


def _why_none(log: RequestLog) -> str:
    if log.exit_status and log.exit_status > 0:  # no signal has ended it
        return "The script ended with an error before it sent one."
    return (
        "The script sent none, as one does that has all its answers in a file; or not "
        "with httpx, httpx2, aiohttp or requests; or in another process."
    )


def _kinds(requests: Sequence[Request]) -> str:
    """What refused or failed, unless it goes without saying."""
    failed = [each for each in requests if each.is_unanswered or each.is_failure]
    if all(each.status == 429 for each in failed):
        return ""
    return f" ({kinds_of(failed)})"


def _hosts(requests: Sequence[Request]) -> str:
    """The host that most went to, and how many others there are."""
    hosts = Counter(each.host for each in requests)
    ((busiest, _),) = hosts.most_common(1)
    others = counted(len(hosts) - 1, "other host")
    return f"{busiest} and {others}" if others else busiest

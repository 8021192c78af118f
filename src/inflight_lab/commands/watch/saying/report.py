"""A run in words: one sentence of numbers, and what stood out."""

from collections import Counter
from collections.abc import Sequence

from inflight_lab.commands.watch.noting.request_log import Request, RequestLog
from inflight_lab.commands.watch.saying.counting import (
    counted,
    kinds_of,
    most_at_once,
    seconds_of,
)
from inflight_lab.commands.watch.saying.findings import FEW, diagnose

MADE_UP = (
    "The script did not end well. If it missed a field: practice answers are made up, "
    "one object each, with no field of your API's own, no list and no next page."
)
NOT_BEGUN = "No request was seen. The script ended with an error before it sent one."
NONE_SENT = (
    "No request was seen. The script sent none, as one does that has all its answers "
    "in a file; or not with httpx, httpx2, aiohttp or requests; or in another process."
)

NO_ANSWER = ("never sent", "cancelled", "without an end")
"""Outcomes of requests that neither an answer nor a failure has ended."""


def report(log: RequestLog) -> list[str]:
    """The lines that are said at the end, the summary first."""
    has_raised = (log.exit_status or 0) > 0  # no signal has ended it
    if not log.requests:
        return [NOT_BEGUN if has_raised else NONE_SENT]
    lines = diagnose(log)
    if log.practice and log.exit_status == 1:
        lines.append(MADE_UP)
    return [summary(log.requests), *(lines or [_nothing_else(log)])]


def _nothing_else(log: RequestLog) -> str:
    requests = log.requests
    open_ends = sum(each.outcome in NO_ANSWER for each in requests)
    was_stopped = (log.exit_status or 0) < 0
    if was_stopped and open_ends:
        count = counted(len(requests), "request")
        return f"The script was stopped when {open_ends} of {count} had no answer."
    if len(requests) < FEW:
        return "Too few requests to say more."
    if any(each.is_failure or each.is_over_quota for each in requests):
        return "Each request that failed was sent again."
    return "Nothing stood out."


def summary(requests: Sequence[Request]) -> str:
    """``300 requests to api.example.com in 0.5 s, at most 100 in flight: ...``"""
    by_outcome: dict[str, list[Request]] = {"accepted": [], "refused": []}
    for request in requests:
        by_outcome.setdefault(request.outcome, []).append(request)
    made = ""
    if by_outcome.pop("never sent", None):
        sent = sum(each.sent is not None for each in requests)
        made = f" made, {sent} sent"
    numbers = [
        f"{len(these)} {outcome}{_kinds(these)}"
        for outcome, these in by_outcome.items()
    ]
    return (
        f"{counted(len(requests), 'request')}{made} to {_hosts(requests)} in "
        f"{seconds_of(requests):.1f} s, at most {most_at_once(requests)} in flight: "
        f"{', '.join(numbers)}."
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

"""Refusals: which are because of a quota, and those that no wait will change."""

from collections import Counter

from inflight_lab.watch.findings.finding import CERTAIN, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import with_retries
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog

OVERLOADED = (503, 529)
"""The API has no room for anybody: these name a quota only if they say when to come."""


def because_of_quotas(group: RequestGroup) -> RequestGroup:
    """The requests that were refused because of a quota."""
    return RequestGroup([each for each in group.requests if _meets_a_quota(each)])


def _meets_a_quota(request: Request) -> bool:
    refusal = request.refusal
    if refusal is None or refusal.is_permanent or not request.is_refused:
        return False
    return refusal.pause is not None or request.status not in OVERLOADED


def refusals(refused: RequestGroup) -> str:
    """How many were refused, and how: ``43 refusals (403 x 40, 429 x 3)``."""
    count = len(refused)
    words = "1 refusal" if count == 1 else f"{count} refusals"
    counts = Counter(request.status for request in refused.requests)
    if len(counts) == 1:
        return f"{words} ({refused.first.status})"
    named = [f"{status} x {count}" for status, count in sorted(counts.items())]
    return f"{words} ({', '.join(named)})"


def refused_for_good(log: RequestLog) -> Finding | None:
    """A host said that no wait will help, and more requests were sent to it."""
    for group in log.by_host():
        first = _first_for_good(group)
        if first is None:
            continue
        later = [each for each in group.requests if each.asked > _end_of(first)]
        if len(later) >= MIN_EVIDENCE:
            return _for_good(group, first, requests_after=len(later))
    return None


def _for_good(group: RequestGroup, first: Request, *, requests_after: int) -> Finding:
    words = first.refusal.reason if first.refusal else ""
    said = f'"{words.rstrip(".")}"' if words else "that it should not be sent again"
    return Finding(
        CERTAIN,
        "Sent again, though no wait will help",
        facts=f"{first.host} answered {first.status} and said {said}; "
        f"you sent {requests_after} requests after that",
        advice="Stop at the first refusal of this kind, and look at your account "
        "(notebook 08).",
        fix=with_retries(group),
    )


def _first_for_good(group: RequestGroup) -> Request | None:
    """The first answer that says so about all requests, not about its own."""
    for_good = [
        request
        for request in group.requests
        if request.refusal is not None
        and request.refusal.is_permanent
        and request.refusal.concerns_all
    ]
    return min(for_good, key=_end_of, default=None)


def _end_of(request: Request) -> float:
    return request.asked + request.seconds

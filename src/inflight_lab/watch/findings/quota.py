"""More requests than the API allows."""

from inflight_lab.runners.quota_fields import quota_states_in
from inflight_lab.watch.announced_quota import AnnouncedQuota, fields_in
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from inflight_lab.watch.findings.fixes import (
    at_the_quotas,
    note_on_the_library,
    snippet,
)
from inflight_lab.watch.findings.refusals import because_of_quotas, statuses
from inflight_lab.watch.findings.tokens import name_tokens
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import (
    RequestGroup,
    average_within,
    most_within,
)
from inflight_lab.watch.request_log import RequestLog

ADVICE = (
    "Pace them: a limit on requests in flight doesn't limit the rate (notebook 06)."
)
ONE_AT_A_TIME = (
    "Pace them, and when an answer says that none is left, wait as long as it says "
    "(notebook 06)."
)

MORE = 1.05
"""By how much an average must be above the quota: one at the quota varies a little."""

EDGE = 0.9
"""The share of a quota from which on network delay alone may exceed it."""


def refused_requests(log: RequestLog) -> Finding | None:
    """A host refused requests: it was sent more of them than it allows."""
    for group in log.by_host():
        refused = because_of_quotas(group)
        if len(refused) and not name_tokens(refused):
            quotas = log.quotas_by_host.get(group.first.host, [])
            for quota in quotas:
                finding = _over_the_quota(group, refused, quota, quotas)
                finding = finding or _at_its_edge(group, refused, quota, quotas)
                if finding:
                    return finding
            return _refused(group, refused)
    return None


def _over_the_quota(
    group: RequestGroup,
    refused: RequestGroup,
    quota: AnnouncedQuota,
    all_quotas: list[AnnouncedQuota],
) -> Finding | None:
    allowed, window, is_certain = quota
    times = group.sent_times
    most = most_within(window, times)
    if most <= allowed:
        return None
    average = min(most, average_within(window, times))
    in_bursts = " and in bursts" if most >= 1.5 * average else ""
    is_too_fast = average > MORE * allowed
    how = f"on average{in_bursts}" if is_too_fast else "in bursts"
    return Finding(
        CERTAIN if is_certain else LIKELY,
        f"Over the quota {how}",
        facts=f"{statuses(refused)} from {group.first.host}. "
        f"{_said(quota)}; you sent {_sent_within(window, times)}"
        f"{_after_none_was_left(group)}",
        advice=f"{_advice(group)}{note_on_the_library(group)}",
        fix=at_the_quotas(group, all_quotas),
    )


def _said(quota: AnnouncedQuota) -> str:
    """What is known of the quota, and what is a guess."""
    allowed, window, is_certain = quota
    if is_certain:
        return f"In {window:g} s {allowed:g} are allowed"
    return (
        f"The headers said that {allowed:g} are allowed, but not in which time; "
        f"from the reset in them, a guess is {window:g} s"
    )


def _sent_within(window: float, times: list[float]) -> str:
    """How many were sent: an average only if there was more than one window."""
    seconds = max(times) - min(times)
    if seconds <= window:
        return f"{len(times)} within {seconds:.1f} s"
    most = most_within(window, times)
    average = min(most, average_within(window, times))
    return f"{average:.0f} in {window:g} s on average, and {most} in the busiest"


def _after_none_was_left(group: RequestGroup) -> str:
    """How many were sent although an answer had said to wait: of the first that did."""
    for request in group.requests:
        pause = _pause_until_more(request)
        if pause is not None and request.ended is not None:
            until = request.ended + pause
            ignored = [
                each for each in group.requests if request.ended < each.asked < until
            ]
            return f", {len(ignored)} of them after none was left" if ignored else ""
    return ""


def _pause_until_more(request: Request) -> float | None:
    """Seconds from an answer that leaves nothing; None if something is left."""
    if not request.is_refused:
        return None
    states = quota_states_in(fields_in(request.headers))
    pauses = [each.seconds for each in states if each.remaining == 0]
    return max(pauses, default=None)


def _advice(group: RequestGroup) -> str:
    return ADVICE if group.most_in_flight() > 1 else ONE_AT_A_TIME


def _at_its_edge(
    group: RequestGroup,
    refused: RequestGroup,
    quota: AnnouncedQuota,
    all_quotas: list[AnnouncedQuota],
) -> Finding | None:
    """Nearly as many were sent as are allowed, and a few of them were refused."""
    allowed, window, _ = quota
    most = most_within(window, group.sent_times)
    is_near = EDGE * allowed <= most <= allowed
    if not is_near or len(refused) > (1 - EDGE) * len(group):
        return None
    return Finding(
        LIKELY,
        "At the edge of the quota",
        facts=f"{statuses(refused)} from {group.first.host}. "
        f"{_said(quota)}, and you sent up to {most}; "
        "on their way some may come closer together",
        advice="Leave a little of the quota unused (notebook 06).",
        fix=at_the_quotas(group, all_quotas),
    )


def _refused(group: RequestGroup, refused: RequestGroup) -> Finding:
    accepted = sum(0 < request.status < 400 for request in group.requests)
    return Finding(
        LIKELY,
        "Refused",
        facts=f"{statuses(refused)} from {group.first.host}, "
        "and no quota in its headers explains them. "
        f"In the whole run, {accepted} of {len(group)} were accepted, "
        f"in {group.seconds:.1f} s",
        advice=f"{_advice(group)}{note_on_the_library(group)}",
        fix=snippet("adaptive"),
    )

"""More requests than the API allows."""

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from inflight_lab.watch.findings.fixes import at_a_rate, snippet
from inflight_lab.watch.findings.refusals import because_of_quotas, statuses
from inflight_lab.watch.findings.tokens import name_tokens
from inflight_lab.watch.request_group import (
    RequestGroup,
    average_within,
    most_within,
)
from inflight_lab.watch.request_log import RequestLog

ADVICE = (
    "Pace them: a limit on requests in flight doesn't limit the rate (notebook 06)."
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
        f"In {window:g} s {allowed:g} are allowed; "
        f"you sent {average:.0f} on average and {most} in the busiest",
        advice=ADVICE,
        fix=snippet(at_a_rate(group), all_quotas),
    )


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
        f"In {window:g} s {allowed:g} are allowed, and you sent up to {most}; "
        "on their way some may come closer together",
        advice="Leave a little of the quota unused (notebook 06).",
        fix=snippet(at_a_rate(group), all_quotas),
    )


def _refused(group: RequestGroup, refused: RequestGroup) -> Finding:
    accepted = [
        request.sent
        for request in group.requests
        if request.sent is not None and 0 < request.status < 400
    ]
    return Finding(
        LIKELY,
        "Refused",
        facts=f"{statuses(refused)} from {group.first.host}, "
        "and no quota in its headers explains them. "
        f"You sent up to {most_within(1, group.sent_times)} in a second; "
        f"up to {most_within(1, accepted)} in a second were accepted",
        advice=ADVICE,
        fix=snippet("adaptive"),
    )

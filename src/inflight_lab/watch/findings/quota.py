"""More requests than the API allows."""

import math

from inflight_lab.runners.quota_fields import quota_states_in
from inflight_lab.watch.announced_quota import AnnouncedQuota, fields_in
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from inflight_lab.watch.findings.fixes import at_the_quotas, note_on_the_library
from inflight_lab.watch.findings.refusals import because_of_quotas, refusals
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

LOOK_IT_UP = (
    "The rate filled in below is what was accepted: look for the quota in the API's "
    "documentation."
)

MORE = 1.05
"""By how much an average must be above the quota: one at the quota varies a little."""

AT_ONCE = 0.05
"""Seconds; what is sent in a shorter time is sent at once."""

EDGE = 0.9
"""The share of a quota from which on network delay alone may exceed it."""


def refused_requests(log: RequestLog) -> Finding | None:
    """A host refused requests: it was sent more of them than it allows."""
    for group in log.by_host():
        refused = because_of_quotas(group)
        if len(refused) and not name_tokens(refused):
            quotas = log.quotas_of(group.first.host)
            for quota in quotas:
                finding = _over_the_quota(group, refused, quota, quotas)
                finding = finding or _at_its_edge(group, refused, quota, quotas)
                if finding:
                    return finding
            return _refused(group, refused, log.quotas_by_host)
    return None


def _over_the_quota(
    group: RequestGroup,
    refused: RequestGroup,
    quota: AnnouncedQuota,
    all_quotas: list[AnnouncedQuota],
) -> Finding | None:
    allowed, window = quota.quota, quota.window
    times = group.sent_times
    most = most_within(window, times)
    if most <= allowed:
        return None
    return Finding(
        CERTAIN if quota.is_certain else LIKELY,
        f"Over the quota{_how(allowed, window, times)}",
        facts=f"{refusals(refused)} from {group.first.host}. "
        f"{_said(quota)}; you sent {_sent_within(window, times)}"
        f"{_after_none_was_left(group)}",
        advice=f"{_advice(group)}{note_on_the_library(group)}",
        fix=at_the_quotas(group, all_quotas),
    )


def _how(allowed: float, window: float, times: list[float]) -> str:
    """On average, in bursts, or both; "" if all came within one window."""
    if max(times) - min(times) <= window:
        return ""
    most = most_within(window, times)
    average = min(most, average_within(window, times))
    if average <= MORE * allowed:
        return " in bursts"
    in_bursts = " and in bursts" if most >= 1.5 * average else ""
    return f" on average{in_bursts}"


def _said(quota: AnnouncedQuota) -> str:
    """What is known of the quota, and what is a guess."""
    if quota.is_certain:
        return f"In {quota.window:g} s {quota.quota:g} are allowed"
    return (
        f"The headers said that {quota.quota:g} are allowed, but not in which time; "
        f"from the reset in them, a guess is {quota.window:g} s"
    )


def _sent_within(window: float, times: list[float]) -> str:
    """How many were sent: an average only if there was more than one window."""
    seconds = max(times) - min(times)
    if seconds < AT_ONCE:
        return f"{len(times)} at once"
    if seconds <= window:
        return f"{len(times)} within {seconds:.1f} s"
    most = most_within(window, times)
    average = min(most, average_within(window, times))
    return f"{average:.0f} in {window:g} s on average, and up to {most}"


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
    most = most_within(quota.window, group.sent_times)
    is_near = EDGE * quota.quota <= most <= quota.quota
    if not is_near or len(refused) > (1 - EDGE) * len(group):
        return None
    return Finding(
        LIKELY,
        "At the edge of the quota",
        facts=f"{refusals(refused)} from {group.first.host}. "
        f"{_said(quota)}, and you sent up to {most}; "
        "on their way some may come closer together",
        advice="Leave a little of the quota unused (notebook 06).",
        fix=at_the_quotas(group, all_quotas),
    )


def _refused(
    group: RequestGroup,
    refused: RequestGroup,
    announced: dict[str, list[AnnouncedQuota]],
) -> Finding:
    """Where no known quota explains it: what was accepted is the best measure."""
    accepted = sum(request.is_accepted for request in group.requests)
    quotas = announced.get(group.first.host, [])
    return Finding(
        LIKELY,
        "Refused",
        facts=f"{refusals(refused)} from {group.first.host}, "
        f"{_does_not_explain(quotas)}. "
        f"In the whole run, {accepted} of {len(group)} were accepted, "
        f"in {group.seconds:.1f} s",
        advice=f"{_advice(group)} {LOOK_IT_UP}{note_on_the_library(group)}",
        fix=at_the_quotas(group, _as_accepted(accepted, group.seconds)),
    )


def _does_not_explain(quotas: list[AnnouncedQuota]) -> str:
    guesses = [quota for quota in quotas if not quota.is_certain]
    if not guesses:
        return "and no quota in its headers explains them"
    return (
        f"and its headers say that {guesses[0].quota:g} are allowed, "
        "but not in which time"
    )


def _as_accepted(accepted: int, seconds: float) -> list[AnnouncedQuota]:
    """What was accepted, as a quota to begin with."""
    if not accepted:
        return []
    return [AnnouncedQuota(accepted, max(1, math.ceil(seconds)), is_certain=False)]

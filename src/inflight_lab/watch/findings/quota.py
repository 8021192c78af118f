"""More requests than the API allows."""

import math
from dataclasses import replace

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from inflight_lab.watch.findings.fixes import at_the_quotas
from inflight_lab.watch.findings.notes import with_notes
from inflight_lab.watch.findings.pace import (
    UNEVENLY,
    Pace,
    pace_advice,
    refused_while_asked_to_wait,
)
from inflight_lab.watch.findings.refusals import because_of_quotas, refusals
from inflight_lab.watch.findings.tokens import name_tokens
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog

LOOK_IT_UP = (
    "The rate filled in below is what was accepted: look for the quota in the API's "
    "documentation."
)
A_TENTH_LESS = "The command below leaves about a tenth of it unused."
EDGE = 0.1
"""The share of a quota that network delay alone may be responsible for."""
HALF = 0.5
"""If more are refused than that, network delay alone does not explain it."""


def refused_requests(log: RequestLog) -> Finding | None:
    """An API refused requests: it was sent more of them than it allows."""
    for group in log.by_api():
        refused = because_of_quotas(group)
        if len(refused) and not name_tokens(refused):
            for quota in log.quotas_of(group):
                pace = Pace(quota, group.sent_times)
                if _is_at_its_edge(pace, group, refused):
                    return _at_its_edge(log, group, refused, pace)
                if pace.most > quota.quota:
                    return _over_the_quota(log, group, refused, pace)
            return _refused(log, group, refused)
    return None


def _over_the_quota(
    log: RequestLog, group: RequestGroup, refused: RequestGroup, pace: Pace
) -> Finding:
    command = at_the_quotas(group, log.quotas_of(group))
    return Finding(
        CERTAIN if pace.quota.is_certain else LIKELY,
        f"Over the quota{pace.how}",
        facts=f"{refusals(refused)} from {group.hosts_in_words}. {_said(pace.quota)}; "
        f"you sent {pace.in_words}{_sent_in_spite(group)}",
        advice=pace_advice(log, group, pace),
        fix=with_notes(command, group),
    )


def _sent_in_spite(group: RequestGroup) -> str:
    late = refused_while_asked_to_wait(group)
    if not late:
        return ""
    were = "1 of the refused was" if late == 1 else f"{late} of the refused were"
    return f". {were} sent while the API was still asking you to wait"


def _said(quota: AnnouncedQuota) -> str:
    """What is known of the quota, and what is a guess."""
    if quota.is_certain:
        return f"In {quota.window:g} s {_allowed(quota)}"
    return (
        f"The headers said that {_allowed(quota)}, but not in which time; "
        f"from the reset in them, a guess is {quota.window:g} s"
    )


def _is_at_its_edge(pace: Pace, group: RequestGroup, refused: RequestGroup) -> bool:
    """Nearly as many were sent as are allowed, and some of them were refused.

    A few may be one too many, on average few enough.
    """
    allowed = pace.quota.quota
    share = len(refused) / len(group)
    if pace.most <= allowed:
        return pace.most >= (1 - EDGE) * allowed and share <= HALF
    one_too_many = pace.most <= allowed + max(1, EDGE * allowed)
    is_paced = not pace.is_within_one_window and not pace.is_too_fast_on_average
    return one_too_many and is_paced and share <= EDGE


def _at_its_edge(
    log: RequestLog, group: RequestGroup, refused: RequestGroup, pace: Pace
) -> Finding:
    lower = [_a_little_lower(quota) for quota in log.quotas_of(group)]
    return Finding(
        LIKELY,
        "At the edge of the quota",
        facts=f"{refusals(refused)} from {group.hosts_in_words}. "
        f"{_said(pace.quota)}, and you sent up to {pace.most}; "
        "on their way some may come closer together",
        advice="Leave a little of the quota unused (notebook 06)."
        f"{UNEVENLY if log.paced else ''}",
        fix=replace(at_the_quotas(group, lower), note=A_TENTH_LESS),
    )


def _a_little_lower(quota: AnnouncedQuota) -> AnnouncedQuota:
    """As many requests, in a tenth more time."""
    return quota._replace(window=round((1 + EDGE) * quota.window, 3))


def _refused(log: RequestLog, group: RequestGroup, refused: RequestGroup) -> Finding:
    """Where no known quota explains it: what was accepted is the best measure."""
    accepted = sum(request.is_accepted for request in group.requests)
    command = at_the_quotas(group, _as_accepted(accepted, group.seconds))
    return Finding(
        LIKELY,
        "Refused",
        facts=f"{refusals(refused)} from {group.hosts_in_words}, "
        f"{_does_not_explain(log, group)}. "
        f"In the whole run, {accepted} of {len(group)} were accepted, "
        f"in {group.seconds:.1f} s",
        advice=pace_advice(log, group),
        fix=with_notes(command, group, first=LOOK_IT_UP if accepted else ""),
    )


def _does_not_explain(log: RequestLog, group: RequestGroup) -> str:
    for quota in log.quotas_of(group):
        most = Pace(quota, group.sent_times).most
        window = f"{quota.window:g} s" + ("" if quota.is_certain else " (a guess)")
        return f"though {_allowed(quota)} in {window}, and you sent at most {most}"
    for guess in log.announced_to(group):
        return f"and its headers say that {_allowed(guess)}, but not in which time"
    return "and no quota in its headers explains them"


def _allowed(quota: AnnouncedQuota) -> str:
    return "1 is allowed" if quota.quota == 1 else f"{quota.quota:g} are allowed"


def _as_accepted(accepted: int, seconds: float) -> list[AnnouncedQuota]:
    """What was accepted, as a quota to begin with."""
    if not accepted:
        return []
    return [AnnouncedQuota(accepted, max(1, math.ceil(seconds)), is_certain=False)]

"""What is said of a run in which nothing stood out."""

from inflight_lab.watch.findings.finding import MIN_EVIDENCE
from inflight_lab.watch.findings.pace import Pace
from inflight_lab.watch.request_log import RequestLog


def verdict_on(log: RequestLog) -> str:
    """A sentence; "" if there were too few requests to tell."""
    if len(log) < MIN_EVIDENCE:
        return ""
    if not all(request.is_accepted for request in log.requests):
        return "Nothing else stood out."
    return f"Nothing stood out: all {len(log)} requests were accepted{_used(log)}."


def _used(log: RequestLog) -> str:
    """How much of the quota was used; "" if none is known for certain."""
    pace = most_used_quota(log)
    if pace is None:
        return ""
    share = share_of(pace)
    used = "less than 1%" if share < 0.01 else f"{share:.0%}"
    allowed = f"{pace.quota.quota:,g} in {pace.quota.window:g} s"
    return f", and {used} of the quota was used ({allowed})"


def most_used_quota(log: RequestLog) -> Pace | None:
    """What was sent beside the quota that was used most.

    None: no quota is known for certain, or there are several APIs.
    """
    apis = log.by_api()
    if len(apis) > 1:
        return None
    (group,) = apis
    paces = [
        Pace(quota, group.sent_times)
        for quota in log.quotas_of(group)
        if quota.is_certain
    ]
    return max(paces, key=share_of, default=None)


def share_of(pace: Pace) -> float:
    """How much was sent, out of what the quota allowed in that time."""
    sent = float(pace.most)
    if not pace.is_within_one_window:
        intervals = len(pace.times) - 1
        sent = min(sent, intervals * pace.quota.window / pace.seconds)
    return sent / pace.quota.quota

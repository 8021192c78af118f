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
    share = share_of_the_quota(log)
    used = f", and {share:.0%} of the quota was used" if share else ""
    return f"Nothing stood out: all {len(log)} requests were accepted{used}."


def share_of_the_quota(log: RequestLog) -> float:
    """How much was sent, out of what the quota allowed in that time.

    Of several quotas, the one that is used most counts.  0: none is known for certain,
    or there are several APIs.
    """
    apis = log.by_api()
    if len(apis) > 1:
        return 0.0
    (group,) = apis
    shares = [
        _share(Pace(quota, group.sent_times))
        for quota in log.quotas_of(group)
        if quota.is_certain
    ]
    return max(shares, default=0.0)


def _share(pace: Pace) -> float:
    sent = float(pace.most)
    if not pace.is_within_one_window:
        intervals = len(pace.times) - 1
        sent = min(sent, intervals * pace.quota.window / pace.seconds)
    return sent / pace.quota.quota

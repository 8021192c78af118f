"""The header fields in which the practice API says what is left of its quota."""

import math

from inflight_lab.quotas.algorithms import KINDS_WITH_BURST, Quota
from inflight_lab.quotas.fields import in_digits, policy_field
from inflight_lab.runs.quota_policy import QuotaPolicy


def draft_fields(
    policy: QuotaPolicy, requests: Quota, *, now: float, wait: float
) -> dict[str, str]:
    """``RateLimit-Policy`` and ``RateLimit``, with r remaining and t seconds.

    Source: draft-ietf-httpapi-ratelimit-headers-10.  ``wait`` is how many seconds a
    refused request must wait.
    """
    seconds = math.ceil(wait or _seconds_until_more(policy))
    remaining = requests.remaining(now)
    return {
        "RateLimit-Policy": policy_field(policy.rate, policy.period),
        "RateLimit": f'"default";r={remaining};t={seconds}',
    }


def token_fields(
    policy: QuotaPolicy, quotas: dict[str, Quota], *, now: float
) -> dict[str, str]:
    """What OpenAI's API sends: of requests and of tokens the limit, what remains, and
    the seconds until all of it is there again.
    """
    fields = {}
    for name, quota in quotas.items():
        whole = _largest_burst(policy, quota)
        fields[f"x-ratelimit-limit-{name}"] = in_digits(quota.rate)
        fields[f"x-ratelimit-remaining-{name}"] = str(quota.remaining(now))
        fields[f"x-ratelimit-reset-{name}"] = f"{quota.wait(now, whole):.3f}s"
    return fields


def _seconds_until_more(policy: QuotaPolicy) -> float:
    """Until a window has passed, or until the next request is due."""
    if policy.kind in KINDS_WITH_BURST:
        return policy.period / policy.rate
    return policy.period


def _largest_burst(policy: QuotaPolicy, quota: Quota) -> int:
    """How much an unused quota admits at once."""
    if policy.kind in KINDS_WITH_BURST:
        return quota.burst
    return math.floor(quota.rate)

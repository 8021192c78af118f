"""Whether a request is admitted: the quota of requests, and of tokens beside it."""

import math
from dataclasses import dataclass, field

from inflight_lab.quotas.algorithms import KINDS, Quota
from inflight_lab.quotas.fields import in_digits
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.server.quota_headers import draft_fields, token_fields


@dataclass(frozen=True)
class Decision:
    """What a request gets: an answer, or a refusal that says why."""

    status: int = 200
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def admitted(self) -> bool:
        """Whether it is answered."""
        return self.status == 200


def busy(most: int) -> Decision:
    """Refuse a request because ``most`` are in flight already."""
    reason = f"more than {most} requests at once"
    return Decision(503, reason, {"Retry-After": "1"})


class Counters:
    """Counts requests, and the tokens that they cost, whatever the policy of the day.

    A count goes on when the numbers of a policy change, and starts over when its kind
    does.
    """

    def __init__(self) -> None:
        self._quotas: dict[str, Quota] = {}

    def decide(self, policy: QuotaPolicy, *, tokens: int, now: float) -> Decision:
        """Admit a request that arrives ``now`` by all quotas, or refuse it by one.

        A refused request is counted by none of them.
        """
        quotas = self._quotas_of(policy)
        costs = {"requests": 1, "tokens": tokens}
        waits = {name: quota.wait(now, costs[name]) for name, quota in quotas.items()}
        strictest = max(waits, key=waits.__getitem__)
        wait = waits[strictest]
        if not wait:
            for name, quota in quotas.items():
                quota.take(now, costs[name])
        headers = draft_fields(policy, quotas["requests"], now=now, wait=wait)
        if "tokens" in quotas:
            headers |= token_fields(policy, quotas, now=now)
        if not wait:
            return Decision(headers=headers)
        headers["Retry-After"] = str(math.ceil(wait))  # RFC 9110, 10.2.3: whole seconds
        allowed = in_digits(quotas[strictest].rate)
        reason = f"more than {allowed} {strictest} in {in_digits(policy.period)} s"
        return Decision(429, reason, headers)

    def standing(self, policy: QuotaPolicy | None, now: float) -> float | None:
        """How the quota of requests stands ``now``, if requests were counted by it."""
        quota = self._quotas.get("requests")
        if policy is None or type(quota) is not KINDS[policy.kind]:
            return None
        return quota.standing(now)

    def _quotas_of(self, policy: QuotaPolicy) -> dict[str, Quota]:
        """The quotas by what they count, with the numbers of ``policy``."""
        quotas = {"requests": self._quota("requests", policy)}
        if policy.tokens:
            of_tokens = policy._replace(rate=policy.tokens, burst=policy.tokens)
            quotas["tokens"] = self._quota("tokens", of_tokens)
        return quotas

    def _quota(self, name: str, policy: QuotaPolicy) -> Quota:
        kind = KINDS[policy.kind]
        quota = self._quotas.get(name)
        if type(quota) is not kind:
            quota = kind(policy.rate, policy.period, policy.burst)
            self._quotas[name] = quota
        quota.rate = policy.rate
        quota.period = policy.period
        quota.burst = policy.burst
        return quota

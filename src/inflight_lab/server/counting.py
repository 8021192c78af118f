"""Whether a request is admitted: the quota of requests, and of tokens beside it."""

import math
from dataclasses import dataclass

from inflight_lab.quotas.algorithms import KINDS, KINDS_WITH_BURST, Quota
from inflight_lab.runs.quota_policy import QuotaPolicy


@dataclass(frozen=True)
class QuotaUsage:
    """What is used of a quota, right after it has admitted a request or refused one."""

    rate: float
    period: float
    remaining: int
    seconds_until_some: float
    """Until a window has passed, or until the next request is due."""
    seconds_until_full: float
    """Until nothing of it is used."""

    @property
    def limit(self) -> int:
        """How much is allowed in a period; an integer, as headers want it."""
        return math.floor(self.rate)

    @property
    def used(self) -> int:
        """How much of the limit is gone."""
        return max(0, self.limit - self.remaining)


@dataclass(frozen=True)
class Verdict:
    """Whether a request is admitted, and what is left of the quotas after that.

    Both dictionaries have an entry for "requests", and one for "tokens" if the policy
    counts them.
    """

    costs: dict[str, int]
    quotas: dict[str, QuotaUsage]
    refused_by: str = ""
    """The quota that refused the request, the strictest if both did; "" if none."""
    wait: float = 0.0
    """Seconds until the same request would be admitted; infinite: it never is."""
    counted_tokens: int = 0

    @property
    def admitted(self) -> bool:
        """Whether the request is answered."""
        return not self.refused_by

    @property
    def never_fits(self) -> bool:
        """Whether the request costs more than the whole quota."""
        return self.wait == math.inf

    @property
    def cost(self) -> int:
        """What a refused request costs by the quota that refused it."""
        return self.costs[self.refused_by]

    @property
    def exceeded(self) -> QuotaUsage:
        """The usage of the quota that refused the request."""
        return self.quotas[self.refused_by]


class Counters:
    """Counts requests, and the tokens that they cost.

    A count goes on when the numbers of a policy change, and starts over when its kind
    does.
    """

    def __init__(self) -> None:
        self._quotas: dict[str, Quota] = {}

    def decide(
        self,
        policy: QuotaPolicy,
        *,
        tokens: int,
        now: float,
        counts_refused: bool = False,
    ) -> Verdict:
        """Admit a request that arrives ``now`` by all quotas, or refuse it by one.

        A refused request is counted by all of them or, by default, by none.  One that
        never fits is not counted.
        """
        quotas = self._quotas_of(policy)
        costs = _costs(quotas, tokens)
        strictest, wait = _strictest(quotas, costs, now)
        is_admitted = wait == 0
        is_counted = is_admitted or (counts_refused and wait < math.inf)
        if is_counted:
            _take(quotas, costs, now)
        if is_counted and not is_admitted:
            # The refused request was counted too, so wait for that as well.
            _, wait = _strictest(quotas, costs, now)
        return Verdict(
            costs=costs,
            quotas=_usages(policy, quotas, now),
            refused_by="" if is_admitted else strictest,
            wait=wait,
            counted_tokens=tokens if is_counted else 0,
        )

    def gauge(self, policy: QuotaPolicy | None, now: float) -> float | None:
        """`Quota.gauge` of the quota of requests; None if it does not count them."""
        quota = self._quotas.get("requests")
        if policy is None or type(quota) is not KINDS[policy.kind]:
            return None
        return quota.gauge(now)

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


def _costs(quotas: dict[str, Quota], tokens: int) -> dict[str, int]:
    """What a request costs by each of the quotas."""
    costs = {"requests": 1}
    if "tokens" in quotas:
        costs["tokens"] = tokens
    return costs


def _strictest(
    quotas: dict[str, Quota], costs: dict[str, int], now: float
) -> tuple[str, float]:
    """The quota by which a request would wait longest, and how long that is."""
    waits = {}
    for name, quota in quotas.items():
        waits[name] = quota.wait(now, costs[name])
    strictest = max(waits, key=waits.__getitem__)
    return strictest, waits[strictest]


def _take(quotas: dict[str, Quota], costs: dict[str, int], now: float) -> None:
    for name, quota in quotas.items():
        quota.take(now, costs[name])


def _usages(
    policy: QuotaPolicy, quotas: dict[str, Quota], now: float
) -> dict[str, QuotaUsage]:
    usages = {}
    for name, quota in quotas.items():
        usages[name] = QuotaUsage(
            rate=quota.rate,
            period=quota.period,
            remaining=quota.remaining(now),
            seconds_until_some=_seconds_until_some(policy, quota),
            seconds_until_full=quota.wait(now, quota.most),
        )
    return usages


def _seconds_until_some(policy: QuotaPolicy, quota: Quota) -> float:
    if policy.kind in KINDS_WITH_BURST:
        return quota.period / quota.rate
    return quota.period

"""Whether a request is admitted: the quota of requests, and of tokens beside it."""

import math
from dataclasses import dataclass

from inflight_lab.quotas.algorithms import KINDS, KINDS_WITH_BURST, Quota
from inflight_lab.runs.quota_policy import QuotaPolicy


@dataclass(frozen=True)
class Standing:
    """How a quota stands, right after it has admitted a request or refused one."""

    rate: float
    period: float
    remaining: int
    some_in: float
    """Seconds until a window has passed, or until the next request is due."""
    all_in: float
    """Seconds until all of it is there again."""

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
    """Whether a request is admitted, and how the quotas stand after that.

    The dictionaries have an entry for what is counted: "requests", and "tokens" where
    these are counted too.
    """

    costs: dict[str, int]
    standings: dict[str, Standing]
    refused_by: str = ""
    """What there was too little of; "" if the request is admitted."""
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
        """What a refused request costs of what there was too little of."""
        return self.costs[self.refused_by]

    @property
    def exceeded(self) -> Standing:
        """How the quota stands that refused the request."""
        return self.standings[self.refused_by]


class Counters:
    """Counts requests, and the tokens that they cost, whatever the policy of the day.

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
        costs = {"requests": 1, "tokens": tokens}
        short_of, wait = _strictest(quotas, costs, now)
        is_admitted = wait == 0
        is_counted = is_admitted or (counts_refused and wait < math.inf)
        if is_counted:
            _take(quotas, costs, now)
        if is_counted and not is_admitted:
            # Its own count, too, has to be forgotten before it fits.
            _, wait = _strictest(quotas, costs, now)
        return Verdict(
            costs=costs,
            standings=_standings(policy, quotas, now),
            refused_by="" if is_admitted else short_of,
            wait=wait,
            counted_tokens=tokens if is_counted else 0,
        )

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


def _standings(
    policy: QuotaPolicy, quotas: dict[str, Quota], now: float
) -> dict[str, Standing]:
    standings = {}
    for name, quota in quotas.items():
        standings[name] = Standing(
            rate=quota.rate,
            period=quota.period,
            remaining=quota.remaining(now),
            some_in=_seconds_until_some(policy, quota),
            all_in=quota.wait(now, quota.most),
        )
    return standings


def _seconds_until_some(policy: QuotaPolicy, quota: Quota) -> float:
    if policy.kind in KINDS_WITH_BURST:
        return quota.period / quota.rate
    return quota.period

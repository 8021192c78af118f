"""Decides whether a request is admitted, by quotas of requests and of tokens.

Quotas and pauses are written as APIs write them.  They are rounded, so that a client
that keeps to them is never refused.
"""

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inflight_lab.lesson.runs.terms import QuotaPolicy
from inflight_lab.lesson.server.quotas import KINDS, QuotaCounter


class Pause(float):
    """Seconds from now, in the forms in which APIs write them.

    Less than a microsecond counts as a float's error.
    """

    @property
    def seconds(self) -> int:
        """Whole seconds: 17."""
        return math.ceil(round(self, 6))

    @property
    def milliseconds(self) -> int:
        """Whole milliseconds: 16500."""
        return math.ceil(round(self * 1000, 3))

    @property
    def duration(self) -> str:
        """As Go writes a duration: ``120ms``, ``16.5s``, ``6m0s``, ``1h0m0s``."""
        rest = self.milliseconds
        if 0 < rest < 1000:
            return f"{rest}ms"
        hours, rest = divmod(rest, 3_600_000)
        minutes, rest = divmod(rest, 60_000)
        text = f"{rest / 1000:g}s"
        if hours or minutes:
            text = f"{minutes}m{text}"
        if hours:
            text = f"{hours}h{text}"
        return text

    @property
    def unix_time(self) -> int:
        """The time when it is over, in seconds since 1970: 1795759200."""
        return math.ceil(time.time() + self)

    @property
    def rfc3339(self) -> str:
        """The time when it is over, in RFC 3339's form: ``2026-11-27T06:00:00Z``."""
        then = datetime.fromtimestamp(self.unix_time, UTC)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")


NO_WAIT = Pause(0)


def policy_field(rate: float, period: float) -> str:
    """``RateLimit-Policy``: q is the quota, w the window in seconds.

    Source: draft-ietf-httpapi-ratelimit-headers-11, where both are integers.  So a
    quota with fractions is announced as the next stricter one: 2.5 in 1.5 s becomes
    2 in 2 s, and 0.1 in a second becomes 1 in 10 s.
    """
    if rate < 1:
        return f'"default";q=1;w={_rounded_up(period / rate)}'
    return f'"default";q={math.floor(rate)};w={_rounded_up(period)}'


def _rounded_up(seconds: float) -> int:
    """Whole seconds.  6.000000000000001 s are 6 s: the rest is a float's error."""
    return math.ceil(float(f"{seconds:.12g}"))


@dataclass(frozen=True)
class QuotaUsage:
    """How a quota stands right after it has admitted a request or refused one."""

    name: str
    """What it counts: "requests" or "tokens"."""
    rate: float
    period: float
    remaining: int
    until_more: Pause
    """Until one more than ``remaining`` would be admitted."""
    until_full: Pause
    """Until nothing of it is used."""

    @property
    def limit(self) -> int:
        """How much is allowed in a period; an integer, as headers want it."""
        return math.floor(self.rate)

    @property
    def used(self) -> int:
        """How much of the limit is gone."""
        return max(0, self.limit - self.remaining)

    @property
    def policy(self) -> str:
        """The quota in the form of ``RateLimit-Policy``."""
        return policy_field(self.rate, self.period)

    def __str__(self) -> str:
        # No exponent: 2000000 and not 2e+06.
        return f"{self.rate:.12g} {self.name} in {self.period:.12g} s"


@dataclass(frozen=True)
class Admission:
    """Whether a request is admitted, and how the quotas stand after that.

    The defaults are those of an API without a quota.
    """

    usages: dict[str, QuotaUsage] = field(default_factory=dict)
    """For "requests", and for "tokens" if the policy counts them."""
    refused_by: str = ""
    """The quota that refused the request, the strictest if both did; "" if none."""
    wait: Pause = NO_WAIT
    """Until the same request would be admitted; infinite: it never is."""
    cost: int = 0
    """What the request costs by that quota."""
    counted_tokens: int = 0
    gauge: float | None = None
    """`QuotaCounter.gauge` of the quota of requests."""


class Counters:
    """Counts requests, and the tokens that they cost.

    A count goes on when the numbers of a policy change.  It starts over when the kind
    of the quota changes.
    """

    def __init__(self) -> None:
        self._quotas: dict[str, QuotaCounter] = {}

    def decide(
        self, policy: QuotaPolicy, *, tokens: int, now: float, counts_refused: bool
    ) -> Admission:
        """Admit a request that arrives ``now``, or refuse it if one quota has no room.

        ``counts_refused``: refused requests count against every quota as well.  A
        request that never fits is not counted.
        """
        quotas = self._quotas_of(policy)
        costs = {"requests": 1, "tokens": tokens}
        strictest, wait = _strictest(quotas, costs, now)
        is_admitted = wait == 0
        is_counted = is_admitted or (counts_refused and wait < math.inf)
        if is_counted:
            for name, quota in quotas.items():
                quota.take(now, costs[name])
            if not is_admitted:
                # It was counted too, so wait for that as well.
                _, wait = _strictest(quotas, costs, now)
        usages = {}
        for name, quota in quotas.items():
            usages[name] = _usage(name, quota, now)
        return Admission(
            usages=usages,
            refused_by="" if is_admitted else strictest,
            wait=Pause(wait),
            cost=costs[strictest],
            counted_tokens=tokens if is_counted else 0,
            gauge=quotas["requests"].gauge(now),
        )

    def _quotas_of(self, policy: QuotaPolicy) -> dict[str, QuotaCounter]:
        """The quotas by what they count, with the numbers of ``policy``."""
        quotas = {"requests": self._quota("requests", policy)}
        if policy.tokens:
            of_tokens = policy._replace(rate=policy.tokens, burst=policy.tokens)
            quotas["tokens"] = self._quota("tokens", of_tokens)
        return quotas

    def _quota(self, name: str, policy: QuotaPolicy) -> QuotaCounter:
        kind = KINDS[policy.kind]
        quota = self._quotas.get(name)
        if type(quota) is not kind:
            quota = kind(policy.rate, policy.period)
            self._quotas[name] = quota
        quota.rate = policy.rate
        quota.period = policy.period
        quota.burst = policy.burst
        return quota


def _strictest(
    quotas: dict[str, QuotaCounter], costs: dict[str, int], now: float
) -> tuple[str, float]:
    """The quota by which a request would wait longest, and how long that is."""
    waits = {}
    for name, quota in quotas.items():
        waits[name] = quota.wait(now, costs[name])
    strictest = max(waits, key=lambda name: waits[name])
    return strictest, waits[strictest]


def _usage(name: str, quota: QuotaCounter, now: float) -> QuotaUsage:
    remaining = quota.remaining(now)
    one_more = min(remaining + 1, quota.most)
    return QuotaUsage(
        name=name,
        rate=quota.rate,
        period=quota.period,
        remaining=remaining,
        until_more=Pause(quota.wait(now, one_more)),
        until_full=Pause(quota.wait(now, quota.most)),
    )

"""How much an API allows, where it says so plainly.

    RateLimit-Policy: "default";q=20;w=1                       20 requests in 1 s
    Rate limit reached on requests per min (RPM): Limit 3      3 requests in 60 s

Headers such as ``x-ratelimit-limit: 60`` name no time, so no rate is made of them: they
are shown as they are, beside what was accepted in which time.  Of GitHub it is known:
its quota of the hour may be used at once, as far as its secondary limit of 900 a minute
allows, and when it is used up, a refusal says for how long.

Sources: draft-ietf-httpapi-ratelimit-headers-11; "Rate limits" at
developers.openai.com; "Rate limits for the REST API" at docs.github.com.
"""

import re
from typing import NamedTuple, Self

import httpx

POLICY = re.compile(r";\s*q=(\d+)[^,]*?;\s*w=(\d+)")
OTHER_UNIT = re.compile(r'qu="?(?!requests)')
WRITTEN = re.compile(r"([1-9]\d*)/([1-9]\d*)?(s|min|h)")
IN_WORDS = re.compile(
    r"(?:\bper|/) ?([1-9]\d*)? ?(s|min|h|d)(ec|econd|ute|our|r|ay)?s?\b", re.I
)
AMOUNT = re.compile(r"\blimit:? (?:of )?([1-9][\d,]*)|([1-9][\d,]*) requests\b", re.I)
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
LIMITS = (
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-limit",
)
"""Headers that name a limit, and not for how long."""


class Quota(NamedTuple):
    """``rate`` requests are allowed in ``period`` seconds."""

    rate: int
    period: float

    def __str__(self) -> str:
        return f"{self.rate} requests in {self.period:g} s"

    @classmethod
    def written(cls, text: str) -> Self:
        """Read ``20/s``, ``60/20s``, ``300/min`` or ``5000/h``.

        Raises ``ValueError`` for anything else.
        """
        found = WRITTEN.fullmatch(text)
        if not found:
            raise ValueError(
                f"must be a quota such as 20/s, 60/20s, 300/min or 5000/h, got {text!r}"
            )
        rate, periods, unit = found.groups(default="1")
        return cls(int(rate), int(periods) * SECONDS[unit])


GITHUBS_PACE = Quota(10, 1.0)


def limits_named_in(headers: httpx.Headers) -> str:
    """A sentence with those of `LIMITS` that are there; "" without any."""
    named = [f"{name}: {headers[name]}" for name in LIMITS if name in headers]
    return f"Its headers say {', '.join(named)}." if named else ""


def announced_in(headers: httpx.Headers) -> Quota | None:
    """The quota of requests that decides: the one that allows least on average."""
    quotas = []
    for policy in headers.get_list("ratelimit-policy", split_commas=True):
        found = POLICY.search(policy)
        if found and not OTHER_UNIT.search(policy) and int(found[2]):
            quotas.append(Quota(int(found[1]), float(found[2])))
    return min(quotas, key=lambda quota: quota.rate / quota.period, default=None)


def period_said_in(reason: str) -> float:
    """The seconds for which the words of a refusal say that a limit counts; else 0."""
    found = IN_WORDS.search(reason)
    if not found:
        return 0.0
    return int(found[1] or 1) * SECONDS[found[2].lower()]


def said_in(reason: str) -> Quota | None:
    """The quota of requests that a refusal names in words."""
    period = period_said_in(reason)
    amount = AMOUNT.search(reason)
    if not period or not amount or "token" in reason.lower():
        return None
    return Quota(int((amount[1] or amount[2]).replace(",", "")), period)


def is_github(headers: httpx.Headers) -> bool:
    """Whether GitHub answers, with its quota of the hour."""
    return "core" in headers.get_list("x-ratelimit-resource")

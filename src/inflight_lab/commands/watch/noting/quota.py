"""How much an API allows, where it says so plainly.

    RateLimit-Policy: "default";q=20;w=1                       20 requests in 1 s
    Rate limit reached on requests per min (RPM): Limit 3      3 requests in 60 s

Headers such as ``x-ratelimit-limit: 60`` name no time, so no rate is made of them: they
are shown as they are, beside what was accepted in which time.

Sources: draft-ietf-httpapi-ratelimit-headers-11; "Rate limits" at
developers.openai.com and at platform.claude.com.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

import httpx

POLICY = re.compile(r";\s*q=(\d+)[^,]*?;\s*w=(\d+)")
IN_WORDS = re.compile(
    r"(?:\bper|/) ?([1-9]\d*)? ?(s|min|h|d)(ec|econd|ute|our|r|ay)?s?\b", re.I
)
AMOUNT = re.compile(r"\blimit:? (?:of )?([1-9][\d,]*)|([1-9][\d,]*) requests\b", re.I)
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
LIMITS = (
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-limit",
)
"""Headers that name a limit, or when it is whole again, and not for how long."""


class Quota(NamedTuple):
    """``rate`` requests are allowed in ``period`` seconds."""

    rate: int
    period: float

    def __str__(self) -> str:
        return f"{self.rate} requests in {self.period:g} s"


def limits_named_in(answers: Iterable[httpx.Headers]) -> str | None:
    """A sentence with the `LIMITS` of the first answer that has one; None without."""
    for headers in answers:
        if named := [f"{name}: {headers[name]}" for name in LIMITS if name in headers]:
            return f"Its headers say {', '.join(named)}."
    return None


def announced_in(headers: httpx.Headers) -> Quota | None:
    """The quota of requests that decides: the one that allows least on average."""
    quotas = []
    for policy in headers.get_list("ratelimit-policy", split_commas=True):
        found = POLICY.search(policy)
        if found and int(found[2]):
            quotas.append(Quota(int(found[1]), float(found[2])))
    return min(quotas, key=lambda quota: quota.rate / quota.period, default=None)


def said_in(reasons: Iterable[str], *, of_tokens: bool) -> Quota | None:
    """The quota of requests, or of tokens, that the words of a refusal name first."""
    for reason in reasons:
        amount = AMOUNT.search(reason)
        time = IN_WORDS.search(reason)
        if amount and time and ("token" in reason.lower()) is of_tokens:
            number = amount[1] or amount[2]
            periods = int(time[1] or 1)
            seconds = periods * SECONDS[time[2].lower()]
            return Quota(int(number.replace(",", "")), seconds)
    return None

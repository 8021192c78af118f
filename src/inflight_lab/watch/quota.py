"""How much an API allows, where it says so plainly.

    RateLimit-Policy: "default";q=20;w=1      20 requests in 1 s

Headers such as ``x-ratelimit-limit: 60`` name no time, so no rate is made of them: they
are shown as they are, beside what was accepted in which time.

Source: draft-ietf-httpapi-ratelimit-headers-11.
"""

import re
from typing import NamedTuple, Self

import httpx

POLICY = re.compile(r";\s*q=(\d+)[^,]*?;\s*w=(\d+)")
OTHER_UNIT = re.compile(r'qu="?(?!requests)')
WRITTEN = re.compile(r"([1-9]\d*)/([1-9]\d*)?(s|min|h)")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


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


LIMITS = (
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-limit",
)
"""Headers that name a limit, and not for how long."""


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

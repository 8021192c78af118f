"""An API on the virtual clock: the quotas of the practice server without a socket."""

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx

from inflight_lab.judge.clock import virtual_loop
from inflight_lab.quotas.algorithms import (
    FixedWindow,
    Gcra,
    Quota,
    SlidingWindow,
    TokenBucket,
)
from inflight_lab.quotas.fields import policy_field

URL = "http://127.0.0.1/get"
LATENCY = 0.05
"""Seconds that an answer takes."""


def _full_bucket(rate: float, period: float) -> Quota:
    return TokenBucket(rate, period, math.floor(rate))


def _gcra_with_a_burst(rate: float, period: float) -> Quota:
    return Gcra(rate, period, 10)


QUOTAS: dict[str, Callable[[float, float], Quota]] = {
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
    "token bucket": _full_bucket,
    "GCRA, burst 10": _gcra_with_a_burst,
    "GCRA, burst 1": Gcra,
}
"""What makes an unused quota, from its rate and its period."""
APIS = {
    "fixed window": "an API that counts anew each minute or hour, such as GitHub",
    "sliding window": "an API that looks back over one period at each request",
    "token bucket": "an API that saves up what you did not use, such as Anthropic's "
    "or those behind Amazon's API Gateway",
    "GCRA, burst 10": "an API that allows a short burst, such as one behind nginx, "
    "whose limit_req has a burst",
    "GCRA, burst 1": "an API that wants requests evenly spaced, such as one behind "
    "nginx, whose limit_req has no burst",
}
"""Which APIs count in which way.

Sources: "Rate limits for the REST API" at docs.github.com; "Rate limits" at
platform.claude.com; "Throttle requests to your REST APIs" at docs.aws.amazon.com;
ngx_http_limit_req_module at nginx.org, whose leaky bucket is GCRA.
"""


@dataclass
class Api:
    """Stands in for ``httpx.AsyncClient`` in one run, as its ``client``.

    With a ``quota`` it answers 429 as the practice server does; without one it answers
    200.  The way there and the way back take up to ``jitter`` seconds longer than the
    shortest, evenly distributed.  The quota counts requests in the order in which they
    arrive.
    """

    quota: Quota | None = None
    jitter: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    """When each request reaches the API, in seconds of the loop, in the order sent."""
    accepted: list[float] = field(default_factory=list)
    """The arrivals of those that were answered with 200."""
    refusals: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(1)

    def path(self) -> tuple[float, float]:
        """Seconds from a client to the API, and from there to the client's answer."""
        return self._draw_delay(), LATENCY + self._draw_delay()

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own."""
        there, back = self.path()
        arrival = virtual_loop().now + there
        self.arrivals.append(arrival)
        if there:  # `sleep(0)` would be a turn of the loop
            await asyncio.sleep(there)
        wait = self.quota.admit(arrival) if self.quota else 0.0
        await asyncio.sleep(back)
        if wait:
            self.refusals += 1
        else:
            self.accepted.append(arrival)
        return self.answer(wait)

    @property
    def policy(self) -> str | None:
        """What ``RateLimit-Policy`` says."""
        if self.quota is None:
            return None
        return policy_field(self.quota.rate, self.quota.period)

    def answer(self, wait: float) -> httpx.Response:
        """200, or a 429 for a request that may come again after ``wait`` seconds."""
        if wait:
            return response(429, self.policy, str(math.ceil(wait)))
        return response(200, self.policy)

    def _draw_delay(self) -> float:
        return self._random.uniform(0, self.jitter)


@lru_cache(maxsize=64)  # to make one takes longer than all the rest
def response(
    status: int, policy: str | None, retry_after: str | None = None
) -> httpx.Response:
    """An answer without a body, and with the fields that are not None."""
    headers = {}
    if policy:
        headers["RateLimit-Policy"] = policy
    if retry_after:
        headers["Retry-After"] = retry_after
    return httpx.Response(status, headers=headers)

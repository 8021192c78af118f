"""An API on the virtual clock, which counts as the practice server does: no socket, the same quotas.

What the API says to a request is asked of ``inflight_lab.quotas``, in the order in
which the requests *arrive*.
"""

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
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
QUOTAS: dict[str, Callable[[float, float], Quota]] = {
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
    "token bucket": lambda rate, period: TokenBucket(rate, period, math.floor(rate)),
    "GCRA, burst 10": lambda rate, period: Gcra(rate, period, 10),
    "GCRA, burst 1": Gcra,
}
"""What counts the requests, unused, by rate and period."""


@dataclass
class Api:
    """Stands in for ``httpx.AsyncClient``: to be used by one run, as its ``client``.

    With a ``quota`` it answers 429 as the practice server does; without one it answers
    200.  The way there and the way back take up to ``jitter`` seconds longer than the
    shortest, evenly distributed.
    """

    quota: Quota | None = None
    jitter: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    """When requests reach the API, in seconds of the loop, in the order in which they were sent."""
    accepted: list[float] = field(default_factory=list)
    refusals: int = 0

    def __post_init__(self) -> None:
        self._draw = partial(random.Random(1).uniform, 0, self.jitter)

    def path(self) -> tuple[float, float]:
        """Seconds that one request takes to the API, and from there until its answer is back."""
        return self._draw(), LATENCY + self._draw()

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own."""
        there, back = self.path()
        arrival = virtual_loop().now + there
        self.arrivals.append(arrival)
        if there:  # else it is there, and the loop need not turn
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
        return policy_field(self.quota.rate, self.quota.period) if self.quota else None

    def answer(self, wait: float) -> httpx.Response:
        """What it says to a request that is admitted, or that may come again after ``wait`` seconds."""
        return (
            response(429, self.policy, str(math.ceil(wait)))
            if wait
            else response(200, self.policy)
        )


@lru_cache(maxsize=64)  # to make one takes longer than all the rest
def response(
    status: int, policy: str | None, retry_after: str | None = None
) -> httpx.Response:
    """An answer without a body, and with the fields that are not None."""
    headers = {"RateLimit-Policy": policy, "Retry-After": retry_after}
    return httpx.Response(
        status, headers={name: value for name, value in headers.items() if value}
    )

"""An API on the virtual clock, which counts as the practice server does: no socket, the same quotas.

What a request meets on its way is drawn or given; what the API says to it is asked of
``inflight_lab.server.quotas``, in the order in which the requests *arrive*.
"""

from __future__ import annotations

import asyncio
import functools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from inflight_lab.judge.clock import virtual_loop
from inflight_lab.server.quotas import FixedWindow, Gcra, Quota, SlidingWindow, TokenBucket

URL = "http://127.0.0.1/get"
LATENCY = 0.05
"""Seconds that an answer takes, unless another is given."""
QUOTAS: dict[str, Callable[[float, float], Quota]] = {
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
    "token bucket": lambda rate, period: TokenBucket(rate, period, math.floor(rate)),
    "GCRA, burst 10": lambda rate, period: Gcra(rate, period, 10),
    "GCRA, burst 1": Gcra,
}
"""What counts the requests, unused, by rate and period."""


@dataclass
class Path:
    """What one request meets: seconds to the API, at the API and back, and whether its answer is lost."""

    there: float = 0.0
    latency: float = LATENCY
    back: float = 0.0
    lost: bool = False


def network(jitter: float = 0.0, *, latency: float = LATENCY, seed: int = 1) -> Callable[[], Path]:
    """Paths that take up to ``jitter`` seconds longer than the shortest, evenly distributed, each way."""
    draw = random.Random(seed).uniform
    return lambda: Path(there=draw(0, jitter), latency=latency, back=draw(0, jitter))


@dataclass
class Api:
    """Stands in for ``httpx.AsyncClient``: to be used by one run, as its ``client``.

    With a ``quota`` it answers 429 as the practice server does; without one it answers 200.
    """

    path: Callable[[], Path] = field(default_factory=network)
    quota: Quota | None = None
    arrivals: list[float] = field(default_factory=list)
    """When requests reach the API, in seconds of the loop, in the order in which they were sent."""
    accepted: list[float] = field(default_factory=list)
    refusals: int = 0

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own."""
        path = self.path()
        arrival = virtual_loop().now + path.there
        self.arrivals.append(arrival)
        if path.there:  # else it is there, and the loop need not turn
            await asyncio.sleep(path.there)
        wait = self.quota.admit(arrival) if self.quota else 0.0
        await asyncio.sleep(path.latency + path.back)
        if wait:
            self.refusals += 1
        else:
            self.accepted.append(arrival)
        if path.lost:
            raise httpx.ReadError("the answer was lost")
        return self.answer(wait)

    @property
    def policy(self) -> str | None:
        """What ``RateLimit-Policy`` says."""
        return f'"default";q={self.quota.rate:g};w={self.quota.period:g}' if self.quota else None

    def answer(self, wait: float) -> httpx.Response:
        """What it says to a request that is admitted, or that may come again after ``wait`` seconds."""
        return response(429, self.policy, str(math.ceil(wait))) if wait else response(200, self.policy)


@functools.lru_cache(maxsize=64)  # to make one takes longer than all the rest
def response(status: int, policy: str | None, retry_after: str | None = None) -> httpx.Response:
    """An answer without a body, and with the fields that are not None."""
    headers = {"RateLimit-Policy": policy, "Retry-After": retry_after}
    return httpx.Response(status, headers={name: value for name, value in headers.items() if value})

"""An API on the virtual clock, which counts as the practice server does: no socket, the same quotas.

What a request meets on its way is drawn or given; what the API says to it is asked of
``inflight_lab.server.quotas``, in the order in which the requests *arrive*.
"""

from __future__ import annotations

import asyncio
import functools
import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from inflight_lab.judge.clock import virtual_loop
from inflight_lab.server.quotas import KINDS, Quota

URL = "http://127.0.0.1/get"
QUOTAS: dict[str, tuple[str, int | None]] = {
    "fixed window": ("fixed-window", 1),
    "sliding window": ("sliding-window", 1),
    "token bucket": ("token-bucket", None),
    "GCRA, burst 10": ("gcra", 10),
    "GCRA, burst 1": ("gcra", 1),
}
"""What counts the requests: kind and burst, where None is the whole rate."""


def quota_of(name: str, rate: float, period: float) -> Quota:
    """One of `QUOTAS`, unused."""
    kind, burst = QUOTAS[name]
    return KINDS[kind](rate, period, burst or math.floor(rate))


@dataclass
class Path:
    """What one request meets: seconds to the API, at the API and back, and whether its answer is lost."""

    there: float = 0.0
    latency: float = 0.05
    back: float = 0.0
    lost: bool = False


def network(jitter: float = 0.0, *, latency: float = 0.05, seed: int = 1) -> Callable[[], Path]:
    """Paths that take up to ``jitter`` seconds longer than the shortest, evenly distributed, each way."""
    draw = random.Random(seed).uniform
    return lambda: Path(there=draw(0, jitter), latency=latency, back=draw(0, jitter))


def whole_seconds(wait: float) -> str:
    """``Retry-After`` as the practice server writes it."""
    return str(math.ceil(wait))


@dataclass
class Api:
    """Stands in for ``httpx.AsyncClient``: to be used by one run, as its ``client``.

    With a ``quota`` it answers 429 as the practice server does, with ``retry_after(wait)`` as its
    ``Retry-After`` (None: it sends none) and, if ``advertised``, with ``RateLimit-Policy``.  Without one it
    answers 200.
    """

    path: Callable[[], Path]
    quota: Quota | None = None
    advertised: bool = True
    status: int = 429
    retry_after: Callable[[float], str | None] = whole_seconds
    arrivals: list[float] = field(default_factory=list)
    """When requests reach the API, in seconds of the loop, in the order in which they were sent."""
    accepted: list[float] = field(default_factory=list)
    refusals: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._under_way: list[tuple[float, int]] = []
        self._waits: dict[int, float] = {}

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own."""
        loop, path, number = virtual_loop(), self.path(), next(self._numbers)
        arrival = loop.now + path.there
        self.arrivals.append(arrival)
        heapq.heappush(self._under_way, (arrival, number))
        await asyncio.sleep(path.there + path.latency + path.back)
        if path.lost:
            raise httpx.ReadError("the answer was lost")
        if self.quota is None:
            return httpx.Response(200)
        # Requests sent from now on arrive later than this one did, so its turn has come.
        while self._under_way and self._under_way[0][0] <= arrival:
            self._decide(self.quota, *heapq.heappop(self._under_way))
        wait = self._waits.pop(number)
        policy = f'"default";q={self.quota.rate:g};w={self.quota.period:g}' if self.advertised else ""
        return _answer(self.status, policy, self.retry_after(wait)) if wait else _answer(200, policy, None)

    def _decide(self, quota: Quota, arrival: float, number: int) -> None:
        self._waits[number] = wait = quota.admit(arrival)
        if wait:
            self.refusals += 1
        else:
            self.accepted.append(arrival)


@functools.lru_cache(maxsize=64)  # to make one takes longer than all the rest
def _answer(status: int, policy: str, retry_after: str | None) -> httpx.Response:
    headers = {"RateLimit-Policy": policy, "Retry-After": retry_after}
    return httpx.Response(status, headers={name: value for name, value in headers.items() if value})

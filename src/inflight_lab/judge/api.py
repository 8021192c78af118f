"""An API on the virtual clock, which counts as the practice server does: no socket, the same quotas."""

from __future__ import annotations

import asyncio
import functools
import heapq
import itertools
import math
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from inflight_lab.judge.clock import virtual_loop
from inflight_lab.server.quotas import KINDS, Quota

URL = "http://127.0.0.1/get"
LATENCY = 0.05
"""Seconds at the API."""
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
class Api:
    """Stands in for ``httpx.AsyncClient``.  Each way takes up to ``jitter`` seconds."""

    quota: Quota
    jitter: float = 0.0
    sent: list[float] = field(default_factory=list)
    admitted: list[float] = field(default_factory=list)
    """When requests arrived that were let in, in seconds of the loop."""
    refused: int = 0

    def __post_init__(self) -> None:
        self._draw = random.Random(1).uniform
        self._numbers = itertools.count()
        self._under_way: list[tuple[float, int]] = []
        self._waits: dict[int, float] = {}
        self._answer = functools.cache(self._make_answer)

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own; the answer is 200 or 429."""
        loop, number = virtual_loop(), next(self._numbers)
        arrival = loop.now + self._draw(0, self.jitter)
        self.sent.append(loop.now)
        heapq.heappush(self._under_way, (arrival, number))
        await asyncio.sleep(arrival - loop.now + LATENCY + self._draw(0, self.jitter))
        # Whatever is sent from now on arrives later than this one did, so its turn has come.
        while self._under_way and self._under_way[0][0] <= arrival:
            self._decide(*heapq.heappop(self._under_way))
        return self._answer(math.ceil(self._waits.pop(number)))

    def _make_answer(self, wait: int) -> httpx.Response:
        headers = {"RateLimit-Policy": f'"default";q={self.quota.rate:g};w={self.quota.period:g}'}
        if not wait:
            return httpx.Response(200, headers=headers)
        return httpx.Response(429, headers=headers | {"Retry-After": str(wait)})

    def _decide(self, arrival: float, number: int) -> None:
        self._waits[number] = wait = self.quota.admit(arrival)
        if wait:
            self.refused += 1
        else:
            self.admitted.append(arrival)

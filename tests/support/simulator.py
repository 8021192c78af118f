"""A network and an API on the virtual clock, with the practice server's own quotas as the judge.

What a request meets on its way is drawn or given by the test; what the API would have said to it is
asked of ``inflight_lab.server.quotas``, in the order in which the requests *arrive*.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from inflight_lab.server.quotas import KINDS, Quota
from tests.support.virtual_clock import virtual_loop

URL = "http://127.0.0.1/get"


def quota(kind: str, rate: float = 100, period: float = 1.0, *, burst: int | None = None) -> Quota:
    """A quota of the practice server's, with the burst that the server gives it."""
    return KINDS[kind](rate, period, burst or (math.floor(rate) if kind == "token-bucket" else 1))


@dataclass
class Path:
    """What one request meets: seconds to the API, at the API and back, and whether its answer is lost."""

    there: float = 0.0
    latency: float = 0.05
    back: float = 0.0
    lost: bool = False


def whole_seconds(wait: float) -> str:
    """``Retry-After`` as the practice server writes it."""
    return str(math.ceil(wait))


@dataclass
class SimulatedApi:
    """Stands in for ``httpx.AsyncClient``: to be used by one run, as its ``client``.

    With a ``judge`` it answers 429 as the practice server does, with ``retry_after(wait)`` as its
    ``Retry-After`` (None: it sends none) and, if ``advertised``, with ``RateLimit-Policy``.  Without one it
    answers 200, and `refused` tells afterwards what each kind of quota would have refused.
    """

    path: Callable[[], Path]
    judge: Quota | None = None
    advertised: bool = True
    status: int = 429
    retry_after: Callable[[float], str | None] = whole_seconds
    arrivals: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._under_way: list[tuple[float, int]] = []
        self._waits: dict[int, float] = {}

    async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
        """Send one request over a path of its own."""
        loop, path, number = virtual_loop(), self.path(), next(self._numbers)
        arrival = loop.now + path.there
        self.arrivals.append(arrival)
        heapq.heappush(self._under_way, (arrival, number))
        await asyncio.sleep(path.there + path.latency + path.back)
        if path.lost:
            raise httpx.ReadError("the answer was lost")
        if self.judge is None:
            return httpx.Response(200)
        # Requests sent from now on arrive later than this one did, so its turn has come.
        while self._under_way and self._under_way[0][0] <= arrival:
            when, which = heapq.heappop(self._under_way)
            self._waits[which] = self.judge.admit(when)
            if not self._waits[which]:
                self.accepted.append(when)
        wait = self._waits.pop(number)
        sent = {}
        if self.advertised:
            sent["RateLimit-Policy"] = f'"default";q={self.judge.rate:g};w={self.judge.period:g}'
        if not wait:
            return httpx.Response(200, headers=sent)
        if asked := self.retry_after(wait):
            sent["Retry-After"] = asked
        return httpx.Response(self.status, headers=sent)

    def refused(self, quota: Quota) -> int:
        """How many of the requests that have arrived ``quota`` would have refused."""
        return sum(quota.admit(arrival) > 0 for arrival in sorted(self.arrivals))

    def utilisation(self, rate: float = 100, period: float = 1.0, *, refused: int = 0) -> float:
        """Accepted / allowed, from the first arrival to the last."""
        elapsed = max(self.arrivals) - min(self.arrivals)
        return (len(self.arrivals) - 1 - refused) / (elapsed * rate / period)

    def used(self, begin: float, end: float, *, rate: float = 100) -> float:
        """Accepted / allowed between two moments, in seconds after the first arrival."""
        first = self.arrivals[0]
        accepted = self.accepted if self.judge else self.arrivals
        return sum(begin <= arrival - first < end for arrival in accepted) / (rate * (end - begin))


@dataclass
class Stray:
    """A quota that refuses one request more, the first after ``moment``, for no reason the client can see."""

    quota: Quota
    moment: float

    def __getattr__(self, name: str) -> object:
        return getattr(self.quota, name)

    def admit(self, now: float) -> float:
        """Count a request at ``now``, as every quota does."""
        if now < self.moment:
            return self.quota.admit(now)
        self.moment = math.inf
        return 1.0


def network(jitter: float = 0.0, *, latency: float = 0.05, seed: int = 1) -> Callable[[], Path]:
    """Paths that take up to ``jitter`` seconds longer than the shortest, evenly distributed, each way."""
    draw = random.Random(seed).uniform
    return lambda: Path(there=draw(0, jitter), latency=latency, back=draw(0, jitter))


async def stall_each_second(seconds: float, *, seed: int = 1) -> None:
    """Block the loop once in each second of its clock, at a moment drawn anew each time."""
    loop, draw = virtual_loop(), random.Random(seed).uniform
    for second in itertools.count(math.ceil(loop.now)):
        await asyncio.sleep(second + draw(0, 1 - seconds) - loop.now)
        loop.stall(seconds)

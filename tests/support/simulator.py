"""A network and an API on the virtual clock, judged by the practice server's quotas.

What a request meets on its way is drawn or given by the test; what the API would have
said to it is asked of ``inflight_lab.lesson.server``, in the order in which the
requests *arrive*.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from inflight_lab.lesson.judge.api import LATENCY, OK, URL, Api
from inflight_lab.lesson.server.admission import policy_field
from inflight_lab.lesson.server.quotas import KINDS, QuotaCounter

__all__ = [
    "URL",
    "Path",
    "SimulatedApi",
    "network",
    "quota",
    "whole_seconds",
]


def quota(
    kind: str, rate: float = 100, period: float = 1.0, *, burst: int | None = None
) -> QuotaCounter:
    """A quota of the practice server's, with the burst that the server gives it."""
    return KINDS[kind](
        rate, period, burst or (math.floor(rate) if kind == "token-bucket" else 1)
    )


def whole_seconds(wait: float) -> str:
    """``Retry-After`` as the practice server writes it."""
    return str(math.ceil(wait))


@dataclass
class Path:
    """What one request meets: seconds to the API, at the API and back, and whether its
    answer is lost.
    """

    there: float = 0.0
    latency: float = LATENCY
    back: float = 0.0
    lost: bool = False


def network(
    jitter: float = 0.0, *, latency: float = LATENCY, seed: int = 1
) -> Callable[[], Path]:
    """Paths that take up to ``jitter`` seconds longer than the shortest, evenly
    distributed, each way.
    """
    draw = random.Random(seed).uniform
    return lambda: Path(there=draw(0, jitter), latency=latency, back=draw(0, jitter))


@lru_cache(maxsize=64)  # to make one takes longer than all the rest
def response(
    status: int, policy: str | None, retry_after: str | None = None
) -> httpx.Response:
    """An answer without a body, and with the fields that are not None."""
    fields = {"RateLimit-Policy": policy, "Retry-After": retry_after}
    headers = {name: value for name, value in fields.items() if value}
    return httpx.Response(status, headers=headers)


class SimulatedApi(Api):
    """The judge's API, over ``paths``, with answers as the practice server sends them.

    It refuses with ``retry_after(wait)`` as its ``Retry-After`` (None: it sends none),
    and sends ``RateLimit-Policy`` if ``advertised``.  `refused` says
    afterwards what each kind of quota would have refused.
    """

    def __init__(
        self,
        paths: Callable[[], Path],
        quota: QuotaCounter | None = None,
        *,
        advertised: bool = True,
        retry_after: Callable[[float], str | None] = whole_seconds,
    ) -> None:
        super().__init__(quota)
        self.paths = paths
        self.advertised = advertised
        self.retry_after = retry_after

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own."""
        path = self.paths()
        self._path = path  # `path` is called before any other request comes
        answer = await super().get(url)
        if path.lost:
            raise httpx.ReadError("the answer was lost")
        return answer

    def path(self) -> tuple[float, float]:
        """Seconds to the API, and from there until the answer is back."""
        return self._path.there, self._path.latency + self._path.back

    def answer(self, wait: float) -> httpx.Response:
        """What it says to a request."""
        policy = None
        if self.advertised and self.quota:
            policy = policy_field(self.quota.rate, self.quota.period)
        if wait:
            return response(429, policy, self.retry_after(wait))
        return response(200, policy) if policy else OK

    def refused(self, quota: QuotaCounter) -> int:
        """How many of the requests that have arrived ``quota`` would have refused."""
        return sum(quota.admit(arrival) > 0 for arrival in sorted(self.arrivals))

    def utilisation(self, rate: float = 100, period: float = 1.0) -> float:
        """Accepted / allowed, from the first arrival to the last."""
        elapsed = max(self.arrivals) - min(self.arrivals)
        return (len(self.arrivals) - 1) / (elapsed * rate / period)

    def used(self, begin: float, end: float, *, rate: float = 100) -> float:
        """Accepted / allowed between two moments, in seconds from the first arrival."""
        first = self.arrivals[0]
        accepted = self.accepted if self.quota else self.arrivals
        within = [arrival for arrival in accepted if begin <= arrival - first < end]
        return len(within) / (rate * (end - begin))

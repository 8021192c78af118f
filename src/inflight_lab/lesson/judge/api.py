"""An API on the virtual clock: the quotas of the practice server without a socket."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from inflight_lab.lesson.judge.clock import virtual_loop
from inflight_lab.lesson.server.quotas import KINDS, QuotaCounter

URL = "http://127.0.0.1/get"
LATENCY = 0.05
"""Seconds that an answer takes by default."""

OK = httpx.Response(200)  # made once: that takes longer than all the rest
MakeQuota = Callable[[float, float], QuotaCounter]
"""Makes an unused quota, from its rate and its period."""


def _quotas() -> Iterator[tuple[str, MakeQuota]]:
    """Each kind with its name; a kind that spaces requests comes with two bursts."""
    for kind in KINDS.values():
        if kind.shape == "spacing":
            for burst in (10, 1):
                yield f"{kind.title}, burst {burst}", partial(kind, burst=burst)
        else:
            yield kind.title, kind


QUOTA_MAKERS = dict(_quotas())


@dataclass
class Api:
    """Replaces ``httpx.AsyncClient`` in one run, and notes its requests.

    Each answer is a 200, also of a request that the ``quota`` refuses.  An answer takes
    ``latency`` seconds.  The way there and the way back take up to ``jitter`` seconds
    each, evenly distributed.  A request counts when it arrives.
    """

    quota: QuotaCounter | None = None
    jitter: float = 0.0
    latency: float = LATENCY
    arrivals: list[float] = field(default_factory=list)
    """When each request reaches the API, in seconds of the loop, in the order sent."""
    accepted: list[float] = field(default_factory=list)
    """The arrivals of the requests that the quota admits."""
    refusals: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(1)

    def path(self) -> tuple[float, float]:
        """Seconds from a client to the API, and from there to the client's answer."""
        return self._draw_delay(), self.latency + self._draw_delay()

    async def get(self, url: str = URL, **_: Any) -> httpx.Response:
        """Send one request over a path of its own."""
        there, back = self.path()
        arrival = virtual_loop().now + there
        self.arrivals.append(arrival)
        if there:  # `sleep(0)` would be a turn of the loop
            await asyncio.sleep(there)
        wait = self.quota.admit(arrival) if self.quota else 0.0
        if wait:
            self.refusals += 1
        else:
            self.accepted.append(arrival)
        await asyncio.sleep(back)
        return self.answer(wait)

    def answer(self, wait: float) -> httpx.Response:
        """The answer; the request may come again after ``wait`` seconds."""
        return OK

    def _draw_delay(self) -> float:
        return self._random.uniform(0, self.jitter)

"""The adaptive rung: a known quota is used and gets no 429, an unknown one is found for
a few.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from inflight_lab.runners import adaptive
from inflight_lab.runners.adaptive import LearningPacer
from tests.support.simulator import (
    URL,
    SimulatedApi,
    network,
    quota,
    whole_seconds,
)
from tests.support.virtual_clock import run, virtual_loop

KINDS = [
    ("fixed-window", None),
    ("sliding-window", None),
    ("token-bucket", None),
    ("gcra", 10),
]
each_kind = pytest.mark.parametrize(("kind", "burst"), KINDS)


def send(
    api: SimulatedApi,
    count: int,
    pacer: LearningPacer | None = None,
    *,
    before: Callable[[], object] = lambda: None,
) -> list[Any]:
    """The rung on the virtual clock: the outcomes of ``count`` requests."""

    client: Any = api

    async def main() -> list[Any]:
        before()
        return await adaptive.make_many_requests(
            URL, count, client=client, limiter=pacer or LearningPacer()
        )

    random.seed(1)
    return run(main(), late=0.0005)


def refusals(api: SimulatedApi, begin: float = 0, end: float = 1e9) -> int:
    """How many requests were refused, between two moments after the first."""
    first = api.arrivals[0]
    arrived = sum(begin <= at - first < end for at in api.arrivals)
    return arrived - sum(begin <= at - first < end for at in api.accepted)


@each_kind
def test_an_announced_quota(kind: str, burst: int | None) -> None:
    """A header names it: hardly any of it is lost, and there is no 429.  If you name it
    yourself, the judge sees to that.
    """
    api = SimulatedApi(network(0.01), quota=quota(kind, burst=burst))
    send(api, 700)
    assert api.used(1, 6) >= 0.97
    assert refusals(api) == 0


@each_kind
def test_unknown(kind: str, burst: int | None) -> None:
    """At least four fifths of a minute's quota, for at most 25 429s, and every request
    has its answer.
    """
    judge = quota(kind, burst=burst)
    api = SimulatedApi(network(0.002), quota=judge, advertised=False)
    outcomes = send(api, 6200)
    assert len(outcomes) == len(api.accepted) == 6200
    assert api.used(0, 60) >= 0.8
    assert 0 < refusals(api, 0, 60) <= 25


def say_nothing(wait: float) -> None:
    """As an API whose refusals name no time."""


SAYS_NOTHING = (40, 0.05, say_nothing, 20)
SMALLER = [
    SAYS_NOTHING,
    (40, 0.05, whole_seconds, 20),
    (40, 0.3, whole_seconds, 75),  # 30 are on their way when the first is refused
    (80, 0.05, say_nothing, 25),
]
"""A quota of a second, the latency, what a refusal says, and how many there may be."""


@pytest.mark.parametrize(
    ("kind", "burst", "rate", "latency", "retry_after", "most"),
    [("sliding-window", None, *row) for row in SMALLER]
    + [(*kind, *SAYS_NOTHING) for kind in KINDS if kind[0] != "sliding-window"],
)
def test_a_quota_smaller_than_you_say(
    kind: str,
    burst: int | None,
    rate: int,
    latency: float,
    retry_after: Callable[[float], str | None],
    most: int,
) -> None:
    """You say 100 a second, and it is less: few 429s in a minute, and three quarters of
    it are used, whether the API names its pauses or not.
    """
    judge = quota(kind, rate, burst=burst)
    api = SimulatedApi(
        network(0.002, latency=latency),
        quota=judge,
        advertised=False,
        retry_after=retry_after,
    )
    send(api, 65 * rate, LearningPacer(100))
    assert api.used(0, 60, rate=rate) >= 0.75
    assert 0 < refusals(api, 0, 60) <= most


@pytest.mark.parametrize(
    ("rate", "jitter", "seconds"), [(100, 0.001, 15), (None, 0.005, 22)]
)
def test_a_strict_leaky_bucket(
    rate: float | None, jitter: float, seconds: float
) -> None:
    """1,000 requests to an API that allows no burst are soon answered, whether its rate
    is known or not, although jitter pushes requests together.
    """
    api = SimulatedApi(network(jitter), quota=quota("gcra"), advertised=False)
    send(api, 1000, LearningPacer(rate))
    assert api.arrivals[-1] - api.arrivals[0] <= seconds
    assert refusals(api) <= 12


class Overloaded(SimulatedApi):
    """Refuses a ``share`` of all requests, at random."""

    def __init__(self, share: float, pause: str | None, *, latency: float) -> None:
        super().__init__(network(0.002, latency=latency))
        self._share = share
        self._headers = {"Retry-After": pause} if pause else {}

    def answer(self, wait: float) -> httpx.Response:
        """What it says to a request."""
        if self._random.random() < self._share:
            return httpx.Response(429, headers=self._headers)
        return httpx.Response(200)


@pytest.mark.parametrize(
    ("share", "pause", "latency", "seconds"),
    [
        (0.01, None, 0.05, 22),
        (0.05, None, 0.5, 50),
        (0.05, None, 0.005, 110),  # nothing is in flight behind a refused one
        (0.05, "1", 0.05, 75),  # 52 refusals, and a second for each
    ],
)
def test_refusals_at_random_cost_little_more_than_their_pauses(
    share: float, pause: str | None, latency: float, seconds: float
) -> None:
    """1,000 requests at 100 a second: the pace does not fall, since that is no help."""
    api = Overloaded(share, pause, latency=latency)
    send(api, 1000, LearningPacer(100))
    assert api.arrivals[-1] - api.arrivals[0] <= seconds


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_quota_that_is_lowered(is_announced: bool) -> None:
    """In the minute after 100 a second have become 40, three quarters of these are
    used, for at most 50 429s.  A header that changes is followed at once.
    """
    judge = quota("sliding-window")
    api = SimulatedApi(network(0.002), quota=judge, advertised=is_announced)

    def lower() -> None:
        virtual_loop().call_later(5, setattr, judge, "rate", 40)

    send(api, 500 + 60 * 40, LearningPacer(100), before=lower)
    assert api.used(7, 60, rate=40) >= (0.96 if is_announced else 0.75)
    assert refusals(api, 7, 65) <= (0 if is_announced else 50)


@pytest.mark.parametrize(
    ("rate", "policy", "seconds", "pace"),
    [
        (None, '"second";q=10;w=1, "minute";q=100;w=60', 5, (10, 1)),
        (None, '"minute";q=30;w=60, "second";q=10;w=1', 60, (10, 1)),
        (None, '"minute";q=100;w=60', 30, (100, 60)),
        (5, '"two seconds";q=20;w=2', 10, (5, 1)),
        (50, '"two seconds";q=7;w=2', 14, (50, 1)),
        (None, '"bytes";q=2;w=1;qu="content-bytes", "all";q=7;w=2', 14, (7, 2)),
        (None, '"hour";q=500;w=3600, "day";q=1000;w=86400', 0, (math.inf, 1)),
    ],
)
def test_several_policies(
    rate: float | None, policy: str, seconds: float, pace: tuple[float, float]
) -> None:
    """50 requests take as long as all policies and your own rate need together, where
    what counts no requests is left out, and a quota for hours is counted and not
    spaced.  What it learns is the pace of the shortest one.
    """

    class Policies(SimulatedApi):
        def answer(self, wait: float) -> httpx.Response:
            return httpx.Response(200, headers={"RateLimit-Policy": policy})

    api = Policies(network(latency=0.001))
    pacer = LearningPacer(rate)
    send(api, 50, pacer)
    taken = api.arrivals[-1] - api.arrivals[0]
    assert taken == pytest.approx(seconds, rel=0.1, abs=0.1)
    assert (pacer.rate, pacer.period) == pace


@pytest.mark.parametrize(
    ("statuses", "rate"),
    [
        ([429, 429, 429, 200], 88),  # one flight is one refusal
        ([500, 402, 502], 100),  # a failure, and a card that was declined
        ([200, 200, 200], 100),
    ],
)
def test_what_answers_teach(statuses: list[int], rate: float) -> None:
    """Only a refusal that concerns all does, and what was sent before it says no
    more.
    """

    async def main() -> None:
        pacer = LearningPacer(100)

        async def request(status: int) -> None:
            async with pacer:
                await asyncio.sleep(0.5)
                pacer.learn(httpx.Response(status))

        await asyncio.gather(*map(request, statuses))
        assert pacer.rate == pytest.approx(rate)

    run(main())


def test_the_search_does_not_grow_while_few_requests_come() -> None:
    """Ten a second are below the first pace, so their answers leave it as it is."""

    async def main() -> None:
        pacer = LearningPacer()
        for _ in range(100):
            await asyncio.sleep(0.1)
            async with pacer:
                pacer.learn(httpx.Response(200))
        assert pacer.rate == 20

    run(main())

"""The adaptive rung: a known quota is used and gets no 429, an unknown one is found for
a few.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

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


def send(
    api: SimulatedApi,
    count: int,
    pacer: LearningPacer | None = None,
    *,
    before: Callable[[], object] = lambda: None,
) -> None:
    """The rung on the virtual clock: ``count`` requests, which all have an answer."""
    client: Any = api

    async def main() -> list[Any]:
        before()
        return await adaptive.make_many_requests(
            URL, count, client=client, limiter=pacer or LearningPacer()
        )

    random.seed(1)
    assert len(run(main(), late=0.0005)) == count


def refusals(api: SimulatedApi, begin: float = 0, end: float = 1e9) -> int:
    """How many requests were refused, between two moments after the first."""
    first = api.arrivals[0]
    arrived = sum(begin <= at - first < end for at in api.arrivals)
    return arrived - sum(begin <= at - first < end for at in api.accepted)


def say_nothing(wait: float) -> None:
    """As an API whose refusals name no time."""


class Trial(NamedTuple):
    """A quota, what you know of it, how much of it is used in ``seconds``, and how many
    429s there may be meanwhile.
    """

    kind: str
    used: float
    most: int
    rate: float = 100
    burst: int | None = None
    you_say: float | None = None
    it_says: bool = False
    pauses: Any = whole_seconds
    latency: float = 0.05
    seconds: int = 60


KINDS: list[tuple[str, int | None]] = [
    ("fixed-window", None),
    ("sliding-window", None),
    ("token-bucket", None),
    ("gcra", 10),
]
SMALLER: dict[str, Any] = {"used": 0.75, "rate": 40, "you_say": 100}
SLIDING: dict[str, Any] = {"kind": "sliding-window"} | SMALLER
TRIALS = [
    *(Trial(kind, 0.97, 0, burst=b, it_says=True, seconds=6) for kind, b in KINDS),
    *(Trial(kind, 0.8, 25, burst=b) for kind, b in KINDS),
    *(
        Trial(kind, **SMALLER, most=20, burst=b, pauses=say_nothing)
        for kind, b in KINDS
    ),
    Trial(**SLIDING, most=20),
    # 30 are on their way when the first is refused.
    Trial(**SLIDING, most=75, latency=0.3),
    Trial(**SLIDING | {"rate": 80}, most=25, pauses=say_nothing),
    # No burst is allowed: jitter pushes requests together.
    Trial("gcra", 0.62, 12, you_say=100, seconds=14),
    Trial("gcra", 0.45, 12, seconds=22),
]


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.kind)
def test_a_quota_is_found(trial: Trial) -> None:
    """Announced by a header, named by you, rightly or not, or unknown; the API may name
    its pauses or not.  (If you know it, the judge sees to that.)
    """
    api = SimulatedApi(
        network(0.002, latency=trial.latency),
        quota=quota(trial.kind, trial.rate, burst=trial.burst),
        advertised=trial.it_says,
        retry_after=trial.pauses,
    )
    count = int(1.1 * trial.seconds * trial.rate)
    send(api, count, LearningPacer(trial.you_say))
    begin = 1 if trial.it_says else 0
    assert api.used(begin, trial.seconds, rate=trial.rate) >= trial.used
    assert refusals(api, 0, trial.seconds) <= trial.most


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


LARGER = '"a";q=200;w=1'


@pytest.mark.parametrize(
    ("yours", "policy", "statuses", "rate"),
    [
        (100, LARGER, [429, 429, 429, 200], 88),  # one flight is one refusal
        (100, LARGER, [500, 402, 502], 100),  # a failure, and a card that was declined
        (100, LARGER, [200, 200, 200], 100),
        (None, "", [500] * 20, 20),
        (None, '"hour";q=500;w=3600', [200, 429], 20),  # it named no pace
    ],
)
def test_what_answers_teach(
    yours: float | None, policy: str, statuses: list[int], rate: float
) -> None:
    """Only a refusal that concerns all does, and what was sent before it says no
    more; nor does a failure, or a quota that is larger than yours.
    """
    headers = {"RateLimit-Policy": policy}

    async def main() -> None:
        pacer = LearningPacer(yours)

        async def request(status: int) -> None:
            async with pacer:
                await asyncio.sleep(0.5 if yours else 0.1)
                pacer.learn(httpx.Response(status, headers=headers))

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

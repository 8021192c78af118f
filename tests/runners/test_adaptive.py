"""The adaptive rung: a known quota is used and gets no 429, an unknown one is found for
a few.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import adaptive
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.patiently import Stop
from tests.support.simulator import (
    URL,
    SimulatedApi,
    network,
    quota,
    stall_each_second,
    whole_seconds,
)
from tests.support.virtual_clock import WINDOWS_TICK, run, virtual_loop

KINDS = [
    ("fixed-window", None),
    ("sliding-window", None),
    ("token-bucket", None),
    ("gcra", 10),
]
each_kind = pytest.mark.parametrize(("kind", "burst"), KINDS)
known = pytest.mark.parametrize("how", ["by you", "by header"])


def send(
    api: SimulatedApi,
    count: int,
    pacer: LearningPacer | None = None,
    *,
    stall: float = 0.0,
    before: Callable[[], object] = lambda: None,
    **clock: Any,
) -> list[Any]:
    """The rung on the virtual clock: the outcomes of ``count`` requests."""

    client: Any = api

    async def main() -> list[Any]:
        before()
        stalls = asyncio.create_task(stall_each_second(stall)) if stall else None
        outcomes = await adaptive.make_many_requests(
            URL, count, client=client, limiter=pacer or LearningPacer()
        )
        if stalls:
            stalls.cancel()
        return outcomes

    random.seed(1)
    return run(main(), **clock or {"late": 0.0005})


def made(how: str, api: SimulatedApi) -> LearningPacer:
    """A pacer for an API of 100 a second that knows it from ``how``."""
    api.advertised = how == "by header"
    return LearningPacer(100 if how == "by you" else None)


def refusals(api: SimulatedApi, begin: float = 0, end: float = 1e9) -> int:
    """How many requests were refused, between two moments after the first."""
    first = api.arrivals[0]
    arrived = sum(begin <= at - first < end for at in api.arrivals)
    return arrived - sum(begin <= at - first < end for at in api.accepted)


@known
@each_kind
@pytest.mark.parametrize(
    ("jitter", "stall", "least"), [(0, 0, 0.98), (0.002, 0, 0.98), (0.01, 0.1, 0.95)]
)
def test_known(
    kind: str, burst: int | None, how: str, jitter: float, stall: float, least: float
) -> None:
    """Hardly any of the quota is lost, and there is no 429."""
    api = SimulatedApi(network(jitter), quota=quota(kind, burst=burst))
    send(api, 1200, made(how, api), stall=stall)
    assert api.used(1, 11) >= least
    assert refusals(api) == 0


@known
def test_a_coarse_clock(how: str) -> None:
    """A loop's clock that moves 64 times a second, as on Windows, costs no 429."""
    api = SimulatedApi(network(0.01), quota=quota("sliding-window"))
    send(api, 1200, made(how, api), tick=WINDOWS_TICK)
    assert api.used(1, 11) >= 0.97
    assert refusals(api) == 0


@pytest.mark.parametrize("rate", [100, 5])
@each_kind
def test_unknown(kind: str, burst: int | None, rate: float) -> None:
    """At least four fifths of a minute's quota, for at most 25 429s, and every request
    has its answer.
    """
    judge = quota(kind, rate, burst=burst)
    api = SimulatedApi(network(0.002), quota=judge, advertised=False)
    outcomes = send(api, round(62 * rate))
    assert len(outcomes) == len(api.accepted) == 62 * rate
    assert api.used(0, 60, rate=rate) >= 0.8
    assert 0 < refusals(api, 0, 60) <= 25


@pytest.mark.parametrize("retry_after", [whole_seconds, lambda wait: None])
@pytest.mark.parametrize("rate", [40, 80])
@each_kind
def test_a_quota_smaller_than_you_say(
    kind: str,
    burst: int | None,
    rate: int,
    retry_after: Callable[[float], str | None],
) -> None:
    """You say 100 a second, and it is less: at most 40 429s in a minute, and three
    quarters of it are used, whether the API names its pauses or not.
    """
    judge = quota(kind, rate, burst=burst)
    api = SimulatedApi(
        network(0.002), quota=judge, advertised=False, retry_after=retry_after
    )
    send(api, 65 * rate, LearningPacer(100))
    assert api.used(0, 60, rate=rate) >= 0.75
    assert 0 < refusals(api, 0, 60) <= 40


@pytest.mark.parametrize(
    ("rate", "jitter", "seconds"),
    [(100, 0.001, 15), (None, 0.001, 18), (100, 0.005, 21), (None, 0.005, 22)],
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
        (0.05, None, 0.05, 50),
        (0.05, None, 0.5, 50),
        (0.05, None, 0.005, 110),  # nothing is in flight behind a refused one
        (0.1, None, 0.05, 130),
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


@each_kind
def test_a_quota_that_is_lowered(kind: str, burst: int | None) -> None:
    """In the minute after 100 a second have become 40, three quarters of these are
    used, for at most 50 429s, although no header says so.
    """
    judge = quota(kind, burst=burst)
    api = SimulatedApi(network(0.002), quota=judge, advertised=False)

    def lower() -> None:
        virtual_loop().call_later(5, setattr, judge, "rate", 40)

    send(api, 500 + 60 * 40, LearningPacer(100), before=lower)
    assert api.used(5, 60, rate=40) >= 0.75
    assert refusals(api, 5, 65) <= 50


def test_a_header_is_followed_when_it_changes() -> None:
    """The latest answer counts, so a quota that is lowered is kept from then on."""
    judge = quota("sliding-window")
    api = SimulatedApi(network(), quota=judge)

    def lower() -> None:
        virtual_loop().call_later(5, setattr, judge, "rate", 40)

    send(api, 1000, before=lower)
    assert refusals(api, 7) == 0
    assert 0.96 <= api.used(7, 12, rate=40) <= 1


@pytest.mark.parametrize(("yours", "header"), [(50, 100), (100, 50)])
def test_your_rate_and_the_headers(yours: float, header: float) -> None:
    """It keeps to both: a header does not make it faster than you said."""
    api = SimulatedApi(network(), quota=quota("sliding-window", header))
    send(api, 500, LearningPacer(yours))
    assert refusals(api) == 0
    assert api.used(1, 9, rate=50) == pytest.approx(0.99, abs=0.02)


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        ('"second";q=10;w=1, "minute";q=100;w=60', 5),
        ('"second";q=10;w=1, "minute";q=30;w=60', 60),
        ('"two seconds";q=7;w=2', 14),
        ('"bytes";q=2;w=1;qu="content-bytes", "requests";q=7;w=2', 14),
        ('"hour";q=500;w=3600, "day";q=1000;w=86400', 0),
    ],
)
def test_several_policies(policy: str, seconds: float) -> None:
    """50 requests take as long as all policies need together, where what counts no
    requests is left out, and a quota for hours is counted and not spaced.
    """

    class Policies(SimulatedApi):
        def answer(self, wait: float) -> httpx.Response:
            return httpx.Response(200, headers={"RateLimit-Policy": policy})

    api = Policies(network(latency=0.001))
    send(api, 50)
    assert api.arrivals[-1] - api.arrivals[0] == pytest.approx(
        seconds, rel=0.1, abs=0.1
    )


def test_the_search_does_not_grow_while_few_requests_come() -> None:
    """Ten a second are below the first pace, so their answers leave it as it is."""

    async def main() -> None:
        pacer = LearningPacer()
        for _ in range(300):
            await asyncio.sleep(0.1)
            async with pacer:
                pacer.learn(httpx.Response(200))
        assert pacer.rate == 20

    run(main())


def test_one_flight_is_one_refusal() -> None:
    """What was sent before a refusal says nothing more about the pace."""

    async def main() -> None:
        pacer = LearningPacer(100)
        statuses = [429, 429, 429, 200]

        async def request(number: int) -> float:
            async with pacer:
                await asyncio.sleep(0.5)
                pacer.learn(httpx.Response(statuses[number]))
                return pacer.rate

        rates = await asyncio.gather(*map(request, range(4)))
        assert rates == [pytest.approx(88)] * 4

    run(main())


def test_failures_and_refusals_of_one_request_teach_nothing() -> None:
    """A 500, or a card that was declined, says nothing about the pace."""

    async def main() -> None:
        pacer = LearningPacer(100)
        async with pacer:
            for status in (500, 402, 502):
                pacer.learn(httpx.Response(status))
        assert pacer.rate == 100

    run(main())


def test_no_money() -> None:
    """Of 500 requests no more are sent than were in flight."""

    class Spent(SimulatedApi):
        def answer(self, wait: float) -> httpx.Response:
            return httpx.Response(429, json={"code": "insufficient_quota"})

    api = Spent(network())
    with pytest.raises(Stop, match="insufficient_quota"):
        send(api, 500, LearningPacer(100))
    assert len(api.arrivals) <= 10


@pytest.mark.anyio
async def test_a_real_server_tells() -> None:
    """Over sockets the practice server's own header is understood at once."""
    with PracticeServer(
        latency=0.02, quota="token-bucket", rate=100, burst=50
    ) as server:
        pacer = LearningPacer()
        responses = await adaptive.make_many_requests(server.url, 150, limiter=pacer)
        stats = server.stats()
    assert [response.status_code for response in responses] == [200] * 150
    assert (pacer.rate, stats.refused) == (100, 0)

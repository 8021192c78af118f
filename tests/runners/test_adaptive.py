"""The adaptive rung: a known quota is used and gets no 429; an unknown one is found at
a small price.
"""

from __future__ import annotations

import asyncio
import email.utils
import math
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.runners import adaptive
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.learned_pace import KnownPace, Pace, SearchingPace
from tests.support.simulator import (
    URL,
    SimulatedApi,
    Stray,
    network,
    quota,
    stall_each_second,
    whole_seconds,
)
from tests.support.virtual_clock import WINDOWS_TICK, run, virtual_loop

REAL_LATE = 0.0005
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
    """The runner itself on the virtual clock: the outcomes of ``count`` requests."""

    async def main() -> list[Any]:
        before()
        stalls = asyncio.create_task(stall_each_second(stall)) if stall else None
        outcomes = await adaptive.make_many_requests(
            URL,
            count,
            client=api,
            limiter=pacer or LearningPacer(),
            return_exceptions=True,
        )
        if stalls:
            stalls.cancel()
        return outcomes

    return run(main(), **clock or {"late": REAL_LATE})


def made(how: str, api: SimulatedApi) -> LearningPacer:
    """A pacer for an API of 100 a second that knows it from ``how``."""
    api.advertised = how == "by header"
    return LearningPacer(100 if how == "by you" else None)


def refusals(api: SimulatedApi, begin: float = 0, end: float = math.inf) -> int:
    """How many requests that arrived between two moments, in seconds after the first,
    were refused.
    """
    first = api.arrivals[0]
    arrived, accepted = (
        sum(begin <= time - first < end for time in times)
        for times in (api.arrivals, api.accepted)
    )
    return arrived - accepted


# A known quota.


@known
@each_kind
@pytest.mark.parametrize(
    ("jitter", "stall", "least"), [(0, 0, 0.985), (0.002, 0, 0.985), (0.01, 0.1, 0.95)]
)
def test_known(
    kind: str, burst: int | None, how: str, jitter: float, stall: float, least: float
) -> None:
    """What `paced` reaches, told by you or by the API: hardly any of the quota is lost,
    and no 429.
    """
    api = SimulatedApi(network(jitter), quota=quota(kind, burst=burst))
    send(api, 2500, made(how, api), stall=stall)
    assert api.used(1, 20) >= least
    assert refusals(api) == 0


@known
def test_a_coarse_clock(how: str) -> None:
    """A loop's clock that moves 64 times a second, as on Windows, costs no 429."""
    api = SimulatedApi(network(0.01), quota=quota("sliding-window"))
    send(api, 1500, made(how, api), tick=WINDOWS_TICK)
    assert api.used(1, 14) >= 0.97
    assert refusals(api) == 0


@known
@pytest.mark.parametrize("moment", [3, 40])
def test_one_stray_refusal(how: str, moment: float) -> None:
    """One 429 for no reason, in a minute: beside the pause of a second it costs at most
    3 % of the minute.
    """
    api = SimulatedApi(
        network(0.002), quota=Stray(quota("sliding-window"), 1000 + moment)
    )
    pacer = made(how, api)
    send(api, 6200, pacer)
    assert refusals(api) == 1
    assert api.used(1, 60) >= 0.985 - 1 / 59 - 0.03
    assert pacer.rate == pytest.approx(100 / 1.0125)


@pytest.mark.parametrize("late", [0, REAL_LATE])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_quota_without_any_burst(seed: int, late: float) -> None:
    """GCRA(1), 1 ms of jitter, the rate told but not the kind: most of what is
    possible, for a few 429s.
    """
    api = SimulatedApi(network(0.001, seed=seed), quota=quota("gcra"), advertised=False)
    send(api, 1100, LearningPacer(100), late=late, seed=seed)
    assert api.used(1, 10) >= 0.84
    assert 0 < refusals(api, 0, 10) <= 10


def test_a_quota_without_any_burst_in_the_long_run() -> None:
    """It is tried again whether the full pace is allowed now, and not often."""
    api = SimulatedApi(network(0.001), quota=quota("gcra"), advertised=False)
    send(api, 5500, LearningPacer(100))
    assert api.used(1, 60) >= 0.82
    assert 2 <= refusals(api) <= 15


@each_kind
@pytest.mark.parametrize("rate", [100, None])
def test_a_quota_that_drops(kind: str, burst: int | None, rate: float | None) -> None:
    """From 100 to 40 a second without a word: found for at most 35 429s, and most of
    the 40 is used.
    """
    judge = quota(kind, burst=burst)
    api = SimulatedApi(network(0.002), quota=judge, advertised=False)

    def drop() -> None:
        virtual_loop().call_later(30, setattr, judge, "rate", 40)

    send(api, 5500, LearningPacer(rate), before=drop)
    assert 0 < refusals(api, 30, 75) <= 35
    assert api.used(30, 75, rate=40) >= 0.75


def test_a_quota_that_changes_is_followed() -> None:
    """The header of the latest answer counts, so a quota that is lowered is kept from
    then on.
    """

    async def main() -> None:
        judge = quota("sliding-window", 100)
        api, pacer = SimulatedApi(network(), quota=judge), LearningPacer()
        for rate in (100, 40):
            judge.rate = rate
            await adaptive.make_many_requests(URL, 1, client=api, limiter=pacer)
            assert pacer.rate == pytest.approx(rate / 1.0125)

    run(main())


@pytest.mark.parametrize(("yours", "header"), [(50, 100), (100, 50)])
def test_your_rate_and_the_headers(yours: float, header: float) -> None:
    """It keeps to both: a header does not make it faster than you said."""
    api = SimulatedApi(network(), quota=quota("sliding-window", header))
    send(api, 500, LearningPacer(yours))
    assert refusals(api) == 0
    assert api.used(1, 9, rate=50) == pytest.approx(1 / 1.0125, abs=0.005)


class Announcing(SimulatedApi):
    """Sends the same ``RateLimit-Policy`` with each answer, whatever it counts."""

    policy = ""

    async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
        """Send one request."""
        await super().get(url, headers=headers)
        return httpx.Response(200, headers={"RateLimit-Policy": self.policy})


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        ('"x";q=1;w=1000000000', 1),
        ('"x";q=3;w=1000000000', 3),
        ('"s";q=10;w=1, "x";q=12;w=1000000000', 12),
    ],
)
def test_a_policy_that_would_take_years(policy: str, sent: int) -> None:
    """What it allows is sent; then nobody waits longer than ``longest_pause``, and each
    one is told.
    """
    api = Announcing(network())
    api.policy = policy
    outcomes = send(api, 20, LearningPacer(limit=1))
    assert len(api.arrivals) == sent
    assert Counter(type(outcome) for outcome in outcomes) == {
        httpx.Response: sent,
        TimeoutError: 20 - sent,
    }
    assert api.arrivals[-1] - api.arrivals[0] < 120


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        ('"day";q=1000;w=86400, "second";q=10;w=1', 5.1),
        ('"second";q=10;w=1, "minute";q=100;w=60', 5.1),
        ('"second";q=10;w=1, "minute";q=30;w=60', 61.0),
        ('"second";q=10;w=1, "huge";q=999999999999;w=86400', 5.1),
        ('"two seconds";q=7;w=2', 14.5),
        ('"bytes";q=2;w=1;qu="content-bytes", "requests";q=7;w=2', 14.5),
        ('"requests";q=7;w=2, "at once";q=3;w=1;qu="concurrent-requests"', 14.5),
    ],
)
def test_several_policies(policy: str, seconds: float) -> None:
    """50 requests take as long as all policies together need, and not the average of
    the longest one.
    """
    api = Announcing(network(latency=0.001))
    api.policy = policy
    outcomes = send(api, 50)
    assert all(isinstance(outcome, httpx.Response) for outcome in outcomes)
    assert api.arrivals[-1] - api.arrivals[0] == pytest.approx(
        seconds * 49 / 50, rel=0.05
    )


def test_a_slow_quota_that_you_know() -> None:
    """A quota of your own may take its time: ``longest_pause`` is for what the API
    asks.
    """
    api = SimulatedApi(
        network(), quota=quota("sliding-window", 3, 600), advertised=False
    )
    outcomes = run(
        adaptive.make_many_requests(
            URL, 7, rate=3, period=600, client=api, return_exceptions=True
        )
    )
    assert len(api.accepted) == len(outcomes) == 7


# Refusals that the pace is not to blame for, and those that it is.


class Overloaded(SimulatedApi):
    """Refuses ``share`` of all requests, at random and without a word."""

    def __init__(self, share: float, *, seed: int, latency: float = 0.05) -> None:
        super().__init__(network(latency / 20, latency=latency, seed=seed))
        self.share = share
        self.random = random.Random(seed)

    def answer(self, wait: float) -> httpx.Response:
        """What it says to a request."""
        if self.random.random() < self.share:
            return httpx.Response(429)
        return httpx.Response(200)


class FullPace(LearningPacer):
    """Pauses after a refusal, and never goes slower: what pauses alone cost."""

    def _go_on_with(self, pace: Pace) -> None:
        if not isinstance(self._pace, KnownPace):
            super()._go_on_with(pace)

    _pace: Pace = SearchingPace()


def seconds_against(api: SimulatedApi, pacer: LearningPacer) -> float:
    """How long 1,000 requests take."""
    send(api, 1000, pacer)
    return max(api.arrivals) - min(api.arrivals)


class Overload(NamedTuple):
    """A share of requests that is refused, and an API's latency."""

    share: float
    latency: float = 0.05


@pytest.mark.parametrize(
    "overload",
    [Overload(0.01), Overload(0.02), Overload(0.05), Overload(0.05, latency=0.002)],
    ids=str,
)
def test_random_refusals_cost_their_pauses(overload: Overload) -> None:
    """A rate of refusals that does not fall with the pace is not the pace's: 1,000
    requests take at most 1.15 times as long as their pauses alone make them.
    """
    share, latency = overload
    taken, pauses_alone = 0.0, 0.0
    for seed in range(1, 7):
        api = Overloaded(share, seed=seed, latency=latency)
        taken += seconds_against(api, LearningPacer(100))
        api = Overloaded(share, seed=seed, latency=latency)
        pauses_alone += seconds_against(api, FullPace(100))
    assert taken <= 1.15 * pauses_alone


@pytest.mark.parametrize("rate", [70, 40, 10])
@pytest.mark.parametrize("retry_after", [whole_seconds, lambda wait: None])
@each_kind
def test_a_quota_smaller_than_you_say(
    kind: str,
    burst: int | None,
    retry_after: Callable[[float], str | None],
    rate: float,
) -> None:
    """You say 100 a second, and it is less: found for at most 25 429s in a minute, and
    most of it is used, whether the API names its pauses or not.
    """
    api = SimulatedApi(
        network(0.002),
        quota=quota(kind, rate, burst=burst),
        advertised=False,
        retry_after=retry_after,
    )
    send(api, 65 * rate, LearningPacer(100))
    assert api.used(0, 60, rate=rate) >= 0.8
    assert 0 < refusals(api, 0, 60) <= 25


def test_an_answer_to_an_earlier_request_undoes_nothing() -> None:
    """What was sent before a refusal is of the old pace: accepted, it neither speeds up
    nor makes pauses short again, and refused, it slows nothing down.
    """

    class Answered(NamedTuple):
        """A request, by when it is sent and answered, and what it leaves behind."""

        sent: float
        answered: float
        status: int

    requests = [
        Answered(0.0, 1.0, 429),
        Answered(0.1, 1.1, 200),
        Answered(0.2, 1.2, 429),
        Answered(0.3, 4.5, 200),  # after the next refusal
        Answered(3.0, 4.0, 429),
    ]
    rates: dict[float, float] = {}

    async def main() -> float:
        pacer = LearningPacer()

        async def send(request: Answered) -> None:
            await asyncio.sleep(request.sent)
            async with pacer:
                await asyncio.sleep(request.answered - request.sent)
                pacer.learn(httpx.Response(request.status))
                rates[request.answered] = pacer.rate

        await asyncio.gather(*[send(request) for request in requests])
        refused_again = 4.0
        async with pacer:
            return virtual_loop().now - 1000 - refused_again

    pause = run(main())
    assert set(rates.values()) == {rates[1.0]}
    assert rates[1.0] < 20
    # Refused twice in a row, and nothing of the new pace was accepted in between.
    assert pause == pytest.approx(2)


# Quotas for long times.


@pytest.mark.parametrize(
    "policy",
    [
        '"day";q=1000;w=86400',
        '"hour";q=500;w=3600',
        '"day";q=1000;w=86400, "hour";q=500;w=3600',
    ],
)
def test_a_long_quota_is_counted_and_not_spaced(policy: str) -> None:
    """100 requests that fit into it go as fast as ``limit`` allows."""
    api = Announcing(network())
    api.policy = policy
    outcomes = send(api, 100)
    assert all(isinstance(outcome, httpx.Response) for outcome in outcomes)
    assert max(api.arrivals) - min(api.arrivals) < 1


@pytest.mark.parametrize(("yours", "sent"), [(None, 30), (1000, 40)])
def test_a_long_quota_is_not_exceeded(yours: float | None, sent: int) -> None:
    """What does not fit is not sent: it would wait for longer than ``longest_pause``,
    unless the quota is your own.
    """
    policy = '"hour";q=30;w=3600'
    api = Announcing(network())
    api.policy = policy if yours is None else ""
    pacer = LearningPacer(yours and 30, 3600, limit=3)
    send(api, 40, pacer)
    assert len(api.arrivals) == sent
    for first, too_early in zip(api.arrivals, api.arrivals[30:], strict=False):
        assert too_early - first >= 3600


def test_a_long_quota_of_an_api_that_allows_no_burst() -> None:
    """It names a quota a day and counts by the second too: after the first refusal the
    pacer searches for what is allowed.
    """
    api = Strict(network(), quota=quota("gcra", 10), advertised=False)
    send(api, 300, LearningPacer(limit=10))
    assert api.used(5, 25, rate=10) >= 0.6
    assert refusals(api, 5, 25) <= 20


class Strict(SimulatedApi):
    """Says that it allows 5,000 a day, and allows 10 a second without a burst."""

    def answer(self, wait: float) -> httpx.Response:
        """What it says to a request."""
        policy = {"RateLimit-Policy": '"day";q=5000;w=86400'}
        return httpx.Response(429 if wait else 200, headers=policy)


# When no wait helps.


def test_a_permanent_refusal_wakes_those_who_wait() -> None:
    """One that comes during a long pause: nobody sits the pause out, and each one is
    told the API's own reason.
    """

    async def main() -> list[Any]:
        pacer = LearningPacer(100)
        used_up = {"error": {"code": "insufficient_quota", "message": "No credit."}}
        answers = [
            httpx.Response(429, headers={"Retry-After": "100"}),
            httpx.Response(429, json=used_up),
        ]

        async def request(number: int) -> None:
            async with pacer:
                await asyncio.sleep(0.05 * (number + 1))
                pacer.learn(answers[number])

        requests = [asyncio.create_task(request(number)) for number in range(2)]
        await asyncio.sleep(0.09)  # the first is refused, the second in flight
        requests += [asyncio.create_task(request(number)) for number in range(2, 7)]
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert virtual_loop().now < 1001
        return outcomes[2:]

    outcomes = run(main())
    assert [type(outcome) for outcome in outcomes] == [ValueError] * 5
    assert all("No credit." in str(outcome) for outcome in outcomes)


def test_a_permanent_refusal_of_one_request() -> None:
    """It is about that request only: the others go on, at the same pace."""

    async def main() -> None:
        pacer = LearningPacer(100)
        async with pacer:
            pacer.learn(httpx.Response(500, headers={"x-should-retry": "false"}))
        async with pacer:
            pass
        assert virtual_loop().now < 1000.1
        assert pacer.rate == pytest.approx(100 / 1.0125)

    run(main())


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(529),
        httpx.Response(403, headers={"Retry-After": "1"}),
        httpx.Response(503),
    ],
    ids=lambda refusal: str(refusal.status_code),
)
def test_other_refusals_hold_all_back(refusal: httpx.Response) -> None:
    """Whatever `read_refusal` calls a refusal is one: all wait for a second."""

    async def main() -> None:
        pacer = LearningPacer(100)
        async with pacer:
            pacer.learn(refusal)
        async with pacer:
            pass
        assert virtual_loop().now >= 1001

    run(main())


# An unknown one.


@pytest.mark.parametrize(
    ("kind", "burst", "phase"),
    [
        *(("fixed-window", None, phase) for phase in (0, 0.25, 0.5, 0.75)),
        *((kind, burst, 0) for kind, burst in KINDS[1:]),  # no window begins there
    ],
)
def test_unknown(kind: str, burst: int | None, phase: float) -> None:
    """87 % of the first minute's quota and more, for 18 429s or less."""
    api = SimulatedApi(network(0.002), quota=quota(kind, burst=burst), advertised=False)

    def begin_late() -> None:
        virtual_loop().now += phase

    send(api, 6300, before=begin_late)
    assert api.used(0, 60) >= 0.87
    assert 0 < refusals(api, 0, 60) <= 18


@each_kind
def test_a_small_unknown_one(kind: str, burst: int | None) -> None:
    """An API that allows a quarter of what the pacer begins with is found for no more
    429s.
    """
    api = SimulatedApi(
        network(0.002), quota=quota(kind, 5, burst=burst), advertised=False
    )
    send(api, 340)
    assert api.used(0, 60, rate=5) >= 0.85
    assert 0 < refusals(api, 0, 60) <= 18


def long_ago(wait: float) -> str:
    """A ``Retry-After`` in the past."""
    return email.utils.formatdate(time.time() - 30, usegmt=True)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (429, lambda wait: "0"),
        (429, long_ago),
        (429, lambda wait: "soon"),
        (429, lambda wait: None),
        (503, whole_seconds),
        (503, lambda wait: "0"),
    ],
)
def test_a_refusal_that_does_not_help(
    status: int, answer: Callable[[float], str | None]
) -> None:
    """0, a date in the past and nonsense count as 1 s, a 503 as a 429: one cut for each
    congestion.
    """
    api = SimulatedApi(network(0.002), quota=quota("sliding-window"), advertised=False)
    api.status, api.retry_after = status, answer
    pacer = LearningPacer()
    send(api, 6300, pacer)
    assert api.used(0, 60) >= 0.85
    assert 0 < refusals(api, 0, 60) <= 18
    assert 80 <= pacer.rate <= 110


def test_fifteen_hundred_with_retry_after_0() -> None:
    """They take little longer than the quota needs."""
    api = SimulatedApi(network(0.002), quota=quota("gcra", burst=10), advertised=False)
    api.retry_after = lambda wait: "0"
    send(api, 1500)
    assert api.arrivals[-1] - api.arrivals[0] <= 25


def test_the_search_grows_no_faster_than_the_limit_lets_it() -> None:
    """Three in flight are 60 a second, however fast the pace: their answers say nothing
    about ten times as many, so the search goes no further than jitter makes it.
    """
    api, pacer = SimulatedApi(network(0.002)), LearningPacer(limit=3)
    send(api, 3000, pacer)
    assert 50 <= pacer.rate <= 180


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


def test_the_search_grows_for_one_request_after_the_other() -> None:
    """A caller that has one request in flight is held up by the pace too."""
    api, pacer = SimulatedApi(network(latency=0.001)), LearningPacer(limit=1)
    send(api, 300, pacer)
    assert pacer.rate >= 100


def test_failures_teach_nothing() -> None:
    """A 500 or 502 that says nothing more neither speeds up nor slows down."""

    async def main() -> None:
        pacer = LearningPacer()
        async with pacer:
            for status in (500, 502):
                pacer.learn(httpx.Response(status))
        assert pacer.rate == 20

    run(main())


def test_an_api_that_refuses_for_a_while() -> None:
    """Refused again before anything was accepted, it waits longer, not slower: the pace
    is kept for later.
    """

    class Shut(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            await super().get(url, headers=headers)
            return httpx.Response(429 if 1010 < self.arrivals[-1] < 1040 else 200)

    api, pacer = Shut(network()), LearningPacer(100)
    outcomes = send(api, 6000, pacer)
    assert sum(isinstance(outcome, ValueError) for outcome in outcomes) <= 40
    resumed = min(arrival for arrival in api.arrivals if arrival > 1040)
    assert resumed <= 1080
    assert sum(resumed <= arrival < resumed + 5 for arrival in api.arrivals) >= 5 * 80


def test_retry_after_holds_all() -> None:
    """After one 429 nobody sends until ``Retry-After`` has passed, and one refusal cuts
    the rate once.
    """

    class Refusing(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            await super().get(url, headers=headers)
            early = max(self.arrivals) < 1000.9
            return httpx.Response(429 if early else 200, headers={"Retry-After": "2"})

    async def main() -> float:
        pacer = LearningPacer(50)
        await adaptive.make_many_requests(
            URL, 40, client=api, limiter=pacer, return_exceptions=True
        )
        return pacer.rate

    api = Refusing(network())
    rate = run(main())
    first_wave = [arrival for arrival in api.arrivals if arrival < 1001]
    assert (
        len(first_wave) <= 4
    )  # what was sent before the first answer was back, 50 ms later
    assert min(arrival for arrival in api.arrivals if arrival > 1001) >= 1000 + 0.05 + 2
    assert rate == pytest.approx(50 / 1.0125 / 1.1)


@pytest.mark.parametrize(
    ("asked", "sent", "errors"),
    [
        ("119", 6, {ValueError: 1}),
        ("121", 1, {ValueError: 1, TimeoutError: 5}),
        ("9" * 400, 6, {ValueError: 1}),  # no number, so the API names no pause
    ],
)
def test_nobody_waits_for_ever(asked: str, sent: int, errors: dict[type, int]) -> None:
    """A pause below two minutes is kept; for a longer one all have their outcome at
    once, and none is sent.
    """

    class Refusing(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            await super().get(url, headers=headers)
            return httpx.Response(
                429 if len(self.arrivals) == 1 else 200, headers={"Retry-After": asked}
            )

    async def main() -> list[object]:
        pacer = LearningPacer(50, limit=1)
        return list(
            await adaptive.make_many_requests(
                URL, 6, client=api, limiter=pacer, return_exceptions=True
            )
        )

    api = Refusing(network())
    outcomes = run(main())
    assert len(api.arrivals) == sent
    assert len(outcomes) == 6
    failed = Counter(
        type(outcome) for outcome in outcomes if isinstance(outcome, Exception)
    )
    assert failed == errors


def test_a_limiter_handed_in_and_cancellation() -> None:
    """The panel's limiter stays in force, and whoever is cancelled gives slot and turn
    back.
    """

    async def main() -> None:
        limiter = AdjustableLimiter(3)
        batch = asyncio.create_task(
            adaptive.make_many_requests(
                URL, 100, client=api, limiter=limiter, return_exceptions=True
            )
        )
        await asyncio.sleep(1)
        assert limiter.in_use == 3
        assert len(api.arrivals) <= 3 / 0.05
        batch.cancel()
        await asyncio.wait([batch])
        await asyncio.sleep(1)
        assert limiter.in_use == 0

    api = SimulatedApi(network(), quota=quota("sliding-window"))
    run(main())


@pytest.mark.anyio
async def test_real_server_tells() -> None:
    """Over real sockets the practice server's own header is understood, from the first
    answer on.
    """
    with PracticeServer(
        latency=0.02, quota="token-bucket", rate=100, burst=50
    ) as server:
        pacer = LearningPacer()
        responses = await adaptive.make_many_requests(server.url, 150, limiter=pacer)
        stats = server.stats()
    assert [response.status_code for response in responses] == [200] * 150
    assert pacer.rate == pytest.approx(100 / 1.0125)
    assert stats.refused == 0

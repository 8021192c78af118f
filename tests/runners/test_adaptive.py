"""The adaptive rung: told the quota it uses it and gets no 429; not told, it finds it at a small price."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections import Counter

import httpx
import pytest

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.runners import adaptive
from inflight_lab.runners.adaptive import LearningPacer, seconds_to_wait, told_rate
from tests.support.simulator import URL, SimulatedApi, network, quota
from tests.support.virtual_clock import run

NAN, INFINITY = float("nan"), float("inf")
REAL_LATE = 0.0005
KINDS = [("fixed-window", None), ("sliding-window", None), ("token-bucket", None), ("gcra", 10)]


def send(api: SimulatedApi, count: int) -> tuple[int, float]:
    """The runner itself on the virtual clock; how many were refused, and the rate it ended with."""

    async def main() -> tuple[int, float]:
        pacer = LearningPacer()
        outcomes = await adaptive.make_many_requests(
            URL, count, client=api, limiter=pacer, return_exceptions=True
        )
        return sum(isinstance(outcome, ValueError) for outcome in outcomes), pacer.rate

    return run(main(), late=REAL_LATE)


@pytest.mark.parametrize(("kind", "burst"), KINDS)
def test_told(kind: str, burst: int | None) -> None:
    """With ``RateLimit-Policy`` in the answers: 98 % of the quota, and no 429 to find it."""
    api = SimulatedApi(network(0.002), judge=quota(kind, burst=burst))
    refused, rate = send(api, 3000)
    assert refused == 0
    assert rate == pytest.approx(98)
    assert api.utilisation() >= 0.97


@pytest.mark.parametrize(("kind", "burst"), KINDS)
def test_not_told(kind: str, burst: int | None) -> None:
    """Without it: most of the quota over two minutes, for a few dozen 429s."""
    api = SimulatedApi(network(0.002), judge=quota(kind, burst=burst), advertised=False)
    refused, rate = send(api, 12_000)
    assert 0 < refused <= 50
    assert 75 <= rate <= 125
    assert api.utilisation(refused=refused) >= 0.79


def test_told_and_refused_all_the_same() -> None:
    """Where the told rate is refused (no bursts permitted, or others use the quota) the pace gives way."""
    api = SimulatedApi(network(0.002), judge=quota("gcra"))
    refused, rate = send(api, 1500)
    assert 0 < refused <= 20
    assert rate < 1 / (0.01 + 0.002)


def test_a_quota_that_changes_is_followed() -> None:
    """The header of the latest answer counts, so a quota that is lowered is kept from then on."""

    async def main() -> None:
        judge = quota("sliding-window", 100)
        api, pacer = SimulatedApi(network(), judge=judge), LearningPacer()
        for rate in (100, 40):
            judge.rate = rate
            await adaptive.make_many_requests(URL, 1, client=api, limiter=pacer)
            assert pacer.rate == pytest.approx(0.98 * rate)

    run(main())


def test_retry_after_holds_all() -> None:
    """After one 429 nobody sends until ``Retry-After`` has passed, and one refusal cuts the rate once."""

    class Refusing(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            await super().get(url, headers=headers)
            early = max(self.arrivals) < 1000.9
            return httpx.Response(429 if early else 200, headers={"Retry-After": "2"})

    async def main() -> float:
        pacer = LearningPacer(50)
        await adaptive.make_many_requests(URL, 40, client=api, limiter=pacer, return_exceptions=True)
        return pacer.rate

    api = Refusing(network())
    rate = run(main())
    first_wave = [arrival for arrival in api.arrivals if arrival < 1001]
    assert len(first_wave) <= 4  # what was sent before the first answer was back, 50 ms later
    assert min(arrival for arrival in api.arrivals if arrival > 1001) >= 1000 + 0.05 + 2
    assert 25 <= rate <= 26  # 50 halved once, then a little growth


@pytest.mark.parametrize(
    ("asked", "sent", "errors"),
    [("59", 6, {ValueError: 1}), ("61", 1, {ValueError: 1, TimeoutError: 5}), ("9" * 400, 1, None)],
)
def test_nobody_waits_for_ever(asked: str, sent: int, errors: dict[type, int] | None) -> None:
    """A pause below a minute is kept; for a longer one all have their outcome at once, and none is sent."""

    class Refusing(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            await super().get(url, headers=headers)
            return httpx.Response(429 if len(self.arrivals) == 1 else 200, headers={"Retry-After": asked})

    async def main() -> list[object]:
        pacer = LearningPacer(50, limit=1)
        return list(
            await adaptive.make_many_requests(URL, 6, client=api, limiter=pacer, return_exceptions=True)
        )

    api = Refusing(network())
    outcomes = run(main())
    assert len(api.arrivals) == sent
    assert len(outcomes) == 6
    failed = Counter(type(outcome) for outcome in outcomes if isinstance(outcome, Exception))
    assert failed == (errors or {ValueError: 1, TimeoutError: 5})


@pytest.mark.parametrize(
    ("header", "rate"),
    [
        ('"default";q=100;w=1', 100),
        ('"burst";q=100;w=1, "hour";q=36000;w=3600', 10),
        ('"default";q=100;w=60;qu="requests"', 100 / 60),
        ('"default"; w=0.5; q=10', 20),
        ("", None),
        ('"default";q=100', None),
        ('"default";q=0;w=1', None),
        ('"default";q=100;w=0', None),
        ('"default";q=many;w=1', None),
        ('"default";q=-5;w=1', None),
        ("100;w=1", None),
        (f'"default";q={"9" * 400};w={"9" * 400}', None),
        (f'"default";q={"9" * 400};w=1', None),
    ],
)
def test_reads_the_policy(header: str, rate: float | None) -> None:
    """Of several policies the strictest; a header that tells no rate is no header."""
    assert told_rate(httpx.Headers({"RateLimit-Policy": header})) == (rate and pytest.approx(rate))
    assert told_rate(httpx.Headers()) is None


def test_reads_retry_after() -> None:
    """Seconds, or a date; one second where the header is missing or makes no sense."""
    soon = email.utils.formatdate(time.time() + 30, usegmt=True)
    past = email.utils.formatdate(time.time() - 30, usegmt=True)
    assert seconds_to_wait(httpx.Headers({"Retry-After": "7"})) == 7
    assert 25 <= seconds_to_wait(httpx.Headers({"Retry-After": soon})) <= 30
    assert seconds_to_wait(httpx.Headers({"Retry-After": past})) == 0
    for nonsense in ("", "soon", "-3", "²", "Wed, 21 Oct 99999999999 07:28:00 GMT"):
        assert seconds_to_wait(httpx.Headers({"Retry-After": nonsense.encode()})) == 1
    assert seconds_to_wait(httpx.Headers()) == 1


def test_a_limiter_handed_in_and_cancellation() -> None:
    """The panel's limiter stays in force, and whoever is cancelled gives slot and turn back."""

    async def main() -> None:
        limiter = AdjustableLimiter(3)
        batch = asyncio.create_task(
            adaptive.make_many_requests(URL, 100, client=api, limiter=limiter, return_exceptions=True)
        )
        await asyncio.sleep(1)
        assert limiter.in_use == 3
        assert len(api.arrivals) <= 3 / 0.05
        batch.cancel()
        await asyncio.wait([batch])
        await asyncio.sleep(1)
        assert limiter.in_use == 0

    api = SimulatedApi(network(), judge=quota("sliding-window"))
    run(main())


@pytest.mark.anyio
async def test_real_server_tells() -> None:
    """Over real sockets the practice server's own header is understood, from the first answer on."""
    with PracticeServer(latency=0.02, quota="token-bucket", rate=100, burst=50) as server:
        pacer = LearningPacer()
        responses = await adaptive.make_many_requests(server.url, 150, limiter=pacer)
        stats = server.stats()
    assert [response.status_code for response in responses] == [200] * 150
    assert pacer.rate == pytest.approx(98)
    assert stats.refused == 0
    assert stats.accepted / (99 * stats.elapsed) >= 0.5


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        (NAN, ValueError),
        (INFINITY, ValueError),
        ("100", TypeError),
        (True, TypeError),
        (None, TypeError),
    ],
)
async def test_refuses(value: object, error: type[Exception]) -> None:
    """A bad rate to begin with is one clear error, before anything is sent."""
    api = SimulatedApi(network())
    with pytest.raises(error, match=r"^rate must be .*more than 0"):
        await adaptive.make_many_requests(URL, 3, rate=value, client=api)
    with pytest.raises(error, match=r"^rate must be .*more than 0"):
        LearningPacer(value)
    assert api.arrivals == []


@pytest.mark.parametrize(("value", "error"), [(-1, ValueError), (INFINITY, ValueError), ("60", TypeError)])
def test_refuses_a_bad_longest_pause(value: object, error: type[Exception]) -> None:
    """The error names the parameter, its value and what is allowed."""
    with pytest.raises(error, match=rf"^longest_pause must be .*0 .*or more.*, got {value!r}"):
        LearningPacer(longest_pause=value)

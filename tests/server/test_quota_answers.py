"""What the practice API says about its quota, and what its knobs do while it serves."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import PracticeServer
from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runners import naive
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.counting import Counters
from inflight_lab.server.dialects import DIALECTS
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock
from tests.support.waiting import Hold, until

pytestmark = pytest.mark.anyio


def app_with(*, now: float = 1007.0, slow: float = 1, **knobs: object) -> PracticeApp:
    """An app that answers at once, with 7 requests in 20 s unless told otherwise."""
    app = PracticeApp(**{"latency": 0, "rate": 7, "period": 20} | knobs)
    app.slow = slow
    app.timeline.clock = SetClock(now)
    return app


def wait(app: PracticeApp, seconds: float) -> None:
    """Let the app's clock go on."""
    assert isinstance(app.timeline.clock, SetClock)
    app.timeline.clock.now += seconds


class Fields(NamedTuple):
    """What a quota says at the first request, and 3 s later at one too many."""

    quota: str
    policy: str
    first: str
    refused: str
    retry_after: int
    burst: int | None = None
    slow: int = 1


POLICY, SLOW_POLICY = '"default";q=7;w=20', '"default";q=7;w=80'
FIELDS = [
    Fields("fixed-window", POLICY, "r=6;t=20", "r=0;t=10", 10),
    Fields("fixed-window", SLOW_POLICY, "r=6;t=80", "r=0;t=30", 30, slow=4),
    Fields("sliding-window", POLICY, "r=6;t=20", "r=0;t=17", 17),
    Fields("sliding-window", SLOW_POLICY, "r=6;t=80", "r=0;t=77", 77, slow=4),
    Fields("token-bucket", POLICY, "r=6;t=3", "r=0;t=3", 3),
    Fields("token-bucket", SLOW_POLICY, "r=1;t=12", "r=0;t=9", 9, burst=2, slow=4),
    Fields("gcra", POLICY, "r=0;t=3", "r=0;t=3", 3),
    Fields("gcra", SLOW_POLICY, "r=1;t=12", "r=0;t=9", 9, burst=2, slow=4),
]


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row.quota}, slow {row.slow}")
async def test_429_says_when_to_come_back(row: Fields) -> None:
    """Retry-After in whole seconds and the draft's RateLimit fields, in slow motion as
    well; a client that waits for that long is admitted, and a second before it is not.
    """
    app = app_with(quota=row.quota, burst=row.burst, slow=row.slow)
    async with client_of(app) as client:
        first = await client.get("/get")
        wait(app, 3)
        accepted = refused = first
        while refused.status_code == 200:
            accepted, refused = refused, await client.get("/get")
        assert refused.status_code == 429
        for response in (first, accepted, refused):
            assert response.headers["ratelimit-policy"] == row.policy
        assert first.headers["ratelimit"] == f'"default";{row.first}'
        assert accepted.headers["ratelimit"].startswith('"default";r=0;t=')
        assert "retry-after" not in first.headers
        assert refused.headers["ratelimit"] == f'"default";{row.refused}'
        assert refused.headers["retry-after"] == str(row.retry_after)
        wait(app, row.retry_after - 1)
        assert (await client.get("/get")).status_code == 429
        wait(app, 1)
        assert (await client.get("/get")).status_code == 200


@pytest.mark.parametrize(
    ("quota", "reason"),
    [
        ("sliding-window", "more than 7 requests in 20 s"),
        ("gcra", "more than 7 requests in 20 s"),
    ],
)
async def test_a_refusal_says_why(quota: str, reason: str) -> None:
    """In its body, for whoever prints it."""
    app = app_with(quota=quota)
    async with client_of(app) as client:
        responses = [await client.get("/get") for _ in range(8)]
    assert responses[-1].json() == {"error": reason}


async def test_a_refusal_for_tokens_says_what_is_left_of_the_requests() -> None:
    """``RateLimit`` is about the requests alone, and ``Retry-After`` about this one."""
    app = app_with(quota="token-bucket", rate=5, tokens=100)
    chat = {"messages": [{"role": "user", "content": "word " * 80}], "max_tokens": 1}
    async with client_of(app) as client:
        accepted = await client.post("/v1/chat/completions", json=chat)
        refused = await client.post("/v1/chat/completions", json=chat)
    assert accepted.headers["ratelimit"] == '"default";r=4;t=4'
    assert refused.json() == {"error": "more than 100 tokens in 20 s"}
    assert refused.headers["ratelimit"] == '"default";r=4;t=4'
    assert refused.headers["retry-after"] == "13"  # 62 tokens more, at 5 a second


def test_the_resets_of_tokens_are_rounded_up() -> None:
    """Two of 700 tokens a minute come back in 171.43 ms, so not in 171."""
    policy = QuotaPolicy("token-bucket", 100, 60, burst=100, tokens=700)
    verdict = Counters().decide(policy, tokens=2, now=1000.0)
    headers = DIALECTS["draft"].quota_headers(verdict)
    assert headers["x-ratelimit-reset-tokens"] == "172ms"


class Written(NamedTuple):
    """A quota, and the integers in which the policy says it."""

    rate: float
    period: float
    q: int
    w: int
    slow: int = 1


@pytest.mark.parametrize(
    "quota",
    [
        Written(7, 2, q=7, w=2),
        Written(1_000_000, 60, q=1_000_000, w=60),
        Written(2e6, 1.5, q=2_000_000, w=2),
        Written(1_234_567, 86_400, q=1_234_567, w=86_400),
        Written(1_234_567.5, 90.0, q=1_234_567, w=90),
        Written(7.25, 0.001, q=7, w=1),
        Written(7, 0.07, q=7, w=2, slow=20),
        Written(7, 0.14, q=7, w=7, slow=50),
        Written(7, 86_400, q=7, w=1_728_000, slow=20),
    ],
)
async def test_a_policy_is_written_in_integers(quota: Written) -> None:
    """No exponent, no fraction, and no second for what multiplying adds in the last
    digits: the adaptive rung reads the strictest integers.
    """
    app = app_with(quota="gcra", rate=quota.rate, period=quota.period, slow=quota.slow)
    async with client_of(app) as client:
        response = await client.get("/get")
    policy = f'"default";q={quota.q};w={quota.w}'
    assert response.headers["ratelimit-policy"] == policy


async def test_no_quota_no_headers() -> None:
    """Without a quota nothing is refused and nothing is promised."""
    app = app_with(quota="none", rate=1)
    async with client_of(app) as client:
        responses = [await client.get("/get") for _ in range(20)]
    assert {response.status_code for response in responses} == {200}
    assert not [name for name in responses[0].headers if "ratelimit" in name]


async def test_knobs_turn_while_it_runs(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Every knob counts from the next request on, and the timeline learns the new
    period.
    """

    async def statuses(count: int) -> list[int]:
        return [(await client.get(server.url)).status_code for _ in range(count)]

    assert await statuses(1) == [200]
    server.quota, server.rate, server.period = "sliding-window", 1, 3600
    assert await statuses(2) == [200, 429]
    server.rate = 3
    assert await statuses(3) == [200, 200, 429]
    server.quota, server.burst = "gcra", 2
    assert await statuses(3) == [200, 200, 429]
    server.burst = 3
    assert await statuses(2) == [200, 429]
    server.quota = "none"
    server.latency = 0.2
    assert await statuses(1) == [200]
    sent, answered = server.timeline.events[-2:]
    assert answered.time - sent.time >= 0.19
    assert server.timeline.period == 3600


async def test_a_period_that_is_changed_counts_at_once() -> None:
    """What was admitted longer ago than the new period is forgotten."""
    app = app_with(quota="sliding-window", rate=1)
    async with client_of(app) as client:
        assert (await client.get("/get")).status_code == 200
        wait(app, 5)
        assert (await client.get("/get")).status_code == 429
        app.period = 4
        assert (await client.get("/get")).status_code == 200


async def test_reset_forgets_the_used_quota() -> None:
    """After a reset the numbers are zero and the whole quota is there again."""
    app = app_with(quota="sliding-window", rate=1)
    async with client_of(app) as client:
        assert (await client.get("/get")).status_code == 200
        assert (await client.get("/get")).status_code == 429
        app.reset()
        assert app.stats().started == 0
        assert (await client.get("/get")).status_code == 200


async def test_too_many_at_once_get_503(server: PracticeServer, hold: Hold) -> None:
    """``max_concurrent`` refuses by what is in flight at this moment; a request that is
    turned away uses no quota.
    """
    server.max_concurrent = 4
    server.quota, server.rate, server.period = "sliding-window", 5, 3600
    run = asyncio.create_task(
        naive.make_many_requests(server.url, 7, return_exceptions=True)
    )
    await until(lambda: server.stats().in_flight == 7)
    hold.release()
    assert Counter(map(str, await run)) == {
        "<Response [200 OK]>": 4,
        "Unexpected Status: Http status code is 503.": 3,
    }
    assert (server.stats().accepted, server.stats().refused) == (4, 3)
    async with httpx.AsyncClient() as client:
        assert (await client.get(server.url)).status_code == 200
        assert (await client.get(server.url)).status_code == 429


async def test_503_says_when_to_come_back() -> None:
    """In a second: nobody knows when one of those in flight will end."""
    app = app_with(max_concurrent=1)
    app.timeline.send()
    async with client_of(app) as client:
        response = await client.get("/get")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json() == {"error": "more than 1 requests at once"}


async def test_quotas_count_on_a_clock_that_ticks_often_enough() -> None:
    """Not on Windows' monotonic one; and it is the timeline's clock that counts."""
    assert PracticeApp().timeline.clock is time.perf_counter
    app = app_with(quota="gcra", rate=100, period=1)
    async with client_of(app) as client:
        for _ in range(20):
            wait(app, 0.0101)
            assert (await client.get("/get")).status_code == 200
        assert (await client.get("/get")).status_code == 429  # at the same moment


@given(
    st.sampled_from(sorted(KINDS)),
    st.floats(1, 1e9),
    st.floats(0.001, 86_400),
    st.integers(0, 20),
)
def test_the_fields_are_structured(
    kind: str, rate: float, period: float, requests: int
) -> None:
    """Both parse as RFC 9651 wants it, whatever the knobs: a list of one string with
    integers beside it.
    """
    policy = QuotaPolicy(kind, rate, period)
    counters = Counters()
    for _ in range(requests + 1):
        verdict = counters.decide(policy, tokens=0, now=1000.0)
    headers = DIALECTS["draft"].quota_headers(verdict)
    for name, numbers in (("RateLimit-Policy", "qw"), ("RateLimit", "rt")):
        first, second = numbers
        field = rf'"default";{first}=\d{{1,15}};{second}=\d{{1,15}}'
        assert re.fullmatch(field, headers[name])

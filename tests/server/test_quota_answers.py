"""What the practice API says about its quota, and what its knobs do while it serves."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runners import naive
from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock
from tests.support.waiting import Hold, until

pytestmark = pytest.mark.anyio


MEMBERS = {"RateLimit-Policy": ("q", "w"), "RateLimit": ("r", "t")}


def app_with(**knobs: Any) -> PracticeApp:
    """An app that answers at once, with 7 requests in 20 s unless told otherwise."""
    usual: dict[str, Any] = {"latency": 0, "rate": 7, "period": 20}
    app = PracticeApp(**(usual | knobs))
    app.timeline.clock = SetClock(1007.0)
    return app


def wait(app: PracticeApp, seconds: float) -> None:
    """Let the app's clock go on."""
    assert isinstance(app.timeline.clock, SetClock)
    app.timeline.clock.now += seconds


class Fields(NamedTuple):
    """What a quota says at the first request, and 3 s later at one too many."""

    quota: str
    first: str
    refused: str
    retry_after: int
    burst: int | None = None


FIELDS = [
    Fields("fixed-window", "r=6;t=13", "r=0;t=10", 10),
    Fields("sliding-window", "r=6;t=20", "r=0;t=17", 17),
    Fields("token-bucket", "r=6;t=3", "r=0;t=3", 3),
    Fields("token-bucket", "r=1;t=3", "r=0;t=3", 3, burst=2),
    Fields("gcra", "r=0;t=3", "r=0;t=3", 3),
    Fields("gcra", "r=1;t=3", "r=0;t=3", 3, burst=2),
]


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row.quota} {row.burst}")
async def test_429_says_when_to_come_back(row: Fields) -> None:
    """The draft's fields on every answer, and Retry-After in whole seconds with a
    refusal: a client that waits for that long is admitted, and a second before it is
    not.
    """
    app = app_with(quota=row.quota, burst=row.burst)
    async with client_of(app) as client:
        first = await client.get("/get")
        wait(app, 3)
        accepted = refused = first
        while refused.status_code == 200:
            accepted, refused = refused, await client.get("/get")
        assert refused.status_code == 429
        for response in (first, accepted, refused):
            assert response.headers["ratelimit-policy"] == '"default";q=7;w=20'
        assert first.headers["ratelimit"] == f'"default";{row.first}'
        assert accepted.headers["ratelimit"].startswith('"default";r=0;t=')
        assert "retry-after" not in first.headers
        assert refused.headers["ratelimit"] == f'"default";{row.refused}'
        assert refused.headers["retry-after"] == str(row.retry_after)
        assert refused.json() == {"error": "more than 7 requests in 20 s"}
        wait(app, row.retry_after - 1)
        assert (await client.get("/get")).status_code == 429
        wait(app, 1)
        assert (await client.get("/get")).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [1, 7.5, 1e9])
@pytest.mark.parametrize("period", [0.001, 1.5, 86_400])
async def test_everything_is_written_in_digits(
    kind: str, rate: float, period: float
) -> None:
    """At both ends of every knob the first request passes, the fields are integers as
    RFC 9651 wants them, and no text has an exponent.
    """
    app = app_with(quota=kind, rate=rate, period=period, tokens=2_000_000)
    question = {"messages": [{"content": "word"}], "max_tokens": 1}
    async with client_of(app) as client:
        answers = [
            await client.post("/v1/chat/completions", json=question) for _ in range(3)
        ]
    assert answers[0].status_code == 200
    for answer in answers:
        assert answer.status_code in (200, 429)
        for name, first, second in (
            ("RateLimit-Policy", "q", "w"),
            ("RateLimit", "r", "t"),
        ):
            field = rf'"default";{first}=\d{{1,15}};{second}=\d{{1,15}}'
            assert re.fullmatch(field, answer.headers[name])
        assert answer.headers["x-ratelimit-limit-tokens"] == "2000000"
        if answer.status_code == 429:
            assert re.search(r"[\d.]+ requests in [\d.]+ s", answer.json()["error"])


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


async def test_quotas_count_on_a_clock_that_ticks_often_enough() -> None:
    """Not on Windows' monotonic one; and it is the timeline's clock that counts."""
    assert PracticeApp().timeline.clock is time.perf_counter
    app = app_with(quota="gcra", rate=100, period=1)
    async with client_of(app) as client:
        for _ in range(20):
            wait(app, 0.0101)
            assert (await client.get("/get")).status_code == 200
        assert (await client.get("/get")).status_code == 429  # at the same moment

"""Dialects: what each API says when it refuses, and what the rungs read in it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.lesson.server.app import PracticeApp
from inflight_lab.lesson.server.dialects import DIALECTS
from inflight_lab.runners.refusals import read_refusal
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock

pytestmark = pytest.mark.anyio
PERIOD = 60
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


class Row(NamedTuple):
    """A refusal as the API documents it."""

    status: int
    says: str
    """What in the body tells which refusal it is."""
    reads: str
    """What the rungs find in it: ``wait 60`` (s), ``wait``, ``stop``, or ``none``."""
    headers: dict[str, str] | None = None
    """Patterns, by name: all that there are; None: none."""


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
DRAFT = {"ratelimit-policy": '"default";q=2;w=60', "ratelimit": '"default";r=0;t=60'}
GITHUB = {
    "x-ratelimit-limit": "2",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-used": "2",
    "x-ratelimit-reset": r"\d{10}",
    "x-ratelimit-resource": "core",
}
OPENAI = {
    "x-ratelimit-limit-requests": "2",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1m0s",
}
AZURE = OPENAI | {"x-ratelimit-reset-requests": "60"}
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "2",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": TIME,
}
PAUSE = {"retry-after": "60"}
BOTH = PAUSE | {"retry-after-ms": "60000"}
TOO_MANY = {
    "draft": Row(429, "more than 2 requests in 60 s", "wait 60", DRAFT | PAUSE),
    "github": Row(403, "API rate limit exceeded for user ID 1.", "wait 60", GITHUB),
    "openai": Row(429, '"code":"rate_limit_exceeded"', "wait 60", OPENAI | BOTH),
    "azure": Row(429, '"code":"429"', "wait 60", AZURE | BOTH),
    "anthropic": Row(429, '"rate_limit_error"', "wait 60", ANTHROPIC | PAUSE),
    "gemini": Row(429, '"retryDelay":"60s"', "wait 60"),
}
EXHAUSTED = {
    "draft": Row(402, "used up", "none"),
    "github": Row(402, "Payment required", "none"),
    "openai": Row(429, '"code":"insufficient_quota"', "stop"),
    "azure": Row(403, '"code":"403"', "wait", {"x-should-retry": "false"}),
    "anthropic": Row(429, '"error_code":"enforced_spend_limit_reached"', "stop"),
    "gemini": Row(402, '"status":"RESOURCE_EXHAUSTED"', "none"),
}
OVERLOADED = {
    "draft": Row(503, "at once", "wait 1", {"retry-after": "1"}),
    "github": Row(403, "secondary rate limit", "wait"),
    "openai": Row(503, '"type":"server_error"', "wait"),
    "azure": Row(503, '"code":"503"', "wait"),
    "anthropic": Row(529, '"type":"overloaded_error"', "wait"),
    "gemini": Row(503, '"status":"UNAVAILABLE"', "wait"),
}
TOO_LARGE = {
    "draft": Row(413, "more than 50 tokens", "none"),
    "github": Row(413, "50 tokens", "none"),
    "openai": Row(429, '"type":"tokens"', "wait"),
    "azure": Row(429, "of 50", "wait"),
    "anthropic": Row(400, '"type":"invalid_request_error"', "none"),
    "gemini": Row(400, '"status":"INVALID_ARGUMENT"', "none"),
}


def app_with(dialect: str, **knobs: Any) -> PracticeApp:
    """An app that allows two requests a minute, on a clock that stands still."""
    usual: dict[str, Any] = {"latency": 0, "quota": "sliding-window", "rate": 2}
    app = PracticeApp(dialect=dialect, **(usual | {"period": PERIOD} | knobs))
    app.timeline.clock = SetClock(1000.0)
    return app


async def get(app: PracticeApp) -> httpx.Response:
    """One request."""
    async with client_of(app) as client:
        return await client.get("/get")


async def chat(app: PracticeApp, words: int = 3, **options: Any) -> httpx.Response:
    """One chat, in the form of OpenAI's API."""
    question = {"messages": [{"role": "user", "content": "word " * words}]}
    async with client_of(app) as client:
        return await client.post("/v1/chat/completions", json=question | options)


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Those that not every answer has."""
    usual = ("content-length", "content-type", "date")
    return {name: response.headers[name] for name in response.headers.keys() - usual}


def reads(response: httpx.Response) -> str:
    """What the rungs find in an answer, as the tables have it."""
    refusal = read_refusal(response)
    if refusal is None:
        return "none"
    if refusal.is_permanent:
        return "stop"
    # A time of day is a second or two from now when it is read.
    pause = PERIOD if abs(refusal.pause - PERIOD) < 10 else refusal.pause
    return f"wait {pause:g}" if pause else "wait"


def compare(response: httpx.Response, row: Row) -> None:
    """It is the refusal that is expected, and says no more."""
    assert response.status_code == row.status
    assert row.says in response.text
    headers, expected = headers_of(response), row.headers or {}
    assert headers.keys() == expected.keys()
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, headers[name]), name
    assert reads(response) == row.reads


@each_dialect
async def test_too_many_requests(dialect: str) -> None:
    """The third of two is refused in the words of each API, and the reader finds its
    pause; accepted requests hear of the same quota, without a quota nobody does.
    """
    app = app_with(dialect)
    accepted = [await get(app) for _ in range(2)]
    refused = await get(app)
    compare(refused, TOO_MANY[dialect])
    # Azure names the reset in refusals only.
    reset = {"x-ratelimit-reset-requests"} if dialect == "azure" else set()
    for response in accepted:
        assert reads(response) == "none"
        missing = headers_of(refused).keys() - headers_of(response).keys()
        assert missing == reset | (BOTH.keys() & headers_of(refused).keys())
    app.quota = "none"
    response = await get(app)
    assert (response.status_code, headers_of(response)) == (200, {})


@each_dialect
async def test_a_plan_that_is_used_up(dialect: str) -> None:
    """Everything is refused for good, and no pause is named, until the knob is taken
    back.  A bare 402 or 403 may concern one request, so it is no refusal of all.
    """
    app = app_with(dialect, exhausted=True)
    for refused in (await get(app), await chat(app)):
        compare(refused, EXHAUSTED[dialect])
    app.exhausted = False
    assert (await get(app)).status_code == 200


@each_dialect
async def test_too_many_in_flight(dialect: str) -> None:
    """503, 529, or GitHub's secondary limit, which only its message tells from any
    other 403; waiting helps.
    """
    app = app_with(dialect, max_concurrent=1)
    app.timeline.send()
    compare(await get(app), OVERLOADED[dialect])


@each_dialect
async def test_a_request_that_never_fits(dialect: str) -> None:
    """It costs more than the whole quota, so no pause is named and it is not counted;
    the reader takes it for no end of the plan.
    """
    app = app_with(dialect, tokens=50)
    for _ in range(5):
        compare(await chat(app, words=100, max_tokens=40), TOO_LARGE[dialect])
    assert (await chat(app, max_tokens=5)).status_code == 200


async def test_github_says_that_nothing_remains_whichever_quota_refused() -> None:
    """Only so does a client know that a 403 is a limit, and until when."""
    app = app_with("github", rate=10, tokens=40)
    assert (await chat(app, words=30, max_tokens=1)).status_code == 200
    refused = await chat(app, words=30, max_tokens=1)
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert (refused.status_code, reads(refused)) == (403, "wait 60")

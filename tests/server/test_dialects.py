"""Dialects: what each API says when it refuses, and what the rungs read in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from inflight_lab.runners.refusals import Refusal, read_refusal
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.dialects import DIALECTS
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock

pytestmark = pytest.mark.anyio
PERIOD = 60


@dataclass(frozen=True)
class Row:
    """A refusal as the API documents it, and what it does not say."""

    dialect: str
    status: int
    says: Any = None
    """The value in the body that tells which refusal it is..."""
    at: str = "error.code"
    """... and the path to it."""
    headers: dict[str, str] = field(default_factory=dict)
    """Patterns, by name."""
    silent: str = ""
    """Headers that would say more than the API does, beside the pauses."""
    pause: float | None = None
    """Seconds that the rungs' reader finds; None: the API names no pause."""

    def compare(self, response: httpx.Response) -> None:
        """Status, headers and body are those that are expected."""
        assert response.status_code == self.status
        assert response.headers["content-type"] == "application/json"
        for name, pattern in self.headers.items():
            assert re.fullmatch(pattern, response.headers[name]), name
        for name in ["retry-after", "retry-after-ms", *self.silent.split()]:
            assert name in self.headers or name not in response.headers
        value = response.json()
        for step in self.at.split(".") if self.says else ():
            value = value[int(step) if step.isdigit() else step]
        assert self.says in (None, value)


def app_with(dialect: str, **knobs: Any) -> PracticeApp:
    """An app that allows two requests a minute, on a clock that stands still."""
    usual: dict[str, Any] = {"latency": 0, "quota": "sliding-window", "rate": 2}
    usual["period"] = PERIOD
    app = PracticeApp(dialect=dialect, **(usual | knobs))
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


def on_quotas(response: httpx.Response) -> set[str]:
    """The names of the headers that speak of a quota."""
    return {name for name in response.headers if "ratelimit" in name.replace("-", "")}


def read(response: httpx.Response) -> Refusal:
    """What the rungs' reader makes of a refusal; it always finds words for people."""
    refusal = read_refusal(response)
    assert refusal is not None
    assert refusal.reason
    return refusal


LIKE_OPENAI = {
    "x-ratelimit-limit-requests": "2",
    "x-ratelimit-remaining-requests": "0",
    "retry-after": "60",
    "retry-after-ms": "60000",
}
TOO_MANY = [
    Row(
        "draft",
        429,
        "more than 2 requests in 60 s",
        at="error",
        headers={
            "ratelimit-policy": '"default";q=2;w=60',
            "ratelimit": '"default";r=0;t=60',
            "retry-after": "60",
        },
        silent="x-ratelimit-limit-requests",
        pause=PERIOD,
    ),
    Row(
        "github",
        403,
        "API rate limit exceeded for user ID 1.",
        at="message",
        headers={
            "x-ratelimit-limit": "2",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-used": "2",
            "x-ratelimit-reset": r"\d{10}",
            "x-ratelimit-resource": "core",
        },
        pause=PERIOD,
    ),
    Row(
        "openai",
        429,
        "rate_limit_exceeded",
        headers=LIKE_OPENAI | {"x-ratelimit-reset-requests": "1m0s"},
        silent="x-ratelimit-limit-tokens x-should-retry",
        pause=PERIOD,
    ),
    Row(
        "azure",
        429,
        "429",
        headers=LIKE_OPENAI | {"x-ratelimit-reset-requests": "60"},
        silent="x-ratelimit-limit-tokens x-ratelimit-reset-tokens",
        pause=PERIOD,
    ),
    Row(
        "anthropic",
        429,
        "rate_limit_error",
        at="error.type",
        headers={
            "anthropic-ratelimit-requests-limit": "2",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
            "retry-after": "60",
        },
        silent="anthropic-ratelimit-tokens-limit",
        pause=PERIOD,
    ),
    Row("gemini", 429, "60s", at="error.details.1.retryDelay", pause=PERIOD),
]
EXHAUSTED = [
    Row("draft", 402),
    Row("github", 402, "Payment required", at="message"),
    Row("openai", 429, "insufficient_quota"),
    Row("azure", 403, "403", headers={"x-should-retry": "false"}),
    Row(
        "anthropic",
        429,
        "enforced_spend_limit_reached",
        at="error.details.error_code",
    ),
    Row("gemini", 402, "RESOURCE_EXHAUSTED", at="error.status"),
]
OVERLOADED = [
    Row("draft", 503, headers={"retry-after": "1"}, pause=1),
    Row("github", 403, "403", at="status"),
    Row("openai", 503, "server_error", at="error.type"),
    Row("azure", 503, "503"),
    Row("anthropic", 529, "overloaded_error", at="error.type"),
    Row("gemini", 503, "UNAVAILABLE", at="error.status"),
]
TOO_LARGE = [
    Row("draft", 413),
    Row("github", 413, "413", at="status"),
    Row("openai", 429, "tokens", at="error.type"),
    Row("azure", 429, "429"),
    Row("anthropic", 400, "invalid_request_error", at="error.type"),
    Row("gemini", 400, "INVALID_ARGUMENT", at="error.status"),
]


@pytest.mark.parametrize("row", TOO_MANY, ids=lambda row: row.dialect)
async def test_too_many_requests(row: Row) -> None:
    """The third of two is refused in the words of each API, and the reader finds its
    pause; accepted requests hear of the same quota, without a quota nobody does.
    """
    app = app_with(row.dialect)
    accepted = [await get(app) for _ in range(2)]
    refused = await get(app)
    row.compare(refused)
    assert read(refused).pause == pytest.approx(row.pause, abs=5)
    for response in accepted:
        assert read_refusal(response) is None
        missing = on_quotas(refused) - on_quotas(response)
        azures = {"x-ratelimit-reset-requests"}  # Azure names it in refusals only
        assert missing == (azures if row.dialect == "azure" else set())
    app.quota = "none"
    response = await get(app)
    assert (response.status_code, on_quotas(response)) == (200, set())


@pytest.mark.parametrize("row", EXHAUSTED, ids=lambda row: row.dialect)
async def test_a_plan_that_is_used_up(row: Row) -> None:
    """Everything is refused for good, and no pause is named, until the knob is taken
    back.  A bare 402 or 403 may concern one request, so it is no refusal of all.
    """
    app = app_with(row.dialect, exhausted=True)
    for refused in (await get(app), await chat(app)):
        row.compare(refused)
        assert not on_quotas(refused)
        if row.status == 429:
            assert (read(refused).pause, read(refused).is_permanent) == (0, True)
        elif "quota" in refused.text:
            assert not read(refused).is_permanent
        else:
            assert read_refusal(refused) is None
    app.exhausted = False
    assert (await get(app)).status_code == 200


@pytest.mark.parametrize("row", OVERLOADED, ids=lambda row: row.dialect)
async def test_too_many_in_flight(row: Row) -> None:
    """503, 529, or GitHub's secondary limit, which only its message tells from any
    other 403; waiting helps.
    """
    app = app_with(row.dialect, max_concurrent=1)
    app.timeline.send()
    refused = await get(app)
    row.compare(refused)
    assert not read(refused).is_permanent
    assert read(refused).pause == (row.pause or 0)


@pytest.mark.parametrize("row", TOO_LARGE, ids=lambda row: row.dialect)
async def test_a_request_that_never_fits(row: Row) -> None:
    """It costs more than the whole quota, so no pause is named and it is not counted;
    the reader takes it for no end of the plan.
    """
    app = app_with(row.dialect, tokens=50)
    for _ in range(5):
        refused = await chat(app, words=100, max_tokens=40)
        row.compare(refused)
        assert not on_quotas(refused)
        assert "50" in refused.text
        refusal = read_refusal(refused)
        if refused.status_code == 429:
            assert refusal == Refusal(0, reason=read(refused).reason)
        else:
            assert refusal is None
    assert (await chat(app, max_tokens=5)).status_code == 200


async def test_github_says_that_nothing_remains_whichever_quota_refused() -> None:
    """Only so does a client know that a 403 is a limit, and until when."""
    app = app_with("github", rate=10, tokens=40)
    assert (await chat(app, words=30, max_tokens=1)).status_code == 200
    refused = await chat(app, words=30, max_tokens=1)
    assert refused.status_code == 403
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert read(refused).pause == pytest.approx(PERIOD, abs=5)


def test_every_dialect_has_a_row_in_each_table() -> None:
    """A new one cannot be forgotten here."""
    for table in (TOO_MANY, EXHAUSTED, OVERLOADED, TOO_LARGE):
        assert [row.dialect for row in table] == list(DIALECTS)

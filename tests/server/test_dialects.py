"""Dialects: what each API says when it refuses, over a real socket."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.dialects import DIALECTS
from tests.support.virtual_clock import SetClock

PERIOD = 60
QUESTION = [{"role": "user", "content": "one two three"}]


@dataclass(frozen=True)
class Refusal:
    """What a refusal consists of, as far as the API documents it."""

    dialect: str
    status: int
    body: dict[str, Any]
    """Parts of the JSON, by the path to them."""
    headers: dict[str, str] = field(default_factory=dict)
    """Patterns, by name."""
    silent: tuple[str, ...] = ("retry-after",)
    """Headers that would say more than the API does."""
    only_refused: tuple[str, ...] = ()
    """Headers on the quota that accepted requests do not get."""


def name_of(row: Refusal) -> str:
    return row.dialect


def compare(response: httpx.Response, expected: Refusal) -> None:
    """Status, headers and body are those that are expected."""
    assert response.status_code == expected.status
    for name, pattern in expected.headers.items():
        assert re.fullmatch(pattern, response.headers[name]), name
    for name in expected.silent:
        assert name not in response.headers
    assert response.headers["content-type"] == "application/json"
    for path, value in expected.body.items():
        assert part(response.json(), path) == value


def part(body: Any, path: str) -> Any:
    """What is at a path such as ``error.details.1.retryDelay``."""
    for step in path.split("."):
        body = body[int(step) if step.isdigit() else step]
    return body


def server_with(dialect: str, **knobs: object) -> PracticeServer:
    """A server that allows two requests a minute, on a clock that stands still."""
    defaults = {"latency": 0, "quota": "sliding-window", "rate": 2, "period": PERIOD}
    server = PracticeServer(dialect=dialect, **(defaults | knobs))
    server.timeline.clock = SetClock(1000.0)
    return server


def ask(server: PracticeServer, **options: Any) -> httpx.Response:
    """One chat, in the form of OpenAI's API."""
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    return httpx.post(url, json={"messages": QUESTION} | options)


TOO_MANY = [
    Refusal(
        "draft",
        429,
        {"error": "more than 2 requests in 60 s"},
        {
            "ratelimit-policy": '"default";q=2;w=60',
            "ratelimit": '"default";r=0;t=60',
            "retry-after": "60",
        },
        silent=(),
    ),
    Refusal(
        "github",
        403,
        {"message": "API rate limit exceeded for user ID 1.", "status": "403"},
        {
            "x-ratelimit-limit": "2",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-used": "2",
            "x-ratelimit-reset": r"\d{10}",
            "x-ratelimit-resource": "core",
        },
    ),
    Refusal(
        "openai",
        429,
        {
            "error.type": "requests",
            "error.param": None,
            "error.code": "rate_limit_exceeded",
        },
        {
            "x-ratelimit-limit-requests": "2",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1m0s",
            "retry-after": "60",
            "retry-after-ms": "60000",
        },
        silent=("x-ratelimit-limit-tokens", "x-should-retry"),
    ),
    Refusal(
        "azure",
        429,
        {"error.code": "429"},
        {
            "x-ratelimit-limit-requests": "2",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "60",
            "retry-after": "60",
            "retry-after-ms": "60000",
        },
        silent=("x-ratelimit-limit-tokens", "x-ratelimit-reset-tokens"),
        only_refused=("x-ratelimit-reset-requests",),
    ),
    Refusal(
        "anthropic",
        429,
        {"type": "error", "error.type": "rate_limit_error"},
        {
            "anthropic-ratelimit-requests-limit": "2",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
            "retry-after": "60",
            "request-id": "req_.+",
        },
        silent=(),
    ),
    Refusal(
        "gemini",
        429,
        {
            "error.code": 429,
            "error.status": "RESOURCE_EXHAUSTED",
            "error.details.1.@type": "type.googleapis.com/google.rpc.RetryInfo",
            "error.details.1.retryDelay": "60s",
        },
    ),
]


@pytest.mark.parametrize("expected", TOO_MANY, ids=name_of)
def test_too_many_requests(expected: Refusal) -> None:
    """The third request of two is refused in the words of each API, and the accepted
    ones come with the same headers on what is left.
    """
    with server_with(expected.dialect) as server:
        accepted = [httpx.get(server.url) for _ in range(2)]
        refused = httpx.get(server.url)
    compare(refused, expected)
    assert [response.status_code for response in accepted] == [200, 200]
    on_the_quota = {name for name in refused.headers if "ratelimit" in name}
    for response in accepted:
        assert on_the_quota - set(response.headers) == set(expected.only_refused)
    assert server.stats().refused == 1


TIMES = {
    "github": ("x-ratelimit-reset", float),
    "anthropic": (
        "anthropic-ratelimit-requests-reset",
        lambda text: datetime.fromisoformat(text).timestamp(),
    ),
}
"""Headers with the time when there is more, and how to read that as Unix time."""


@pytest.mark.parametrize("dialect", TIMES)
def test_a_client_that_waits_until_the_reset_is_admitted(dialect: str) -> None:
    """A time of day is rounded up, so a client that keeps to it is never early."""
    header, read = TIMES[dialect]
    with server_with(dialect) as server:
        for _ in range(2):
            httpx.get(server.url)
        before = time.time()
        refused = httpx.get(server.url)
        pause = read(refused.headers[header]) - before
        assert pause >= PERIOD
        assert read(refused.headers[header]) - time.time() <= PERIOD + 1
        assert isinstance(server.timeline.clock, SetClock)
        server.timeline.clock.now += pause
        assert httpx.get(server.url).status_code == 200


EXHAUSTED = [
    Refusal("draft", 402, {"error": "the plan is used up: waiting does not help"}),
    Refusal("github", 402, {"message": "Payment required"}),
    Refusal(
        "openai",
        429,
        {"error.type": "insufficient_quota", "error.code": "insufficient_quota"},
        silent=("retry-after", "retry-after-ms", "x-ratelimit-reset-requests"),
    ),
    Refusal("azure", 403, {"error.code": "403"}, {"x-should-retry": "false"}),
    Refusal(
        "anthropic",
        429,
        {
            "error.type": "rate_limit_error",
            "error.details.error_code": "enforced_spend_limit_reached",
        },
        silent=("retry-after", "anthropic-ratelimit-requests-reset"),
    ),
    Refusal("gemini", 402, {"error.code": 402, "error.status": "RESOURCE_EXHAUSTED"}),
]


@pytest.mark.parametrize("expected", EXHAUSTED, ids=name_of)
def test_a_plan_that_is_used_up(expected: Refusal) -> None:
    """Every answer is a refusal that names no pause, from the moment the knob is set
    until it is taken back.
    """
    with server_with(expected.dialect) as server:
        assert httpx.get(server.url).status_code == 200
        server.exhausted = True
        compare(httpx.get(server.url), expected)
        compare(ask(server), expected)
        server.exhausted = False
        assert httpx.get(server.url).status_code == 200
    assert (server.stats().accepted, server.stats().refused) == (2, 2)


OVERLOADED = [
    Refusal("draft", 503, {}, {"retry-after": "1"}, silent=()),
    Refusal(
        "github",
        403,
        {
            "status": "403",
            "message": "You have exceeded a secondary rate limit. "
            "Please wait a few minutes.",
        },
    ),
    Refusal("openai", 503, {"error.type": "server_error"}),
    Refusal("azure", 503, {"error.code": "503"}),
    Refusal("anthropic", 529, {"error.type": "overloaded_error"}),
    Refusal("gemini", 503, {"error.status": "UNAVAILABLE"}),
]


@pytest.mark.parametrize("expected", OVERLOADED, ids=name_of)
def test_too_many_in_flight(expected: Refusal) -> None:
    """Where ``max_concurrent`` are in flight: 503, 529, or GitHub's secondary limit,
    which only its message tells from any other 403.
    """
    with server_with(expected.dialect, max_concurrent=1) as server:
        server.timeline.send()
        compare(httpx.get(server.url), expected)
    assert server.stats().refused == 1


TOO_LARGE = [
    Refusal("draft", 413, {}),
    Refusal("github", 413, {"status": "413"}),
    Refusal(
        "openai", 429, {"error.type": "tokens", "error.code": "rate_limit_exceeded"}
    ),
    Refusal("azure", 429, {"error.code": "429"}),
    Refusal("anthropic", 400, {"error.type": "invalid_request_error"}),
    Refusal("gemini", 400, {"error.status": "INVALID_ARGUMENT"}),
]


@pytest.mark.parametrize("expected", TOO_LARGE, ids=name_of)
def test_a_request_that_never_fits(expected: Refusal) -> None:
    """It costs more than the whole quota, so no pause is named, it is not counted, and
    a smaller one is admitted.
    """
    words = [{"role": "user", "content": "word " * 100}]
    with server_with(expected.dialect, tokens=50) as server:
        for _ in range(5):
            refused = ask(server, messages=words, max_tokens=40)
            compare(refused, expected)
            assert not [name for name in refused.headers if "ratelimit" in name]
            assert "retry-after-ms" not in refused.headers
        assert ask(server, max_tokens=5).status_code == 200


def test_a_dialect_may_change_while_it_serves() -> None:
    """The count goes on, in other words; a twin speaks the same dialect."""
    with server_with("github", rate=1) as server:
        assert httpx.get(server.url).status_code == 200
        assert httpx.get(server.url).status_code == 403
        server.dialect = "anthropic"
        assert httpx.get(server.url).json()["type"] == "error"
        server.exhausted = True
    twin = server.twin()
    assert (twin.dialect, twin.exhausted) == ("anthropic", True)


def test_azure_names_what_there_will_be_more_of() -> None:
    """The reset is that of the quota which refused the chat, in whole seconds."""
    with server_with("azure", tokens=600) as server:
        assert ask(server, max_tokens=500).status_code == 200
        refused = ask(server, max_tokens=500)
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-limit-tokens"] == "600"
    assert refused.headers["x-ratelimit-remaining-tokens"] == "0"
    assert refused.headers["x-ratelimit-reset-tokens"] == "60"
    assert "x-ratelimit-reset-requests" not in refused.headers


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_quota_is_no_dialect(dialect: str) -> None:
    """Without a quota nothing is refused, and nothing is said about one."""
    with server_with(dialect, quota="none") as server:
        responses = [httpx.get(server.url) for _ in range(5)]
    for response in responses:
        assert response.status_code == 200
        assert not [name for name in response.headers if "ratelimit" in name]

"""Dialects: what each API says when it refuses, and what the rungs read in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners.refusals import Refusal, read_refusal
from inflight_lab.server.dialects import DIALECTS
from tests.support.virtual_clock import SetClock

PERIOD = 60


@dataclass(frozen=True)
class Row:
    """A refusal as far as the API documents it: parts of it, by the path to them."""

    dialect: str
    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Patterns, by name."""
    silent: tuple[str, ...] = ("retry-after", "retry-after-ms")
    """Headers that would say more than the API does."""

    def compare(self, response: httpx.Response) -> None:
        """Status, headers and body are those that are expected."""
        assert response.status_code == self.status
        assert response.headers["content-type"] == "application/json"
        for name, pattern in self.headers.items():
            assert re.fullmatch(pattern, response.headers[name]), name
        for name in self.silent:
            assert name not in response.headers
        for path, value in self.body.items():
            assert part(response.json(), path) == value


def part(body: Any, path: str) -> Any:
    """What is at a path such as ``error.details.1.retryDelay``."""
    for step in path.split("."):
        body = body[int(step) if step.isdigit() else step]
    return body


def name_of(row: Row) -> str:
    return row.dialect


def server_with(dialect: str, **knobs: Any) -> PracticeServer:
    """A server that allows two requests a minute, on a clock that stands still."""
    defaults: dict[str, Any] = {
        "latency": 0,
        "quota": "sliding-window",
        "rate": 2,
        "period": PERIOD,
    }
    server = PracticeServer(dialect=dialect, **(defaults | knobs))
    server.timeline.clock = SetClock(1000.0)
    return server


def chat(server: PracticeServer, words: int = 3, **options: Any) -> httpx.Response:
    """One chat, in the form of OpenAI's API."""
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    question = {"messages": [{"role": "user", "content": "word " * words}]}
    return httpx.post(url, json=question | options)


def on_quotas(response: httpx.Response) -> set[str]:
    """The names of the headers that speak of a quota."""
    return {name for name in response.headers if "ratelimit" in name}


def read(response: httpx.Response) -> Refusal:
    """What the rungs' reader makes of a refusal; it always finds words for people."""
    refusal = read_refusal(response)
    assert refusal is not None
    assert refusal.reason
    return refusal


DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
TOO_MANY = [
    Row(
        "draft",
        429,
        {"error": "more than 2 requests in 60 s"},
        {
            "ratelimit-policy": '"default";q=2;w=60',
            "ratelimit": '"default";r=0;t=60',
            "retry-after": "60",
        },
        silent=("x-ratelimit-limit-requests",),
    ),
    Row(
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
    Row(
        "openai",
        429,
        {
            "error.type": "requests",
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
    Row(
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
    ),
    Row(
        "anthropic",
        429,
        {"type": "error", "error.type": "rate_limit_error"},
        {
            "anthropic-ratelimit-requests-limit": "2",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": DATE,
            "retry-after": "60",
        },
        silent=("anthropic-ratelimit-tokens-limit",),
    ),
    Row(
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


@pytest.mark.parametrize("row", TOO_MANY, ids=name_of)
def test_too_many_requests(row: Row) -> None:
    """The third of two is refused in the words of each API, and the reader finds the
    pause; accepted requests hear of the same quota.
    """
    with server_with(row.dialect) as server:
        accepted = [httpx.get(server.url) for _ in range(2)]
        refused = httpx.get(server.url)
    row.compare(refused)
    assert read(refused).pause == pytest.approx(PERIOD, abs=5)
    for response in accepted:
        assert read_refusal(response) is None
        missing = on_quotas(refused) - on_quotas(response)
        azures = {"x-ratelimit-reset-requests"}  # Azure names it in refusals only
        assert missing == (azures if row.dialect == "azure" else set())


EXHAUSTED = [
    Row("draft", 402, {"error": "the plan is used up: waiting does not help"}),
    Row("github", 402, {"message": "Payment required"}),
    Row(
        "openai",
        429,
        {"error.type": "insufficient_quota", "error.code": "insufficient_quota"},
    ),
    Row("azure", 403, {"error.code": "403"}, {"x-should-retry": "false"}),
    Row(
        "anthropic",
        429,
        {
            "error.type": "rate_limit_error",
            "error.details.error_code": "enforced_spend_limit_reached",
        },
    ),
    Row("gemini", 402, {"error.code": 402, "error.status": "RESOURCE_EXHAUSTED"}),
]


@pytest.mark.parametrize("row", EXHAUSTED, ids=name_of)
def test_a_plan_that_is_used_up(row: Row) -> None:
    """Everything is refused for good, and no pause is named, until the knob is taken
    back.
    """
    with server_with(row.dialect) as server:
        server.exhausted = True
        for refused in (httpx.get(server.url), chat(server)):
            row.compare(refused)
            assert not on_quotas(refused)
            assert (read(refused).pause, read(refused).is_permanent) == (None, True)
        server.exhausted = False
        assert httpx.get(server.url).status_code == 200


OVERLOADED = [
    Row("draft", 503, {}, {"retry-after": "1"}, silent=()),
    Row("github", 403, {"status": "403"}),
    Row("openai", 503, {"error.type": "server_error"}),
    Row("azure", 503, {"error.code": "503"}),
    Row("anthropic", 529, {"error.type": "overloaded_error"}),
    Row("gemini", 503, {"error.status": "UNAVAILABLE"}),
]


@pytest.mark.parametrize("row", OVERLOADED, ids=name_of)
def test_too_many_in_flight(row: Row) -> None:
    """503, 529, or GitHub's secondary limit, which only its message tells from any
    other 403; waiting helps.
    """
    with server_with(row.dialect, max_concurrent=1) as server:
        server.timeline.send()
        refused = httpx.get(server.url)
    row.compare(refused)
    assert not read(refused).is_permanent
    # GitHub's documentation asks for a minute where only the message says what it is.
    pauses = {"draft": 1, "github": 60}
    assert read(refused).pause == pauses.get(row.dialect)


TOO_LARGE = [
    Row("draft", 413),
    Row("github", 413, {"status": "413"}),
    Row("openai", 429, {"error.type": "tokens", "error.code": "rate_limit_exceeded"}),
    Row("azure", 429, {"error.code": "429"}),
    Row("anthropic", 400, {"error.type": "invalid_request_error"}),
    Row("gemini", 400, {"error.status": "INVALID_ARGUMENT"}),
]


@pytest.mark.parametrize("row", TOO_LARGE, ids=name_of)
def test_a_request_that_never_fits(row: Row) -> None:
    """It costs more than the whole quota, so no pause is named and it is not counted;
    the reader takes it for no end of the plan.
    """
    with server_with(row.dialect, tokens=50) as server:
        for _ in range(5):
            refused = chat(server, words=100, max_tokens=40)
            row.compare(refused)
            assert not on_quotas(refused)
            assert "50" in refused.text
            refusal = read_refusal(refused)
            if refused.status_code == 429:
                assert refusal == Refusal(None, reason=read(refused).reason)
            else:
                assert refusal is None
        assert chat(server, max_tokens=5).status_code == 200


def test_a_dialect_may_change_while_it_serves() -> None:
    """The count goes on, in other words; a twin speaks the same dialect."""
    with server_with("github", rate=1) as server:
        assert httpx.get(server.url).status_code == 200
        assert httpx.get(server.url).status_code == 403
        server.dialect = "anthropic"
        assert httpx.get(server.url).json()["type"] == "error"
    assert server.twin().dialect == "anthropic"


def test_azure_names_what_there_will_be_more_of() -> None:
    """The reset is that of the quota which refused the chat, in whole seconds."""
    with server_with("azure", tokens=600) as server:
        assert chat(server, max_tokens=500).status_code == 200
        refused = chat(server, max_tokens=500)
    assert refused.headers["x-ratelimit-remaining-tokens"] == "0"
    assert refused.headers["x-ratelimit-reset-tokens"] == "60"
    assert "x-ratelimit-reset-requests" not in refused.headers


def test_github_says_that_nothing_remains_whichever_quota_refused() -> None:
    """Only so does a client know that a 403 is a limit, and until when."""
    with server_with("github", rate=10, tokens=40) as server:
        assert chat(server, words=30, max_tokens=1).status_code == 200
        refused = chat(server, words=30, max_tokens=1)
    assert refused.status_code == 403
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert read(refused).pause == pytest.approx(PERIOD, abs=5)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_quota_is_no_dialect(dialect: str) -> None:
    """Without a quota nothing is refused, and nothing is said about one."""
    with server_with(dialect, quota="none") as server:
        responses = [httpx.get(server.url) for _ in range(5)]
    for response in responses:
        assert response.status_code == 200
        assert not on_quotas(response)


def test_openais_own_client_is_refused_as_by_the_real_api() -> None:
    """Its own error, and the code that tells a pause from the end of the plan."""
    import openai  # takes long, and every worker collects this file

    question: Any = [{"role": "user", "content": "How many words are these?"}]
    with server_with("openai", rate=1) as server:
        address = f"http://127.0.0.1:{server.port}/v1"
        with openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client:
            ask = client.chat.completions.with_raw_response.create
            assert ask(model="any", messages=question).parse().usage
            with pytest.raises(openai.RateLimitError) as refused:
                ask(model="any", messages=question)
            assert refused.value.code == "rate_limit_exceeded"
            server.exhausted = True
            with pytest.raises(openai.RateLimitError) as refused:
                ask(model="any", messages=question)
            assert refused.value.code == "insufficient_quota"

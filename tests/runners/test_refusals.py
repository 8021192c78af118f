"""What a refusal says: recorded answers of APIs, and what is to be read in them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners.refusals import Refusal, read_refusal
from tests.support.virtual_clock import TODAY, run

IN_20_SECONDS = str(int(TODAY) + 20)
TOMORROW = str(int(TODAY) + 80_000)
DATE = formatdate(TODAY + 20, usegmt=True)
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait."}
GONE = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_20_SECONDS}
GEMINI = {"details": [{"@type": "Help"}, {"@type": "RetryInfo", "retryDelay": "34s"}]}
CALENDAR = {"code": 403, "errors": [{"domain": "u", "reason": "rateLimitExceeded"}]}
X_DAY = {
    "x-rate-limit-remaining": "10",
    "x-rate-limit-reset": IN_20_SECONDS,
    "x-app-limit-24hour-remaining": "0",
    "x-app-limit-24hour-reset": TOMORROW,
}
HEAVY = "This request requires more credits, or fewer max_tokens."


class Row(NamedTuple):
    """A recorded answer: who sends it, and what `read_refusal` is to find."""

    api: str
    status: int
    headers: dict[str, str]
    body: Any
    reads: str
    """``wait 20`` (s), ``wait``, ``stop``, ``not this one``, ``not this one for 3``, or
    ``no refusal``.
    """


ROWS = [
    Row("any, seconds", 429, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, with decimals", 429, {"Retry-After": "1.5"}, {}, "wait 1.5"),
    Row("any, a date", 429, {"Retry-After": DATE}, {}, "wait 20"),
    Row("any, no zone", 429, {"Retry-After": DATE.replace(" GMT", "")}, {}, "wait 20"),
    Row("any, past date", 429, {"Retry-After": formatdate(0)}, {}, "wait 0"),
    Row("any, a Unix time", 429, {"Retry-After": IN_20_SECONDS}, {}, "wait 20"),
    Row("any, no hint", 429, {}, {}, "wait"),
    Row("any, nonsense", 429, {"Retry-After": "soon"}, {}, "wait"),
    Row("any, negative", 429, {"Retry-After": "-5"}, {}, "wait"),
    Row("any, 31 years", 429, {"Retry-After": "9" * 400}, {}, "wait"),
    Row("any, unavailable", 503, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, a bad gateway", 502, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, in conflict", 409, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, in words", 403, {}, {"message": "Rate limit exceeded"}, "wait"),
    Row("any, forbidden", 403, {}, {"message": "Forbidden"}, "no refusal"),
    Row("any, a wrong key", 401, {}, {"message": "Bad credentials"}, "no refusal"),
    Row("any, not found", 404, {"Retry-After": "20"}, {}, "no refusal"),
    Row("any, a mistake", 422, {"Retry-After": "20"}, SECONDARY, "no refusal"),
    Row("any, an error", 500, {}, {}, "no refusal"),
    Row("any, accepted", 200, {"Retry-After": "20"}, {}, "no refusal"),
    Row("the last one", 200, GONE, {}, "no refusal"),
    Row("GitHub", 403, GONE, {"message": "API rate limit exceeded"}, "wait 20"),
    Row("GitHub, no words", 403, GONE, {}, "wait 20"),
    Row("GitHub, as 429", 429, GONE, {}, "wait 20"),
    Row("GitHub, not found", 404, GONE, {"message": "Not Found"}, "no refusal"),
    Row("GitHub, secondary", 403, {"x-ratelimit-remaining": "9"}, SECONDARY, "wait 60"),
    Row("GitHub, with a time", 403, {"Retry-After": "20"}, SECONDARY, "wait 20"),
    Row(
        "GitHub, forbidden",
        403,
        GONE | {"x-ratelimit-remaining": "9"},
        {},
        "no refusal",
    ),
    Row("GitLab", 429, {"RateLimit-Reset": IN_20_SECONDS}, {}, "wait 20"),
    Row("X, 15 minutes", 429, {"x-rate-limit-reset": IN_20_SECONDS}, {}, "wait 20"),
    Row("X, 24 hours", 429, X_DAY, {"title": "Too Many Requests"}, "wait 80000"),
    Row(
        "Azure", 429, {"retry-after-ms": "19500", "Retry-After": "20"}, {}, "wait 19.5"
    ),
    Row("Gemini", 429, {}, {"error": GEMINI}, "wait 34"),
    Row("Gemini, a stream", 429, {}, [{"error": GEMINI}], "wait 34"),
    Row("Gemini, paid up", 402, {}, {"error": {"message": "Depleted."}}, "stop"),
    Row("Google Calendar", 403, {}, {"error": CALENDAR}, "wait"),
    Row(
        "Google, no bill",
        403,
        {},
        {"details": [{"reason": "BILLING_DISABLED"}]},
        "stop",
    ),
    Row("Anthropic, busy", 529, {}, {"error": {"type": "overloaded_error"}}, "wait"),
    Row("Anthropic, no money", 402, {}, {"error": {"type": "billing_error"}}, "stop"),
    Row("OpenAI, no money", 429, {}, {"error": {"code": "insufficient_quota"}}, "stop"),
    Row(
        "OpenAI, no money, and a time",
        429,
        {"Retry-After": "20"},
        {"error": {"type": "requests", "code": "project_spend_limit_exceeded"}},
        "stop",
    ),
    Row("Scaleway, busy", 429, {}, {"error": "INSUFFICIENT QUOTA"}, "wait"),
    Row("OpenAI, never", 429, {"x-should-retry": "false"}, {}, "stop"),
    Row("OpenAI, not this", 500, {"x-should-retry": "false"}, {}, "not this one"),
    Row("OpenAI, once more", 500, {"x-should-retry": "true"}, {}, "wait"),
    Row(
        "OpenAI, once more in spite of all",
        429,
        {"x-should-retry": "true"},
        {"error": {"code": "insufficient_quota"}},
        "wait",
    ),
    Row(
        "Stripe, one card",
        402,
        {},
        {"error": {"code": "card_declined", "message": "Your card has been declined."}},
        "not this one",
    ),
    Row(
        "Stripe, one account",
        402,
        {},
        {"error": {"code": "card_declined", "decline_code": "insufficient_funds"}},
        "not this one",
    ),
    Row("OpenRouter, heavy", 402, {}, {"error": {"message": HEAVY}}, "not this one"),
    Row("OpenRouter, 3 s", 402, {"Retry-After": "3"}, {}, "not this one for 3"),
    Row("OpenRouter, empty", 402, {}, {"message": "Insufficient credits."}, "stop"),
    Row("DeepSeek, empty", 402, {}, {"message": "Insufficient Balance"}, "stop"),
    # What no vocabulary can list is a refusal like any other, or none.
    Row("xAI, used up", 429, {}, {"error": "reached its monthly limit"}, "wait"),
    Row("Cohere, used up", 429, {}, {"message": "1000 API calls / month"}, "wait"),
    Row("YouTube", 403, {}, {"errors": [{"reason": "quotaExceeded"}]}, "no refusal"),
    Row("Salesforce", 403, {}, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}], "no refusal"),
]


@pytest.fixture(autouse=True)
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A moment is the same everywhere: a date without a zone is not a local one."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def read(answer: httpx.Response, *, now: float = TODAY) -> Refusal | None:
    """What the answer says to a client whose clock shows ``now``."""

    async def main() -> Refusal | None:
        return read_refusal(answer)

    return run(main(), today=now)


def in_words(refusal: Refusal | None) -> str:
    """A refusal, as the table has it."""
    if refusal is None:
        return "no refusal"
    if refusal.is_permanent:
        return "stop" if refusal.concerns_all else "not this one"
    words = "wait" if refusal.concerns_all else "not this one for"
    return words if refusal.pause is None else f"{words} {refusal.pause:g}"


@pytest.mark.parametrize("row", ROWS, ids=[row.api for row in ROWS])
def test_what_it_says(row: Row) -> None:
    """Whether an API wants a client to wait, for how long, and for whom it holds."""
    answer = httpx.Response(row.status, headers=row.headers, json=row.body)
    assert in_words(read(answer)) == row.reads


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "20", "retry-after-ms": "500"}, 0.5),
        ({"Retry-After": "20", "retry-after-ms": "-500"}, 20),
        ({"Retry-After": "-1", **GONE}, 20),
        ({"Retry-After": "0", **GONE}, 0),
    ],
)
def test_contradictions(headers: dict[str, str], pause: float) -> None:
    """Retry-After wins over a reset, milliseconds win over seconds, and what makes no
    sense is as if it were not there.
    """
    assert read(httpx.Response(429, headers=headers)) == Refusal(pause)


@pytest.mark.parametrize("field", ["Retry-After", "X-RateLimit-Reset"])
@pytest.mark.parametrize("written", [DATE, IN_20_SECONDS])
def test_a_moment_is_one_by_the_servers_clock(field: str, written: str) -> None:
    """A client whose clock is an hour wrong waits as long as the server means."""
    headers = {field: written, "Date": formatdate(TODAY, usegmt=True)}
    for wrong in (-3600, 3600):
        answer = httpx.Response(429, headers=headers)
        assert read(answer, now=TODAY + wrong) == Refusal(20)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"message": "Slow  down.\nPlease."}}, "Slow down. Please."),
        ({"error": {"message": "x" * 500}}, "x" * 200),
        ({"message": "outer", "error": {"message": "inner"}}, "outer"),
        ({"title": "Too Many Requests", "status": 429}, "Too Many Requests"),
        ({"error": "slow_down", "error_description": "Wait 5 s."}, "Wait 5 s."),
        ({"error": {"code": "rate_limit_exceeded"}}, "rate_limit_exceeded"),
        ({"errors": [{"message": "Too many.", "code": 88}]}, "Too many."),
        ([{"message": "Limit exceeded.", "errorCode": "X"}], "Limit exceeded."),
        ({"error": {"message": {"en": "no"}, "code": 429}}, ""),
        ("Slow down.", ""),
        (None, ""),
    ],
)
def test_the_apis_own_words(body: object, reason: str) -> None:
    """The reason is what the API calls the error, in one line of 200 characters."""
    answer = httpx.Response(429, content=json.dumps(body))
    assert read(answer) == Refusal(None, reason=reason)


def test_a_body_is_not_read_for_a_hint() -> None:
    """A body that the client has not read yet stays unread: it may have no end."""
    chunks = iter([json.dumps({"error": GEMINI}).encode()])
    response = httpx.Response(429, content=chunks)
    assert read(response) == Refusal(None)
    response.read()
    assert read(response) == Refusal(34)


NAMES = ["Retry-After", "retry-after-ms", "Date", "X-RateLimit-Reset", "x-should-retry"]
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    st.floats().map(str),
    st.integers(0, 10**14).map(str),
    st.integers(0, 10**11).map(formatdate),
    st.datetimes().map(str),
)
BODIES = st.recursive(
    st.none() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    BODIES.map(json.dumps).map(str.encode) | st.binary(max_size=100),
)
def test_any_answer(status: int, headers: dict[str, str], body: bytes) -> None:
    """Reading an answer is never an error, and no pause is negative or endless."""
    refusal = read(httpx.Response(status, headers=headers, content=body))
    if refusal is not None:
        assert status >= 400
        assert refusal.pause is None or 0 <= refusal.pause < 1e16
        assert len(refusal.reason) <= 200

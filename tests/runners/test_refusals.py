"""What a refusal says: how long to wait, and whether waiting helps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners.refusals import Refusal, read_refusal
from tests.support.virtual_clock import TODAY, run

IN_20_SECONDS = "1700000020"
AS_RFC_3339 = "2023-11-14T22:13:40Z"


def read(answer: httpx.Response, *, now: float = TODAY) -> Refusal | None:
    """What the answer says to a client whose clock shows ``now``."""

    async def main() -> Refusal | None:
        return read_refusal(answer)

    return run(main(), today=now)


def answer(status: int = 429, *, error: object = None, **fields: str) -> httpx.Response:
    """An answer with these header fields, and with ``error`` as its JSON body."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return httpx.Response(status, headers=headers, json=error)


TELEGRAM = {
    "ok": False,
    "error_code": 429,
    "description": "Too Many Requests: retry after 35",
    "parameters": {"retry_after": 35},
}


class Row(NamedTuple):
    """An answer in one API's dialect, and what is to be read in it."""

    api: str
    fields: dict[str, str]
    pause: float | None
    status: int = 429
    error: object = None


DIALECTS = [
    Row("any, seconds", {"Retry-After": "20"}, 20),
    Row("any, a date", {"Retry-After": "Tue, 14 Nov 2023 22:13:40 GMT"}, 20),
    Row("any, unavailable", {"Retry-After": "20"}, 20, 503),
    Row("any, a bad gateway", {"Retry-After": "20"}, 20, 502),
    Row("any, without a hint", {}, None),
    Row("the draft", {"RateLimit": '"default";r=0;t=20'}, 20),
    Row("the draft, 07", {"RateLimit": "limit=100, remaining=0, reset=20"}, 20),
    Row("the draft, 06", {"RateLimit-Remaining": "0", "RateLimit-Reset": "20"}, 20),
    Row(
        "GitHub",
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": IN_20_SECONDS},
        20,
        403,
    ),
    Row(
        "GitHub, secondary limit",
        {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": IN_20_SECONDS},
        60,
        403,
        {"message": "You have exceeded a secondary rate limit. Please wait."},
    ),
    Row(
        "GitHub, secondary limit, 429",
        {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": IN_20_SECONDS},
        60,
        429,
        {"message": "You have exceeded a secondary rate limit. Please wait."},
    ),
    Row(
        "GitHub, secondary limit, as it was called until 2021",
        {},
        60,
        403,
        {"message": "You have triggered an abuse detection mechanism. Please wait."},
    ),
    Row(
        "GitHub, secondary limit, with a hint",
        {"Retry-After": "20"},
        20,
        403,
        {"message": "You have exceeded a secondary rate limit. Please wait."},
    ),
    Row(
        "GitHub, both limits",
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": IN_20_SECONDS},
        20,
        403,
        {"message": "You have exceeded a secondary rate limit. Please wait."},
    ),
    Row("any, in words", {}, None, 403, {"message": "Rate limit exceeded"}),
    Row("any, nothing left", {"X-RateLimit-Remaining": "0"}, None, 403),
    Row("any, on the last request", {"RateLimit": '"day";r=0;t=20'}, 20, 403),
    Row("any, too large for now", {"Retry-After": "20"}, 20, 413),
    Row("any, in conflict for now", {"Retry-After": "20"}, 20, 409),
    Row(
        "OpenAI, requests",
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "20s",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        20,
    ),
    Row(
        "OpenAI, more tokens than are left",
        {
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-remaining-tokens": "300",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        360,
    ),
    Row("Azure", {"retry-after-ms": "20000"}, 20),
    Row("Azure, both", {"retry-after-ms": "19500", "Retry-After": "20"}, 19.5),
    Row("Azure, milliseconds with decimals", {"retry-after-ms": "8.2"}, 8.2 / 1000),
    Row("Azure Cosmos DB", {"x-ms-retry-after-ms": "20000"}, 20),
    Row(
        "Anthropic",
        {
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": AS_RFC_3339,
            "anthropic-ratelimit-tokens-remaining": "8000",
            "anthropic-ratelimit-tokens-reset": "2023-11-14T22:14:00Z",
        },
        20,
    ),
    Row("Anthropic, overloaded", {}, None, 529),
    Row("Anthropic, overloaded, with a hint", {"retry-after": "8"}, 8, 529),
    Row(
        "Gemini",
        {},
        34,
        error={
            "error": {
                "code": 429,
                "message": "You exceeded your current quota.",
                "status": "RESOURCE_EXHAUSTED",
                "details": [
                    {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
                    {
                        "@type": "type.googleapis.com/google.rpc.RetryInfo",
                        "retryDelay": "34s",
                    },
                ],
            }
        },
    ),
    Row(
        "Gemini, a stream",
        {},
        34,
        error=[{"error": {"details": [{"retryDelay": "34s"}]}}],
    ),
    Row(
        "Discord",
        {},
        1.337,
        error={
            "message": "You are being rate limited.",
            "retry_after": 1.337,
            "global": False,
        },
    ),
    Row("Telegram", {}, 35, error=TELEGRAM),
    Row("any, beside the error", {}, 7, error={"error": {}, "retry_after": 7}),
    Row(
        "any, parameters beside the error",
        {},
        7,
        error={"error": {"code": 429}, "parameters": {"retry_after": 7}},
    ),
    Row(
        "Matrix",
        {},
        2,
        error={
            "errcode": "M_LIMIT_EXCEEDED",
            "error": "Too many requests",
            "retry_after_ms": 2000,
        },
    ),
    Row(
        "Cloudflare",
        {},
        30,
        error={"status": 429, "title": "Rate limited", "retry_after": 30},
    ),
]


@pytest.mark.parametrize("row", DIALECTS, ids=[row.api for row in DIALECTS])
def test_dialects(row: Row) -> None:
    """Each API's way to say when to come back is understood."""
    response = httpx.Response(row.status, headers=row.fields, json=row.error)
    refusal = read(response)
    assert refusal is not None
    assert refusal.pause == row.pause
    assert not refusal.is_permanent


@pytest.mark.parametrize(
    "response",
    [
        answer(200, Retry_After="20"),
        answer(204),
        answer(301, RateLimit='"problemPolicy";r=0;t=10'),
        answer(400, error={"error": {"message": "too long", "code": "bad_length"}}),
        answer(400, x_should_retry="false"),
        answer(401),
        answer(403),
        answer(403, error={"message": "Your corporate account may not read this"}),
        answer(403, X_RateLimit_Remaining="4999", X_RateLimit_Reset=IN_20_SECONDS),
        answer(404),
        answer(404, X_RateLimit_Remaining="0", X_RateLimit_Reset=IN_20_SECONDS),
        answer(404, Retry_After="0"),
        answer(422, Retry_After="20", error={"message": "secondary rate limit"}),
        answer(451, retry_after_ms="20"),
        answer(404, error={"message": "abuse detection"}),
        answer(200, X_RateLimit_Remaining="0", X_RateLimit_Reset=IN_20_SECONDS),
        answer(500),
        answer(500, x_ratelimit_remaining_tokens="9", x_ratelimit_reset_tokens="20s"),
        answer(500, X_RateLimit_Reset="20"),
        answer(502),
        answer(504, Retry_After="soon"),
    ],
    ids=repr,
)
def test_no_refusals(response: httpx.Response) -> None:
    """Answers, errors that are the request's own, and those of a server that asks for
    nothing are no refusals.
    """
    assert read(response) is None


@pytest.mark.parametrize("status", [408, 425, 500, 502, 504])
def test_any_error_that_names_a_pause(status: int) -> None:
    """An error that says when to come back is a refusal, and so is one that asks for
    another try.
    """
    assert read(answer(status, Retry_After="20")) == Refusal(20)
    assert read(answer(status, RateLimit='"a";r=0;t=20')) == Refusal(20)
    assert read(answer(status, x_should_retry="true")) == Refusal(None)


OUT_OF_MONEY = "You exceeded your current quota, please check your plan."


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
        (429, {"type": "insufficient_quota", "code": "credit_balance_exhausted"}),
        (429, {"type": "requests", "code": "project_spend_limit_exceeded"}),
        (429, {"type": "billing_not_active", "code": None}),
        (400, {"type": "image_error", "code": "billing_hard_limit_reached"}),
        (402, {"type": "billing_error"}),
        (402, {}),
        (429, {"type": "x", "details": {"error_code": "enforced_spend_limit_reached"}}),
        (403, {"code": 403, "details": [{"reason": "BILLING_DISABLED"}]}),
    ],
    ids=repr,
)
def test_no_wait_will_help(status: int, error: dict[str, Any]) -> None:
    """When the money is spent, the refusal is permanent whatever pause the answer names
    as well, and gives the API's own words as the reason.
    """
    body = {"error": error | {"message": OUT_OF_MONEY}}
    refusal = read(answer(status, error=body, Retry_After="20"))
    assert refusal == Refusal(None, is_permanent=True, reason=OUT_OF_MONEY)


def test_the_api_says_outright_whether_to_retry() -> None:
    """x-should-retry decides over everything else that the answer says."""
    spent = {"error": {"code": "insufficient_quota", "message": OUT_OF_MONEY}}
    never = Refusal(None, is_permanent=True)
    assert read(answer(429, x_should_retry="false", Retry_After="20")) == never
    again = Refusal(None, reason=OUT_OF_MONEY)
    assert read(answer(429, error=spent, x_should_retry="true")) == again


@pytest.mark.parametrize("status", [413, 500, 503])
def test_a_permanent_refusal_of_one_request(status: int) -> None:
    """Without a sign that money or a limit is the cause, ``x-should-retry: false`` is
    about the request that it answers, and says nothing about others.
    """
    refusal = read(answer(status, x_should_retry="false"))
    assert refusal == Refusal(None, is_permanent=True, concerns_all=False)


@pytest.mark.parametrize("status", [402, 403, 429])
def test_a_permanent_refusal_of_all_requests(status: int) -> None:
    """A limit or a bill that no wait will change concerns every request."""
    refusal = read(answer(status, x_should_retry="false"))
    assert refusal == Refusal(None, is_permanent=True, concerns_all=True)


def test_a_bill_concerns_all_requests() -> None:
    """Whatever the status says: the code does, and an error of the server with it."""
    unpaid = {"error": {"code": "billing_not_active"}}
    for status in (400, 500):
        refusal = read(answer(status, error=unpaid, x_should_retry="false"))
        assert refusal is not None
        assert refusal.concerns_all


def test_an_error_that_only_sounds_permanent() -> None:
    """Only the code itself counts: Scaleway's words for too many requests at once sound
    like OpenAI's code for a spent balance.
    """
    refusal = read(answer(429, error={"error": "INSUFFICIENT QUOTA", "status": 429}))
    assert refusal == Refusal(None, reason="INSUFFICIENT QUOTA")


class Precedence(NamedTuple):
    """Fields that contradict each other, and the pause that counts."""

    fields: dict[str, str]
    pause: float | None


@pytest.mark.parametrize(
    "row",
    [
        Precedence({"Retry-After": "20", "RateLimit": '"a";r=0;t=60'}, 20),
        Precedence({"Retry-After": "20", "RateLimit": '"a";r=15;t=40'}, 20),
        Precedence({"Retry-After": "20", "retry-after-ms": "500"}, 0.5),
        Precedence({"Retry-After": "20", "retry-after-ms": "-500"}, 20),
        Precedence({"Retry-After": "-1", "RateLimit": '"a";r=0;t=60'}, 60),
        Precedence({"Retry-After": "0", "RateLimit": '"a";r=0;t=60'}, 0),
        Precedence({"RateLimit": '"a";r=0;t=5, "b";r=0;t=60, "c";r=9;t=999'}, 60),
        Precedence(
            {
                "RateLimit": '"a";r=0;t=5',
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": IN_20_SECONDS,
            },
            20,
        ),
        Precedence({"X-RateLimit-Reset": "20"}, 20),
        Precedence({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "20"}, None),
        Precedence({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "20"}, 20),
        Precedence({"retry-after-ms": "1700000020000"}, 20),
        Precedence({"Retry-After": IN_20_SECONDS}, 20),
    ],
    ids=repr,
)
def test_contradictions(row: Precedence) -> None:
    """Retry-After wins, what makes no sense is as if it were not there, and of several
    quotas that are used up the last one to come back decides.
    """
    assert read(httpx.Response(429, headers=row.fields)) == Refusal(row.pause)


class BodyDelay(NamedTuple):
    """A delay in the body, perhaps beside one in a header, and the one that counts."""

    error: object
    pause: float | None
    fields: Mapping[str, str] = MappingProxyType({})
    status: int = 429


@pytest.mark.parametrize(
    "row",
    [
        BodyDelay({"retry_after": 1.337}, 2, {"Retry-After": "2"}),
        BodyDelay({"retry_after": 1.337}, 1.5, {"retry-after-ms": "1500"}),
        BodyDelay({"retry_after": 1.337}, 1.337, {"Retry-After": "soon"}),
        BodyDelay({"retry_after": 5}, 5, {"RateLimit": '"a";r=0;t=60'}),
        BodyDelay({"error": {"retry_after": 5}}, 5),
        BodyDelay({"retry_after": "5"}, 5),
        BodyDelay({"retry_after": 0}, 0),
        BodyDelay({"retry_after": 5, "retry_after_ms": 4500}, 5),
        BodyDelay({"retry_after": None, "retry_after_ms": 4500}, 4.5),
        BodyDelay({"retry_after": int(IN_20_SECONDS)}, 20),
        BodyDelay({"retry_after": 5}, 5, status=503),
        BodyDelay({"retry_after": -5}, None),
        BodyDelay({"retry_after": True}, None),
        BodyDelay({"retry_after": "soon"}, None),
        BodyDelay({"retry_after": 1e300}, None),
        BodyDelay({"retry_after": 10**30}, None),
        BodyDelay({"retry_after": float("nan")}, None),
        BodyDelay({"retry_after": {"seconds": 5}}, None),
        BodyDelay({"retry_after_ms": -5}, None),
        BodyDelay({"parameters": "retry_after"}, None),
        BodyDelay({"parameters": [{"retry_after": 5}]}, None),
        BodyDelay({"data": {"retry_after": 5}}, None),
    ],
    ids=repr,
)
def test_a_delay_in_the_body(row: BodyDelay) -> None:
    """A header that asks for a pause wins over the body, the body over a quota, and
    what makes no sense is as if it were not there.
    """
    body = json.dumps(row.error)
    response = httpx.Response(row.status, headers=row.fields, content=body)
    assert read(response) == Refusal(row.pause)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_delay_in_the_body_of_a_settled_error(status: int) -> None:
    """An error of the request itself stays one, whatever its body says of a delay."""
    assert read(answer(status, error=TELEGRAM)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"Retry-After": formatdate(TODAY + 20, usegmt=True)},
        {"Retry-After": IN_20_SECONDS},
        {"X-RateLimit-Reset": IN_20_SECONDS},
        {"anthropic-ratelimit-requests-reset": AS_RFC_3339},
    ],
    ids=repr,
)
def test_a_moment_is_one_by_the_servers_clock(fields: dict[str, str]) -> None:
    """A client whose clock is an hour wrong waits as long as the server means."""
    headers = fields | {"Date": formatdate(TODAY, usegmt=True)}
    response = httpx.Response(429, headers=headers)
    assert read(response, now=TODAY + 3600) == Refusal(20)
    assert read(response, now=TODAY - 3600) == Refusal(20)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"message": "Slow  down.\nPlease."}}, "Slow down. Please."),
        ({"error": {"message": "x" * 500}}, "x" * 200),
        ({"message": "API rate limit exceeded"}, "API rate limit exceeded"),
        ({"title": "Too Many Requests", "status": 429}, "Too Many Requests"),
        ({"error": "Too many requests"}, "Too many requests"),
        ({"ok": False, "description": "Too Many Requests"}, "Too Many Requests"),
        ({"error": {"code": "rate_limit_exceeded"}}, "rate_limit_exceeded"),
        ({"error": "slow_down", "description": "Wait 5 s."}, "Wait 5 s."),
        ({"error": "slow_down", "error_description": "Wait 5 s."}, "Wait 5 s."),
        ({"error": {"message": {"en": "no"}, "code": 429}}, ""),
        ([{"error": {"message": "Slow down."}}], "Slow down."),
        ([], ""),
        ("Slow down.", ""),
        (None, ""),
    ],
)
def test_the_apis_own_words(body: object, reason: str) -> None:
    """The reason is what the API calls the error, in one line of 200 characters."""
    assert read(httpx.Response(429, content=json.dumps(body))) == Refusal(
        None, reason=reason
    )


RETRY_INFO = json.dumps({"error": {"details": [{"retryDelay": "34s"}]}}).encode()
RETRY_AFTER = json.dumps(TELEGRAM).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>429</html>",
        b"\xff\xfe\x00",
        b"{" + RETRY_INFO,
        b"[" * 60_000,
        RETRY_INFO + b" " * 64 * 1024,
        RETRY_AFTER + b" " * 64 * 1024,
    ],
    ids=["nothing", "HTML", "bytes", "a mistake", "too deep", "large", "large, too"],
)
def test_bodies_that_say_nothing(body: bytes) -> None:
    """What isn't JSON, or is too large to be an error message, is not looked into."""
    assert read(httpx.Response(429, content=body)) == Refusal(None)


def test_a_body_is_not_read_for_a_hint() -> None:
    """A body that the client has not read yet stays unread: it may be 10 MB long."""
    chunks = 0

    def body() -> Iterator[bytes]:
        nonlocal chunks
        chunks += 1
        yield RETRY_INFO

    response = httpx.Response(429, content=body())
    assert read(response) == Refusal(None)
    assert chunks == 0
    response.read()
    assert read(response) == Refusal(34)


NAMES = st.sampled_from(
    [
        "Retry-After",
        "retry-after-ms",
        "x-ms-retry-after-ms",
        "x-should-retry",
        "Date",
        "RateLimit",
        "RateLimit-Remaining",
        "RateLimit-Reset",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-tokens",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ]
)
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.integers(0, 10**14).map(str),
    st.integers(0, 10**9).map("{}s".format),
    st.datetimes().map(str),
    st.integers(0, 10**11).map(formatdate),
    st.sampled_from(['"a";r=0;t=20', "limit=1, remaining=0, reset=9", "true", "false"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "details",
                    "parameters",
                    "retryDelay",
                    "retry_after",
                    "retry_after_ms",
                    "code",
                    "type",
                    "message",
                    "reason",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
BODIES = st.one_of(
    JSON.map(json.dumps).map(str.encode),
    st.binary(max_size=100),
    st.integers(1, 100_000).map(lambda size: b"[" * size),
    st.sampled_from([RETRY_INFO, RETRY_AFTER]),
)


@given(st.integers(100, 599), st.lists(st.tuples(NAMES, VALUES), max_size=6), BODIES)
def test_any_answer(status: int, fields: list[tuple[str, str]], body: bytes) -> None:
    """Whatever an answer says, reading it is no error, and a pause is one that can be
    waited for.
    """
    refusal = read(httpx.Response(status, headers=fields, content=body))
    if refusal is not None:
        assert status >= 400
        assert refusal.pause is None or 0 <= refusal.pause < 1e9
        assert not (refusal.is_permanent and refusal.pause is not None)
        assert len(refusal.reason) <= 200
        assert refusal.is_permanent or refusal.concerns_all

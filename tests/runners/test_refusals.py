"""What a refusal says: recorded answers of APIs, and what is to be read in them."""

from __future__ import annotations

import json
from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners.refusals import Refusal, read_refusal
from tests.runners.recorded_answers import GONE, ROWS, Row
from tests.support.virtual_clock import TODAY, run


def read(answer: httpx.Response) -> Refusal | None:
    """What the answer says today."""

    async def main() -> Refusal | None:
        return read_refusal(answer)

    return run(main(), today=TODAY)


def in_words(refusal: Refusal | None) -> str:
    """A refusal, as the table has it."""
    if refusal is None:
        return "no refusal"
    if refusal.is_permanent:
        return "stop"
    return f"wait {refusal.pause:g}" if refusal.pause else "wait"


@pytest.mark.parametrize("row", ROWS, ids=[row.api for row in ROWS])
def test_what_it_says(row: Row) -> None:
    """Whether an API wants a client to wait, for how long, and for whom it holds."""
    answer = httpx.Response(row.status, headers=row.headers, json=row.body)
    assert in_words(read(answer)) == row.reads


def test_contradictions() -> None:
    """What asks for a pause decides, and no reset; but not what makes no sense.
    Milliseconds are no seconds.
    """
    for written, pause in {"-1": 20, "soon": 20, "7": 7, "27": 27}.items():
        answer = httpx.Response(429, headers={"Retry-After": written, **GONE})
        assert read(answer) == Refusal(pause)
    milliseconds = {"retry-after-ms": "1500", **GONE}
    assert read(httpx.Response(429, headers=milliseconds)) == Refusal(1.5)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"message": "Slow  down. Please.", "id": 7}}, "Slow down. Please."),
        ({"error": {"message": "x" * 500}}, "x" * 200),
        ({"error": {"message": 'No "a".', "id": 7}}, r"No \"a\"."),
        ({"title": "Too Many Requests", "status": 429}, "Too Many Requests"),
        ({"error": "slow_down", "error_description": "Wait 5 s."}, "slow_down"),
        ({"error": {"code": "rate_limited"}}, '{"error": {"code": "rate_limited"}}'),
        ([{"message": "Limit exceeded.", "errorCode": "X"}], "Limit exceeded."),
        ("Slow down.", '"Slow down."'),
    ],
)
def test_the_apis_own_words(body: object, reason: str) -> None:
    """The reason is what the API calls the error, in one line of 200 characters."""
    answer = httpx.Response(429, content=json.dumps(body))
    assert read(answer) == Refusal(0, reason)


@pytest.mark.parametrize(
    "text", ["Down at 5.", "<html>\n<h1 class='x'>Down</h1><p>at 5.</p>\n</html>"]
)
def test_words_that_are_no_json_are_the_reason(text: str) -> None:
    """Also those of a gateway's page, without its tags."""
    assert read(httpx.Response(503, text=text)) == Refusal(0, "Down at 5.")


NAMES = ["Retry-After", "retry-after-ms", "X-RateLimit-Reset"]
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
    st.integers(200, 599),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    BODIES.map(json.dumps).map(str.encode) | st.binary(max_size=100),
)
def test_any_answer(status: int, headers: dict[str, str], body: bytes) -> None:
    """Reading an answer is never an error, and no pause is negative or endless."""
    refusal = read_refusal(httpx.Response(status, headers=headers, content=body))
    if refusal is not None:
        assert status >= 300
        assert 0 <= refusal.pause < 1e16
        assert len(refusal.reason) <= 200

"""What a refusal says: how long to wait, and whether waiting helps."""

from __future__ import annotations

from typing import NamedTuple

import httpx
import pytest

from inflight_lab.runners.refusals import Refusal, read_refusal
from tests.support.virtual_clock import TODAY, run

IN_20_SECONDS = "1700000020"
AS_RFC_3339 = "2023-11-14T22:13:40Z"


def read(answer: httpx.Response, *, now: float = TODAY) -> Refusal | None:
    """What the answer says to a client whose clock shows ``now``."""

    async def main() -> Refusal | None:
        return read_refusal(answer)

    return run(main(), today=now)


def pause(status: int = 429, **fields: str) -> float | None:
    """The pause that a refusal with these header fields asks for."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    refusal = read(httpx.Response(status, headers=headers))
    assert refusal is not None
    return refusal.pause


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
        None,
        403,
        {"message": "You have exceeded a secondary rate limit. Please wait."},
    ),
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
]


@pytest.mark.parametrize("row", DIALECTS, ids=[row.api for row in DIALECTS])
def test_dialects(row: Row) -> None:
    """Each API's way to say when to come back is understood."""
    answer = httpx.Response(row.status, headers=row.fields, json=row.error)
    refusal = read(answer)
    assert refusal is not None
    assert refusal.pause == row.pause
    assert not refusal.is_permanent

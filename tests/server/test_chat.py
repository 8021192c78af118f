"""Chats: words that are there to be counted, at once or one by one, against requests
and tokens together.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.sizes import MAX_BODY
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock

pytestmark = pytest.mark.anyio

QUESTION = {"messages": [{"role": "user", "content": "one two three"}]}


async def ask(client: httpx.AsyncClient, **options: Any) -> httpx.Response:
    """One question."""
    return await client.post("/v1/chat/completions", json=QUESTION | options)


async def test_an_answer_is_as_long_as_its_usage_says() -> None:
    """A word is a token, ``max_tokens`` is kept, and the same seed draws the same
    lengths.
    """

    async def lengths(**options: Any) -> list[int]:
        async with client_of(PracticeApp(latency=0, seed=3)) as client:
            answers = [(await ask(client, **options)).json() for _ in range(20)]
        for answer in answers:
            words, usage = (
                answer["choices"][0]["message"]["content"].split(),
                answer["usage"],
            )
            assert (usage["prompt_tokens"], usage["completion_tokens"]) == (
                3,
                len(words),
            )
            assert usage["total_tokens"] == 3 + len(words)
        return [answer["usage"]["completion_tokens"] for answer in answers]

    drawn = await lengths()
    assert drawn == await lengths()
    assert len(set(drawn)) > 10
    for name in ("max_tokens", "max_completion_tokens"):
        assert await lengths(**{name: 20}) == [min(20, length) for length in drawn]


@pytest.mark.parametrize("usage", [False, True])
async def test_a_streamed_answer(usage: bool) -> None:
    """Each word is an event of its own, the usage comes last if it is asked for, and
    then the end.
    """
    options = {"stream": True, "stream_options": {"include_usage": usage}}
    with PracticeServer(latency=0, seed=3) as server:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{server.port}"
        ) as client:
            answer = await ask(client, **options)
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, end = [
        line.removeprefix("data: ") for line in answer.text.split("\n\n") if line
    ]
    chunks = [json.loads(event) for event in events]
    words = [
        choice["delta"]["content"] for chunk in chunks for choice in chunk["choices"]
    ]
    assert end == "[DONE]"
    assert [word.strip() for word in words] == [
        str(number + 1) for number in range(len(words))
    ]
    assert [
        chunk["usage"]["completion_tokens"] for chunk in chunks if "usage" in chunk
    ] == [len(words)] * usage


@pytest.mark.parametrize(
    "quota", ["fixed-window", "sliding-window", "token-bucket", "gcra"]
)
async def test_requests_and_tokens_are_taken_together_or_not_at_all(quota: str) -> None:
    """What one quota refuses costs nothing in the other, and the headers say what is
    left of both.
    """
    app = PracticeApp(latency=0, quota=quota, rate=4, tokens=20, period=60)
    if quota in ("token-bucket", "gcra"):
        app.burst = 4
    async with client_of(app) as client:
        first = await ask(client, max_tokens=1)
        second = await ask(client, max_tokens=5)
        left = (
            20
            - first.json()["usage"]["total_tokens"]
            - second.json()["usage"]["total_tokens"]
        )
        refused = [
            await client.post(
                "/v1/chat/completions", json=long(left) | {"max_tokens": 1}
            )
            for _ in range(5)
        ]
        third = await ask(client, max_tokens=1)
    assert {response.status_code for response in refused} == {429}
    assert {response.json()["error"] for response in refused} == {
        "more than 20 tokens in 60 s"
    }
    headers = refused[-1].headers
    assert (
        headers["x-ratelimit-limit-requests"],
        headers["x-ratelimit-limit-tokens"],
    ) == ("4", "20")
    assert (
        headers["x-ratelimit-remaining-requests"],
        headers["x-ratelimit-remaining-tokens"],
    ) == (
        "2",
        str(left),
    )
    assert 0 < float(headers["x-ratelimit-reset-tokens"].removesuffix("s")) <= 60
    assert third.status_code == 200


async def test_millions_of_tokens_are_written_in_digits() -> None:
    """Two million are ``2000000`` and not ``2e+06``; nor has what a refusal says an
    exponent.
    """
    app = PracticeApp(
        latency=0, quota="fixed-window", rate=7, tokens=2_000_000, period=86_400
    )
    app.slow = 20
    app.timeline.clock = SetClock(1000)
    async with client_of(app) as client:
        answered = await ask(client, max_tokens=1)
        await asyncio.gather(*(ask(client, max_tokens=1) for _ in range(6)))
        refused = await ask(client, max_tokens=1)
    limits = [
        answered.headers[f"x-ratelimit-limit-{name}"] for name in ("requests", "tokens")
    ]
    assert limits == ["7", "2000000"]
    assert refused.json()["error"] == "more than 7 requests in 1728000 s"


@pytest.mark.parametrize(
    ("quota", "burst", "whole"),
    [
        ("fixed-window", None, 20),
        ("sliding-window", None, 20),
        ("token-bucket", None, 3),
        ("token-bucket", 5, 3),
        ("gcra", None, 1),
        ("gcra", 5, 3),
    ],
)
async def test_when_all_of_it_is_there_again(
    quota: str, burst: int | None, whole: float
) -> None:
    """Some of 20 requests in 20 seconds were sent: the header says how long it takes to
    forget them.
    """
    app = PracticeApp(
        latency=0, quota=quota, rate=20, tokens=10_000, period=20, burst=burst
    )
    app.timeline.clock = clock = SetClock(1000)
    async with client_of(app) as client:
        for _ in range(1 if (quota, burst) == ("gcra", None) else 3):
            said = (await ask(client)).headers
        assert float(
            said["x-ratelimit-reset-requests"].removesuffix("s")
        ) == pytest.approx(whole)
        most = int(said["x-ratelimit-remaining-requests"]) + (1 if whole == 1 else 3)
        clock.now += whole + 0.001
        assert (
            int((await ask(client)).headers["x-ratelimit-remaining-requests"])
            == most - 1
        )


async def test_the_timeline_has_what_was_charged() -> None:
    """The tokens of the last period are those that the quota counts: of accepted chats,
    of nothing else.
    """
    app = PracticeApp(
        latency=0, seed=3, quota="sliding-window", rate=9, tokens=120, period=20
    )
    app.timeline.clock = clock = SetClock(1000)
    async with client_of(app) as client:
        for _ in range(8):
            said = await ask(client, max_tokens=100)
            assert app.timeline.recent_tokens() == 120 - int(
                said.headers["x-ratelimit-remaining-tokens"]
            )
            clock.now += 6
        assert (await client.get("/get")).status_code == 200
        assert 0 < app.stats().refused < 8
        clock.now += 15
        assert app.timeline.recent_tokens() == 0
    assert app.quota_policy
    assert app.quota_policy.tokens == 120
    app.tokens = None
    assert app.quota_policy.tokens == 0


def long(words: int, **options: Any) -> dict[str, Any]:
    """A question of so many words."""
    return {"messages": [{"content": "word " * words}]} | options


async def test_tokens_are_counted_only_if_asked_for() -> None:
    """Without the knob a chat is one request among others, and no header speaks of
    tokens.
    """
    app = PracticeApp(latency=0, quota="sliding-window", rate=2)
    async with client_of(app) as client:
        answers = [await ask(client), await client.get("/get"), await ask(client)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert not [
        name
        for answer in answers
        for name in answer.headers
        if name.startswith("x-ratelimit")
    ]
    assert (app.stats().accepted, app.stats().refused) == (2, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"messages": 1}',
        b'{"messages": [1]}',
        b'{"messages": [], "max_tokens": "x"}',
    ],
)
async def test_what_is_no_chat(body: bytes) -> None:
    """It is a 400 that says so, and is not counted."""
    app = PracticeApp(latency=0, quota="sliding-window", tokens=10)
    async with client_of(app) as client:
        answer = await client.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("this is not a chat: ")
    assert app.stats().started == 0


async def test_a_body_without_a_length_is_cut_off() -> None:
    """Nobody can make the server remember more than it allows."""

    async def endless() -> Any:
        for _ in range(MAX_BODY // 1000 + 2):
            yield b" " * 1000

    async with client_of(PracticeApp(latency=0)) as client:
        answer = await client.post("/v1/chat/completions", content=endless())
    assert answer.status_code == 413

"""Chats in the form of OpenAI's API: words that are there to be counted."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of

pytestmark = pytest.mark.anyio

QUESTION = {"messages": [{"role": "user", "content": "one two three"}]}


async def ask(client: httpx.AsyncClient, **options: Any) -> httpx.Response:
    """One question."""
    return await client.post("/v1/chat/completions", json=QUESTION | options)


async def lengths(**options: Any) -> list[int]:
    """The lengths of twenty answers, of which each fits its usage."""
    drawn = []
    async with client_of(PracticeApp(latency=0, seed=3)) as client:
        for _ in range(20):
            answer = (await ask(client, **options)).json()
            length = len(answer["choices"][0]["message"]["content"].split())
            assert answer["usage"] == {
                "prompt_tokens": 3,
                "completion_tokens": length,
                "total_tokens": 3 + length,
            }
            drawn.append(length)
    return drawn


async def test_an_answer_is_as_long_as_its_usage_says() -> None:
    """A word is a token, ``max_tokens`` is kept, and the same seed draws the same
    lengths.
    """
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
    async with client_of(PracticeApp(latency=0, seed=3)) as client:
        answer = await ask(client, **options)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = answer.text.strip().split("\n\n")
    assert events.pop() == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    words = [choice["delta"]["content"] for c in chunks for choice in c["choices"]]
    assert [int(word) for word in words] == list(range(1, len(words) + 1))
    usages = [
        chunk["usage"]["completion_tokens"] for chunk in chunks if "usage" in chunk
    ]
    assert usages == [len(words)] * usage


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"messages": [1]}', b'{"messages": [], "max_tokens": "x"}'],
)
async def test_what_is_no_chat(body: bytes) -> None:
    """It is a 400 that says so, and is not counted."""
    app = PracticeApp(latency=0, quota="sliding-window", tokens=10)
    async with client_of(app) as client:
        answer = await client.post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("this is not a chat: ")
    assert app.stats().started == 0

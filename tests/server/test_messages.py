"""Chats in the form of Anthropic's API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of

pytestmark = pytest.mark.anyio

QUESTION = {
    "model": "practice",
    "max_tokens": 100,
    "system": "be brief",
    "messages": [{"role": "user", "content": "one two three"}],
}


async def ask(client: httpx.AsyncClient, **options: Any) -> httpx.Response:
    """One question."""
    return await client.post("/v1/messages", json=QUESTION | options)


async def test_an_answer_is_a_message() -> None:
    """With the fields that the API documents, a word for each token, and the reason why
    it ends.
    """
    async with client_of(PracticeApp(latency=0, seed=3)) as client:
        answers = [(await ask(client, max_tokens=40)).json() for _ in range(20)]
    for answer in answers:
        assert answer["id"].startswith("msg_")
        assert (answer["type"], answer["role"]) == ("message", "assistant")
        assert (answer["model"], answer["stop_sequence"]) == ("practice", None)
        (block,) = answer["content"]
        words = len(block["text"].split())
        assert answer["usage"] == {"input_tokens": 5, "output_tokens": words}
        ends = "max_tokens" if words == 40 else "end_turn"
        assert answer["stop_reason"] == ends
    assert len({answer["stop_reason"] for answer in answers}) == 2


async def test_a_streamed_message() -> None:
    """Named events in the documented order; their texts and usage are those of the
    answer at once.
    """
    async with client_of(PracticeApp(latency=0, seed=3)) as client:
        answer = await ask(client, stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for event in answer.text.strip().split("\n\n"):
        name, data = event.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    start, block, *deltas, block_end, end, stop = events
    assert start["message"]["usage"]["input_tokens"] == 5
    assert block["type"] == "content_block_start"
    words = [delta["delta"]["text"] for delta in deltas]
    assert end["usage"]["output_tokens"] == len(words)
    assert (block_end["type"], stop["type"]) == ("content_block_stop", "message_stop")


async def test_what_is_no_message() -> None:
    """It is a 400, and is not counted."""
    app = PracticeApp(latency=0, quota="sliding-window", tokens=10)
    async with client_of(app) as client:
        assert (await client.post("/v1/messages", content=b"{}")).status_code == 400
    assert app.stats().started == 0

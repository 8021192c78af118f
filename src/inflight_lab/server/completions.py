"""Answers to chats in the form of OpenAI's API: ``POST /v1/chat/completions``."""

import json
import time
import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

from inflight_lab.server.chat import Chat


def completion(chat: Chat, words: list[str]) -> Response:
    """The answer of these words to ``chat``, at once or as a stream of events."""
    usage = {
        "prompt_tokens": chat.prompt_tokens,
        "completion_tokens": len(words),
        "total_tokens": chat.prompt_tokens + len(words),
    }
    common = {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "created": int(time.time()),
        "model": chat.model,
    }
    if not chat.stream:
        return _at_once(common, words, usage)
    return _in_events(common, words, usage if chat.stream_usage else None)


def _at_once(
    common: dict[str, Any], words: list[str], usage: dict[str, int]
) -> Response:
    message = {"role": "assistant", "content": " ".join(words)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    completion = {"object": "chat.completion", "choices": [choice], "usage": usage}
    return JSONResponse(common | completion)


def _in_events(
    common: dict[str, Any], words: list[str], usage: dict[str, int] | None
) -> Response:
    """The answer as the API streams it: one server-sent event a word."""
    common = common | {"object": "chat.completion.chunk"}
    chunks = []
    for word in words:
        delta = {"content": f"{word} "}
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        chunks.append(common | {"choices": [choice]})
    if usage is not None:
        chunks.append(common | {"choices": [], "usage": usage})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return Response("".join(lines) + "data: [DONE]\n\n", media_type="text/event-stream")

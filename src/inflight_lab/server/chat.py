"""Chat completions in the form of OpenAI's API: no model, only words to be counted.

A word is a token.  The length of an answer is drawn anew for each request, log-normal
around `MEDIAN` and at most its ``max_tokens``: nobody can know it before.
"""

import json
import random
import time
import uuid
from typing import Any, NamedTuple

from starlette.responses import JSONResponse, Response

MEDIAN = 50
"""Tokens."""
BAD_CHAT = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a body raises that is not a chat."""


class Chat(NamedTuple):
    """What a request asks for."""

    prompt_tokens: int
    max_tokens: int
    model: str
    stream: bool
    stream_usage: bool
    """Whether the last event of a stream is the usage."""


def chat_completion(body: bytes, draw: random.Random) -> tuple[Response, int]:
    """The answer to a request, and the tokens of both.

    Raises ``ValueError`` if ``body`` is not a chat.
    """
    try:
        chat = _read(body)
    except BAD_CHAT as error:
        raise ValueError(f"this is no chat: {error!r}") from None
    length = round(MEDIAN * draw.lognormvariate(0, 1))
    length = max(1, min(length, chat.max_tokens))
    words = [str(number) for number in range(1, length + 1)]
    total = chat.prompt_tokens + length
    usage = {
        "prompt_tokens": chat.prompt_tokens,
        "completion_tokens": length,
        "total_tokens": total,
    }
    common = {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "created": int(time.time()),
        "model": chat.model,
    }
    if not chat.stream:
        return _at_once(common, words, usage), total
    return _in_events(common, words, usage if chat.stream_usage else None), total


def _read(body: bytes) -> Chat:
    asked = json.loads(body)
    prompt_tokens = 0
    for message in asked["messages"]:
        prompt_tokens += len(str(message["content"]).split())
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    stream_options = asked.get("stream_options") or {}
    return Chat(
        prompt_tokens=prompt_tokens,
        max_tokens=int(limit or 10 * MEDIAN),
        model=str(asked.get("model", "practice")),
        stream=bool(asked.get("stream")),
        stream_usage=bool(stream_options.get("include_usage")),
    )


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

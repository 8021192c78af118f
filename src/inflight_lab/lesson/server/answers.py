"""What an admitted request gets: a chat as OpenAI's API answers, or httpbin's ``/get``.

There is no model, only words to be counted: a word is a token.  The length of an answer
is drawn anew for each request, log-normal around `MEDIAN` and at most its
``max_tokens``: nobody can know it before.

The answer to ``/get`` shows the request.  It may end up in files and notebooks that are
shared, so it shows the value of a header only if that cannot be a key, and no address
that may hold a secret.
"""

import json
import math
import random
import time
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inflight_lab.lesson.runs.urls import has_a_secret

NOT_SHOWN = "(not shown)"
HARMLESS = {
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
}
"""Headers that clients set by themselves, and that say nothing about who sends."""
MEDIAN = 50
"""Tokens."""
MOST = 10 * MEDIAN
"""Tokens of an answer to a request that sets no limit."""
CHARACTERS_PER_TOKEN = 4
"""Of English text, on average.  Source: help.openai.com, "What are tokens"."""


def echo(request: Request) -> dict[str, object]:
    """The request as it came, except for secrets."""
    url = str(request.url)
    may_be_shown = not has_a_secret(url)
    return {
        "args": _args(request.query_params) if may_be_shown else {},
        "headers": _shown(request.headers),
        "origin": request.client.host if request.client else "",
        "url": url if may_be_shown else NOT_SHOWN,
    }


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    shown = {}
    for name, value in headers.items():
        is_harmless = name.lower() in HARMLESS
        shown[name.title()] = value if is_harmless else NOT_SHOWN
    return shown


def _args(query: QueryParams) -> dict[str, object]:
    """The parameters by name; one that comes more than once has a list of values."""
    args: dict[str, object] = {}
    for name in query:
        values = query.getlist(name)
        args[name] = values if len(values) > 1 else values[0]
    return args


class Chat(NamedTuple):
    """The request for a chat."""

    prompt_tokens: int
    prompt_characters: int
    max_tokens: int | None
    """None if the request sets no limit."""
    model: str
    stream: bool
    stream_usage: bool
    """Whether the last event of a stream is the usage."""

    @property
    def most_tokens(self) -> int:
        """The most tokens that the answer may have."""
        return self.max_tokens or MOST

    @property
    def estimated_tokens(self) -> int:
        """An estimate of the prompt's tokens, from its number of characters."""
        return math.ceil(self.prompt_characters / CHARACTERS_PER_TOKEN)


def read_chat(body: bytes) -> Chat:
    """Read the body of a request; ``ValueError`` if it is not a chat."""
    try:
        return _read(json.loads(body))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as bad:
        raise ValueError(f"this is not a chat: {bad!r}") from None


def _read(asked: dict[str, Any]) -> Chat:
    contents = [str(message["content"]) for message in asked["messages"]]
    prompt = "\n".join(contents)
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if limit:
        limit = max(1, int(limit))
    stream_options = asked.get("stream_options") or {}
    return Chat(
        prompt_tokens=len(prompt.split()),
        prompt_characters=len(prompt),
        max_tokens=limit or None,
        model=str(asked.get("model", "practice")),
        stream=bool(asked.get("stream")),
        stream_usage=bool(stream_options.get("include_usage")),
    )


def draw_answer(chat: Chat, draw: random.Random) -> list[str]:
    """Draw the length of an answer, and return so many words."""
    drawn = round(MEDIAN * draw.lognormvariate(0, 1))
    length = max(1, min(drawn, chat.most_tokens))
    return [str(number) for number in range(1, length + 1)]


def completion(chat: Chat, words: list[str]) -> Response:
    """The answer to ``chat`` with these words, at once or as a stream of events."""
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
    answer = {
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": " ".join(words)},
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }
    return JSONResponse(common | answer)


def _in_events(
    common: dict[str, Any], words: list[str], usage: dict[str, int] | None
) -> Response:
    """The answer as the API streams it: one server-sent event a word."""
    common = common | {"object": "chat.completion.chunk"}
    chunks = []
    for word in words:
        choice = {
            "index": 0,
            "delta": {"content": f"{word} "},
            "finish_reason": None,
        }
        chunks.append(common | {"choices": [choice]})
    if usage is not None:
        chunks.append(common | {"choices": [], "usage": usage})
    events = [json.dumps(chunk) for chunk in chunks]
    events.append("[DONE]")
    text = "".join(f"data: {event}\n\n" for event in events)
    return Response(text, media_type="text/event-stream")

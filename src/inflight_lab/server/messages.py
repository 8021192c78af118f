"""Answers to chats in the form of Anthropic's API: ``POST /v1/messages``."""

import json
import uuid
from typing import Any

from starlette.responses import JSONResponse, Response

from inflight_lab.server.chat import Chat


def message(chat: Chat, words: list[str]) -> Response:
    """The answer of these words to ``chat``, at once or as a stream of events."""
    usage = {"input_tokens": chat.prompt_tokens, "output_tokens": len(words)}
    content = [{"type": "text", "text": " ".join(words)}]
    stop_reason = "max_tokens" if len(words) == chat.max_tokens else "end_turn"
    whole = {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": chat.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage,
    }
    if not chat.stream:
        return JSONResponse(whole)
    return _in_events(whole, words)


def _in_events(whole: dict[str, Any], words: list[str]) -> Response:
    """The answer as the API streams it: one server-sent event a word.

    The first event knows the tokens of the question, the last but one those of the
    answer.
    """
    usage = whole["usage"]
    begun = {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    no_text = {"type": "text", "text": ""}
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": whole | begun},
        {"type": "content_block_start", "index": 0, "content_block": no_text},
    ]
    for word in words:
        delta = {"type": "text_delta", "text": f"{word} "}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": usage},
        {"type": "message_stop"},
    ]
    lines = [_line(event) for event in events]
    return Response("".join(lines), media_type="text/event-stream")


def _line(event: dict[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"

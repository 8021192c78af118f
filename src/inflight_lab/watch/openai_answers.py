"""What practice answers to clients of OpenAI's API, besides chats.

Scripts that ask for embeddings, for a response or for the list of models would end in
an error of their own if they got an echo.
"""

import base64
import struct
import time
import uuid
from typing import Any

MODELS = ("gpt-4o-mini", "gpt-4o", "text-embedding-3-small")
DIMENSIONS = 1536
"""Of an embedding, unless the request says how many."""
TEXT = "1 2 3"
"""What a response says: no model runs here."""


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """An embedding for each input, all alike."""
    vector = [0.0] * int(body.get("dimensions") or DIMENSIONS)
    in_base64 = body.get("encoding_format") == "base64"
    encoded = _in_base64(vector) if in_base64 else vector
    data = [
        {"object": "embedding", "index": number, "embedding": encoded}
        for number in range(_count(body.get("input")))
    ]
    return {
        "object": "list",
        "data": data,
        "model": body.get("model", ""),
        "usage": {"prompt_tokens": len(data), "total_tokens": len(data)},
    }


def _in_base64(vector: list[float]) -> str:
    """As openai's client asks for it."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _count(texts: object) -> int:
    """How many inputs there are: texts, lists of tokens, or just one of these."""
    is_one = not isinstance(texts, list) or (texts and isinstance(texts[0], int))
    return 1 if is_one else len(texts)  # type: ignore[arg-type]


def response(body: dict[str, Any]) -> dict[str, Any]:
    """A response, as the endpoint of that name gives it, at once."""
    text = {"type": "output_text", "text": TEXT, "annotations": []}
    message = {
        "type": "message",
        "id": f"msg_{uuid.uuid4().hex}",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    words = len(TEXT.split())
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": body.get("model", ""),
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": words,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": words,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2 * words,
        },
    }


def models(_: dict[str, Any]) -> dict[str, Any]:
    """The models that there are."""
    data = [
        {"id": name, "object": "model", "created": 0, "owned_by": "practice"}
        for name in MODELS
    ]
    return {"object": "list", "data": data}

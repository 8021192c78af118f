"""Chat completions in the form of OpenAI's API: words that are there to be counted, and nothing of a model.

A word is a token.  How many come is drawn anew for each request, log-normal around
`MEDIAN`, and no more than its ``max_tokens``: nobody can know it before.
"""

import itertools
import json
import random
import time
from typing import Any

from starlette.responses import JSONResponse, Response

MEDIAN = 50
_numbers = itertools.count(1)


def chat_completion(body: bytes, draw: random.Random) -> tuple[Response, int]:
    """The answer to a request, and the tokens of both; ``ValueError`` if ``body`` is no chat."""
    try:
        asked = json.loads(body)
        prompt = sum(
            len(str(message["content"]).split()) for message in asked["messages"]
        )
        most = int(
            asked.get("max_completion_tokens") or asked.get("max_tokens") or 10 * MEDIAN
        )
        model, stream = str(asked.get("model", "practice")), bool(asked.get("stream"))
        usage_last = bool((asked.get("stream_options") or {}).get("include_usage"))
    except (
        ArithmeticError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ValueError(f"this is no chat: {error!r}") from None
    length = max(1, min(most, round(MEDIAN * draw.lognormvariate(0, 1))))
    words = [str(number) for number in range(1, length + 1)]
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": length,
        "total_tokens": prompt + length,
    }
    whole = {
        "id": f"chatcmpl-{next(_numbers)}",
        "created": int(time.time()),
        "model": model,
    }
    if stream:
        return _in_events(whole, words, [usage] * usage_last), prompt + length
    message = {"role": "assistant", "content": " ".join(words)}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    whole |= {"object": "chat.completion", "choices": choices, "usage": usage}
    return JSONResponse(whole), prompt + length


def _in_events(
    whole: dict[str, Any], words: list[str], usages: list[dict[str, int]]
) -> Response:
    """The answer as the API streams it: in server-sent events."""
    whole |= {"object": "chat.completion.chunk"}
    deltas = [
        {"index": 0, "delta": {"content": f"{word} "}, "finish_reason": None}
        for word in words
    ]
    events = [whole | {"choices": [delta]} for delta in deltas]
    events += [whole | {"choices": [], "usage": usage} for usage in usages]
    lines = "".join(
        f"data: {event}\n\n" for event in [*map(json.dumps, events), "[DONE]"]
    )
    return Response(lines, media_type="text/event-stream")

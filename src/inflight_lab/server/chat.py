"""Chat completions in the form of OpenAI's API: words that are there to be counted, and nothing of a model.

A word is a token.  How many come is drawn anew for each request, log-normal around `MEDIAN`, and no more than
its ``max_tokens``: nobody can know it before.
"""

import itertools
import json
import random
import time
from dataclasses import dataclass
from typing import Self

from starlette.responses import JSONResponse, Response

MEDIAN = 50
_numbers = itertools.count(1)


@dataclass
class Chat:
    """What a request asks, and how long its answer is: ``cost`` tokens in all."""

    prompt: int
    answer: int
    model: str
    stream: bool
    stream_usage: bool

    @classmethod
    def asked(cls, body: bytes, draw: random.Random) -> Self:
        """The request in ``body``; ``ValueError`` if it is none."""
        try:
            asked = json.loads(body)
            prompt = sum(len(str(message["content"]).split()) for message in asked["messages"])
            most = int(asked.get("max_completion_tokens") or asked.get("max_tokens") or 10 * MEDIAN)
            stream, options = bool(asked.get("stream")), asked.get("stream_options") or {}
            model, usage = str(asked.get("model", "practice")), bool(options.get("include_usage"))
        except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"this is no chat: {error!r}") from None
        return cls(prompt, max(1, min(most, round(MEDIAN * draw.lognormvariate(0, 1)))), model, stream, usage)

    @property
    def cost(self) -> int:
        """Tokens of prompt and answer."""
        return self.prompt + self.answer

    def response(self, headers: dict[str, str]) -> Response:
        """The answer in one piece or, as the API streams it, in server-sent events."""
        whole = {"id": f"chatcmpl-{next(_numbers)}", "created": int(time.time()), "model": self.model}
        words = [str(number) for number in range(1, self.answer + 1)]
        usage = {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.answer,
            "total_tokens": self.cost,
        }
        if not self.stream:
            message = {"role": "assistant", "content": " ".join(words)}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            whole |= {"object": "chat.completion", "choices": choices, "usage": usage}
            return JSONResponse(whole, headers=headers)
        whole["object"] = "chat.completion.chunk"
        deltas = [{"index": 0, "delta": {"content": f"{word} "}, "finish_reason": None} for word in words]
        events = [whole | {"choices": [delta]} for delta in deltas]
        events += [whole | {"choices": [], "usage": usage}] * self.stream_usage
        lines = "".join(f"data: {event}\n\n" for event in [*map(json.dumps, events), "[DONE]"])
        return Response(lines, headers=headers, media_type="text/event-stream")

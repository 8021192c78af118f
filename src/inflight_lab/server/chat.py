"""Chat completions in the form of OpenAI's API: words that are there to be counted, and nothing of a model.

A word is a token.  How many come is drawn anew for each request, log-normal around `MEDIAN`, and no more than
its ``max_tokens``: nobody can know it before.
"""

import itertools
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from starlette.responses import JSONResponse, Response, StreamingResponse

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
        """The answer, at once or word by word."""
        whole = {"id": f"chatcmpl-{next(_numbers)}", "created": int(time.time()), "model": self.model}
        if self.stream:
            return StreamingResponse(self._events(whole), headers=headers, media_type="text/event-stream")
        message = {"role": "assistant", "content": " ".join(self._words())}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole |= {"object": "chat.completion", "choices": [choice], "usage": self._usage()}
        return JSONResponse(whole, headers=headers)

    def _words(self) -> list[str]:
        return [str(number) for number in range(1, self.answer + 1)]

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.answer,
            "total_tokens": self.cost,
        }

    async def _events(self, whole: dict[str, object]) -> AsyncIterator[str]:
        """Server-sent events, as the API sends them: words, then the usage if asked for, then the end."""
        whole |= {"object": "chat.completion.chunk"}
        for word in self._words():
            choice = {"index": 0, "delta": {"content": f"{word} "}, "finish_reason": None}
            yield f"data: {json.dumps(whole | {'choices': [choice]})}\n\n"
        if self.stream_usage:
            yield f"data: {json.dumps(whole | {'choices': [], 'usage': self._usage()})}\n\n"
        yield "data: [DONE]\n\n"

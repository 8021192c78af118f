"""Token counts: what a request to a language model may cost, and what it did cost.

*Before* it is sent, nobody knows the cost.  Two numbers bound it:

- The prompt has about one token for four bytes.  That is OpenAI's rule of thumb for
  English; other languages and program code have more.  An API estimates as well when it
  counts a request on arrival: OpenAI and Azure by the number of characters.
- The answer has at most as many tokens as the request allows, in ``max_tokens`` or what
  the API calls it; with ``"n": 3``, three times as many.

Without such a limit, it depends on the API.  OpenAI counts its estimate of the prompt;
Bedrock, the most that the model can write, which may be 64,000.  `most_tokens` then
reserves `UNLIMITED_ANSWER`.  It is better to set a limit, because these APIs count it
against your quota.

*After* it, the answer's ``usage`` says the cost, in a stream at its end.

Sources: help.openai.com, "What are tokens and how to count them?"; "Rate limits" at
developers.openai.com; learn.microsoft.com, "Manage Azure OpenAI quota"; AWS, "How
tokens are counted in Amazon Bedrock".  The names in this file are those of OpenAI,
Anthropic, Gemini and Bedrock.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

BYTES_PER_TOKEN = 4
UNLIMITED_ANSWER = 1000  # tokens, for a request that sets no limit
WRITES_NO_ANSWER = ("/embeddings", ":embedContent", "/moderations")
ANSWER_LIMIT = re.compile(
    rb'"(?:max_tokens|max_completion_tokens|max_output_tokens|maxOutputTokens|maxTokens)"'
    rb"\s*:\s*(\d{1,15})\b"
)
ANSWERS = re.compile(rb'"(?:n|best_of|candidateCount)"\s*:\s*(\d{1,15})\b')
USAGE = {
    b"total_tokens": "tokens",
    b"totalTokenCount": "tokens",
    b"totalTokens": "tokens",
    b"prompt_tokens": "input_tokens",
    b"input_tokens": "input_tokens",
    b"promptTokenCount": "input_tokens",
    b"inputTokens": "input_tokens",
    b"completion_tokens": "output_tokens",
    b"output_tokens": "output_tokens",
    b"candidatesTokenCount": "output_tokens",
    b"outputTokens": "output_tokens",
}
NUMBER = re.compile(rb'"(\w+)"\s*:\s*(\d{1,15})\b')
LONGEST_NUMBER = 60  # bytes, with its name
LAST_EVENTS = (b"[DONE]", b"message_stop")  # of a stream


def most_tokens(request: httpx.Request) -> dict[str, float]:
    """Count what ``request`` may cost at most: prompt, answer, and both together."""
    prompt_tokens = len(request.content) / BYTES_PER_TOKEN
    answer_tokens = most_answer_tokens(request)
    return {
        "tokens": prompt_tokens + answer_tokens,
        "input_tokens": prompt_tokens,
        "output_tokens": answer_tokens,
    }


def most_answer_tokens(request: httpx.Request) -> float:
    """Count the tokens that the answers to ``request`` may have at most, together."""
    writes_nothing = request.url.path.endswith(WRITES_NO_ANSWER)
    if not request.content or writes_nothing:
        return 0
    limits = [int(digits) for digits in ANSWER_LIMIT.findall(request.content)]
    answers = [int(digits) for digits in ANSWERS.findall(request.content)]
    return max(limits, default=UNLIMITED_ANSWER) * max(answers, default=1)


def usage_in(body: bytes) -> dict[str, float]:
    """Return the tokens that an answer, or a part of a stream, says it took."""
    usage: dict[str, float] = {}
    for name, digits in NUMBER.findall(body):
        if name in USAGE:
            usage[USAGE[name]] = int(digits)
    return usage


def with_total(usage: dict[str, float]) -> dict[str, float]:
    """Add the sum, which Anthropic leaves to the reader."""
    if usage and "tokens" not in usage:
        return usage | {"tokens": sum(usage.values())}
    return usage


def cost_of(budget: str, tokens: Mapping[str, float], *, if_not_tokens: float) -> float:
    """Return the part of ``tokens`` that a budget of this name counts.

    The budget's name begins with it: ``tokens_a_day`` counts ``tokens``.  Returns
    ``if_not_tokens`` if the budget counts something else.
    """
    for name, count in tokens.items():
        if budget.startswith(name):
            return count
    return if_not_tokens


class UsageReader(httpx.AsyncByteStream):
    """A body as it comes; when it is closed, ``settle`` gets the tokens that it names.

    A stream may say what it has cost so far.  If the client closes it before its end,
    that is too little, and ``settle`` gets nothing.
    """

    def __init__(self, stream: Any, settle: Callable[[dict[str, float]], None]) -> None:
        self._stream = stream
        self._settle = settle
        self._usage: dict[str, float] = {}
        self._end = b""
        self._is_complete = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._read(part)
            yield part
        self._is_complete = True

    def _read(self, part: bytes) -> None:
        """Note the usage in ``part``: what is said last counts."""
        seen = self._end + part
        self._usage |= usage_in(seen)
        self._is_complete = any(event in seen for event in LAST_EVENTS)
        self._end = seen[-LONGEST_NUMBER:]  # a number may be cut in two

    async def aclose(self) -> None:
        """Close the body, and settle."""
        try:
            await self._stream.aclose()
        finally:
            self._settle(self._usage if self._is_complete else {})

"""Chats: no model, only words to be counted.

A word is a token.  The length of an answer is drawn anew for each request, log-normal
around `MEDIAN` and at most its ``max_tokens``: nobody can know it before.
"""

import json
import random
from typing import Any, NamedTuple

MEDIAN = 50
"""Tokens."""
MOST = 10 * MEDIAN
"""Tokens of an answer to a request that sets no limit."""
LARGEST_LIMIT = 1_000_000_000
"""Tokens.  More than that is more than any quota, and nobody needs all its digits."""
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
    prompt_characters: int
    max_tokens: int | None
    """None if the request sets no limit."""
    model: str
    stream: bool
    stream_usage: bool
    """Whether the last event of a stream is the usage."""

    @property
    def most_tokens(self) -> int:
        """How long the answer may become."""
        return self.max_tokens or MOST


def read_chat(body: bytes) -> Chat:
    """Read the body of a request; ``ValueError`` if it is not a chat."""
    try:
        return _read(body)
    except BAD_CHAT as error:
        raise ValueError(f"this is not a chat: {error!r}") from None


def draw_answer(chat: Chat, draw: random.Random) -> list[str]:
    """The words of an answer: as many as are drawn, and no more than are allowed."""
    length = round(MEDIAN * draw.lognormvariate(0, 1))
    length = max(1, min(length, chat.most_tokens))
    return [str(number) for number in range(1, length + 1)]


def _read(body: bytes) -> Chat:
    asked = json.loads(body)
    prompt = _prompt(asked)
    stream_options = asked.get("stream_options") or {}
    return Chat(
        prompt_tokens=len(prompt.split()),
        prompt_characters=len(prompt),
        max_tokens=_limit(asked),
        model=str(asked.get("model", "practice")),
        stream=bool(asked.get("stream")),
        stream_usage=bool(stream_options.get("include_usage")),
    )


def _limit(asked: dict[str, Any]) -> int | None:
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if not limit:
        return None
    return max(1, min(int(limit), LARGEST_LIMIT))


def _prompt(asked: dict[str, Any]) -> str:
    """All that the model would read, in one text."""
    contents = [str(message["content"]) for message in asked["messages"]]
    if asked.get("system"):
        contents.append(str(asked["system"]))
    return "\n".join(contents)

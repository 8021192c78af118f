"""The dialect of OpenAI's API."""

import math
from typing import Any

from inflight_lab.quotas.fields import in_digits
from inflight_lab.server.chat import Chat
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Dialect, RefusalContent
from inflight_lab.server.dialects.times import duration, milliseconds, whole_seconds

CHARACTERS_PER_TOKEN = 4
"""Of English text, on average.  Source: help.openai.com, "What are tokens"."""


class OpenAI(Dialect):
    """Headers for requests and for tokens; the body tells refusals apart.

    Sources: developers.openai.com, guides "Rate limits" and "Error codes";
    help.openai.com, "How can I solve 429"; openai-python, ``_base_client.py``, for the
    pauses that its client reads, ``retry-after-ms`` before ``retry-after``.

    - Tokens count on arrival, as the larger of ``max_tokens`` and an estimate from the
      characters of the request.  What the answer does not use is not given back.
    - Unsuccessful requests count as well.
    - ``x-ratelimit-reset-*`` is how long it takes until the quota is full again.
    - There are three 429s.  Most of them say how long to wait.  A ``Request too large``
      never fits.  And with ``insufficient_quota`` the plan is used up, so no wait will
      help.  (That is the type and, here, also the code.  The real API has codes that
      are more precise, such as ``credit_balance_exhausted``.)
    """

    counts_refused = True

    def cost(self, chat: Chat, answered: int) -> int:
        return max(chat.max_tokens or 0, estimated_tokens(chat))

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        headers = {}
        for name, quota in verdict.quotas.items():
            headers[f"x-ratelimit-limit-{name}"] = str(quota.limit)
            headers[f"x-ratelimit-remaining-{name}"] = str(quota.remaining)
            headers[f"x-ratelimit-reset-{name}"] = duration(quota.seconds_until_full)
        return headers

    def too_many(self, verdict: Verdict) -> RefusalContent:
        exceeded = verdict.exceeded
        message = (
            f"Rate limit reached {_on(verdict)}: Limit {exceeded.limit}, "
            f"Used {exceeded.used}, Requested {verdict.cost}. "
            f"Please try again in {duration(verdict.wait)}."
        )
        body = error(message, type=verdict.refused_by, code="rate_limit_exceeded")
        return RefusalContent(429, body, pause_headers(verdict.wait))

    def too_large(self, verdict: Verdict) -> RefusalContent:
        message = (
            f"Request too large {_on(verdict)}: Limit {verdict.exceeded.limit}, "
            f"Requested {verdict.cost}. "
            "The input or output tokens must be reduced in order to run successfully."
        )
        body = error(message, type=verdict.refused_by, code="rate_limit_exceeded")
        return RefusalContent(429, body)

    def overloaded(self, most: int) -> RefusalContent:
        message = "The engine is currently overloaded, please try again later"
        return RefusalContent(503, error(message, type="server_error"))

    def exhausted(self) -> RefusalContent:
        message = (
            "You exceeded your current quota, "
            "please check your plan and billing details."
        )
        code = "insufficient_quota"
        return RefusalContent(429, error(message, type=code, code=code))


def estimated_tokens(chat: Chat) -> int:
    """How many tokens the prompt may have, by its number of characters."""
    return math.ceil(chat.prompt_characters / CHARACTERS_PER_TOKEN)


def pause_headers(seconds: float) -> dict[str, str]:
    """The pause in two headers, both of which openai's client reads."""
    return {
        "retry-after": str(whole_seconds(seconds)),
        "retry-after-ms": str(milliseconds(seconds)),
    }


def error(message: str, *, type: str, code: str | None = None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"message": message, "type": type, "param": None, "code": code}}


def _on(verdict: Verdict) -> str:
    return f"on {verdict.refused_by} per {in_digits(verdict.exceeded.period)} s"

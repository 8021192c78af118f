"""How APIs refuse, in their own words, as a table: one more dialect is one more line.

Statuses, field names and the shapes of bodies are those of the providers' published
documentation: GitHub, "Rate limits for the REST API" and "Troubleshooting the REST
API"; OpenAI, "Rate limits" and "Error codes"; Azure, "Azure OpenAI quotas and limits";
Anthropic, "Rate limits" and "Errors"; Google, `google.rpc.RetryInfo` and "Gemini API
troubleshooting"; Discord, "Rate Limits"; Telegram, `ResponseParameters`; Matrix, "Rate
limiting" in the client-server API; draft-ietf-httpapi-ratelimit-headers,
versions 11 and 6.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate

import httpx


@dataclass(frozen=True)
class Dialect:
    """A refusal, with a mark in angle brackets where it names a time."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = field(default_factory=dict)
    reason: str = ""
    """The part of it that a person should read."""

    def refusal(self, seconds: float) -> httpx.Response:
        """The answer to a request that would be accepted so much later."""
        headers = {
            name: with_time(value, seconds) for name, value in self.headers.items()
        }
        body = with_time(json.dumps(self.body), seconds)
        headers["Content-Type"] = "application/json"
        return httpx.Response(self.status, headers=headers, text=body)


def with_time(text: str, seconds: float) -> str:
    """The text with the moment that is so far away in place of its mark."""
    whole = math.ceil(seconds)
    at = math.ceil(time.time() + seconds)
    marks = {
        '"<bare seconds>"': f"{whole}",
        '"<bare decimal>"': f"{seconds:.3f}",
        '"<bare milliseconds>"': f"{1000 * whole}",
        "<seconds>": f"{whole}",
        "<decimal seconds>": f"{seconds:.3f}",
        "<milliseconds>": f"{1000 * whole}",
        "<duration>": f"{whole // 60}m{whole % 60}s",
        "<duration in ms>": f"{1000 * whole}ms",
        "<Unix time>": f"{at}",
        "<RFC 3339>": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<HTTP date>": formatdate(at, usegmt=True),
    }
    for mark, moment in marks.items():
        text = text.replace(mark, moment)
    return text


def openai_error(message: str, code: str) -> object:
    """The body of an OpenAI error."""
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


def anthropic_error(kind: str, message: str) -> object:
    """The body of an Anthropic error."""
    return {"type": "error", "error": {"type": kind, "message": message}}


def gemini_error(message: str, *details: object) -> object:
    """The body of a Google error."""
    return {
        "error": {
            "code": 429,
            "message": message,
            "status": "RESOURCE_EXHAUSTED",
            "details": list(details),
        }
    }


RATE_LIMITED = "Rate limit reached for requests per minute."
OUT_OF_QUOTA = "You exceeded your current quota, please check your plan and billing."
HARD_LIMIT = "Billing hard limit has been reached."
GITHUB_PRIMARY = {
    "X-RateLimit-Limit": "60",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "<Unix time>",
}
RETRY_INFO = {
    "@type": "type.googleapis.com/google.rpc.RetryInfo",
    "retryDelay": "<seconds>s",
}
QUOTA_FAILURE = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}],
}

SAYS_WHEN = {
    "Retry-After": Dialect(429, {"Retry-After": "<seconds>"}),
    "Retry-After: decimal": Dialect(429, {"Retry-After": "<decimal seconds>"}),
    "Retry-After: a date": Dialect(429, {"Retry-After": "<HTTP date>"}),
    "Retry-After: a Unix time": Dialect(429, {"Retry-After": "<Unix time>"}),
    "503": Dialect(503, {"Retry-After": "<seconds>"}),
    "500 that says when": Dialect(500, {"Retry-After": "<seconds>"}),
    "X-RateLimit-Reset in seconds": Dialect(429, {"X-RateLimit-Reset": "<seconds>"}),
    "GitHub, primary": Dialect(
        403,
        GITHUB_PRIMARY,
        {"message": "API rate limit exceeded for user ID 1."},
        reason="API rate limit exceeded",
    ),
    "GitHub, primary, 429": Dialect(429, GITHUB_PRIMARY),
    "GitHub, secondary": Dialect(
        403,
        {"Retry-After": "<seconds>", "X-RateLimit-Remaining": "4000"},
        {"message": "You have exceeded a secondary rate limit."},
        reason="You have exceeded a secondary rate limit.",
    ),
    "OpenAI, milliseconds": Dialect(
        429,
        {"retry-after-ms": "<milliseconds>"},
        openai_error(RATE_LIMITED, "rate_limit_exceeded"),
        reason=RATE_LIMITED,
    ),
    "OpenAI, reset": Dialect(
        429,
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "<duration>",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-tokens": "6ms",
        },
        openai_error(RATE_LIMITED, "rate_limit_exceeded"),
        reason=RATE_LIMITED,
    ),
    "OpenAI, reset in ms": Dialect(
        429,
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "<duration in ms>",
        },
    ),
    "Azure": Dialect(
        429,
        {"retry-after": "<seconds>", "retry-after-ms": "<milliseconds>"},
        {"error": {"code": "429", "message": "Please retry after <seconds> seconds."}},
    ),
    "Anthropic": Dialect(
        429,
        {
            "retry-after": "<seconds>",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": "<RFC 3339>",
        },
        anthropic_error("rate_limit_error", RATE_LIMITED),
        reason=RATE_LIMITED,
    ),
    "Anthropic, own fields only": Dialect(
        429,
        {
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": "<RFC 3339>",
        },
        anthropic_error("rate_limit_error", RATE_LIMITED),
        reason=RATE_LIMITED,
    ),
    "Anthropic, overloaded": Dialect(
        529,
        {"retry-after": "<seconds>"},
        anthropic_error("overloaded_error", "Overloaded"),
        reason="Overloaded",
    ),
    "Gemini": Dialect(
        429,
        {},
        gemini_error("Quota exceeded.", QUOTA_FAILURE, RETRY_INFO),
        reason="Quota exceeded.",
    ),
    "Discord, body only": Dialect(
        429,
        {},
        {"message": RATE_LIMITED, "retry_after": "<bare decimal>", "global": False},
        reason=RATE_LIMITED,
    ),
    "Telegram, body only": Dialect(
        429,
        {},
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after <seconds>",
            "parameters": {"retry_after": "<bare seconds>"},
        },
        reason="Too Many Requests: retry after",
    ),
    "Matrix, body only": Dialect(
        429,
        {},
        {
            "errcode": "M_LIMIT_EXCEEDED",
            "error": RATE_LIMITED,
            "retry_after_ms": "<bare milliseconds>",
        },
        reason=RATE_LIMITED,
    ),
    "draft, version 11": Dialect(429, {"RateLimit": '"default";r=0;t=<seconds>'}),
    "draft, version 6": Dialect(
        429, {"RateLimit": "limit=100, remaining=0, reset=<seconds>"}
    ),
    "draft, version 5": Dialect(
        429, {"RateLimit-Remaining": "0", "RateLimit-Reset": "<seconds>"}
    ),
}
"""Refusals that name the moment from which requests are accepted again."""

NAMES_NO_TIME = {
    "429": Dialect(429),
    "503": Dialect(503),
    "Anthropic, overloaded": Dialect(
        529, {}, anthropic_error("overloaded_error", "Overloaded"), reason="Overloaded"
    ),
}
"""Refusals that name no time."""

FAILS_FOR_NOW = {
    "408": Dialect(408),
    "409": Dialect(409),
    "500": Dialect(500),
    "502": Dialect(502),
    "504": Dialect(504),
    "522 of a proxy": Dialect(522),
}
"""Failures that say nothing about a limit, and may be temporary."""

PERMANENT = {
    "OpenAI, no money left": Dialect(
        429,
        {},
        openai_error(OUT_OF_QUOTA, "insufficient_quota"),
        reason=OUT_OF_QUOTA,
    ),
    "OpenAI, no money left, with a time": Dialect(
        429,
        {"Retry-After": "<seconds>"},
        openai_error(OUT_OF_QUOTA, "insufficient_quota"),
        reason=OUT_OF_QUOTA,
    ),
    "OpenAI, hard limit": Dialect(
        429,
        {},
        openai_error(HARD_LIMIT, "billing_hard_limit_reached"),
        reason=HARD_LIMIT,
    ),
    "x-should-retry": Dialect(429, {"x-should-retry": "false"}),
}
"""Refusals that no wait will help."""

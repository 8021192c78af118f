"""Refusals: how long to wait after an answer, and whether waiting helps at all.

An API that refuses a request often says when it will accept one, or that it never will.
There are many ways to say it:

    API        status    what it sends
    any        429, 503  Retry-After: 20
                         Retry-After: Fri, 27 Nov 2026 06:30:00 GMT
    IETF draft 429       RateLimit: "default";r=0;t=20
    GitHub     403, 429  X-RateLimit-Remaining: 0
                         X-RateLimit-Reset: 1795761000
    OpenAI     429       x-ratelimit-remaining-requests: 0
                         x-ratelimit-reset-requests: 6m0s
                         {"error": {"code": "insufficient_quota", ...}}
    Azure      429       retry-after-ms: 20000
    Anthropic  429, 529  anthropic-ratelimit-tokens-remaining: 0
                         anthropic-ratelimit-tokens-reset: 2026-11-27T06:30:00Z
    Gemini     429       {"error": {"details": [{"retryDelay": "34s", ...}], ...}}

`read_refusal` understands all of them.  It answers three questions:

1. *Does waiting help?*  Not if the money is spent: that is what ``insufficient_quota``
   means, and status 402.  Some APIs say it outright, with ``x-should-retry``.
2. *How long does the API ask to wait?*  ``Retry-After`` decides, whatever else the
   answer says.  ``retry-after-ms`` is the same with more digits, so it goes first.
3. *If it does not ask: when does the quota come back?*  Only a quota with nothing left
   is in the way.  If there are several, wait for the last of them.  When a 429 names
   quotas and each has something left, it may be too few tokens for this request, so
   wait for the quotas of tokens.

A value that makes no sense, such as ``Retry-After: -5``, counts as not sent.

Sources: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers-11; "Rate limits
for the REST API" at docs.github.com; "Rate limits" and "Error codes" at
developers.openai.com; the clients openai-python and azure-core, for ``retry-after-ms``
and ``x-should-retry``; "Rate limits" and "Errors" at platform.claude.com; ``RetryInfo``
in google.rpc and ``ErrorReason`` in google.api.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

import httpx

from inflight_lab.runners.quota_fields import Standing, standings_in
from inflight_lab.runners.written_times import number_in, seconds_until, time_of

REFUSED = (429, 503, 529)  # too many requests, unavailable, overloaded (Anthropic)
PAYMENT_REQUIRED = 402
SETTLED = (400, 401, 404, 405, 406, 409, 410, 422)  # errors of the request itself
PERMANENT_CODES = {
    "insufficient_quota",  # OpenAI, and so are the next seven
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "project_spend_limit_exceeded",
    "billing_hard_limit_reached",
    "billing_not_active",
    "access_terminated",
    "billing_error",  # Anthropic
    "enforced_spend_limit_reached",
    "BILLING_DISABLED",  # Google
    "CONSUMER_SUSPENDED",
}
LARGEST_BODY = 64 * 1024  # bytes: a larger body is no error message
LONGEST_REASON = 200  # characters


@dataclass(frozen=True)
class Refusal:
    """What an answer says about sending more requests."""

    pause: float | None
    """Seconds until a request may be accepted; None if the answer does not say."""
    is_permanent: bool = False
    """Whether no wait will help."""
    reason: str = ""
    """The API's own words, if it has any."""


def read_refusal(response: httpx.Response) -> Refusal | None:
    """What a refusal says; None if the answer is not one.

    A refusal has the status 429, 503 or 529, or is another error that says when to come
    back, or that nothing will help.  The body counts only if it has been read already.
    """
    if response.status_code < 400:
        return None
    reason = reason_in(response)
    if is_permanent(response):
        return Refusal(None, is_permanent=True, reason=reason)
    pause = pause_in(response)
    if pause is not None or is_refused(response):
        return Refusal(pause, reason=reason)
    return None


def is_refused(response: httpx.Response) -> bool:
    """Whether it is a refusal even if it does not say when to come back."""
    if response.headers.get("x-should-retry") == "true":
        return True
    if response.status_code == 403:  # GitHub may say it in words only
        return "rate limit" in reason_in(response).lower()
    return response.status_code in REFUSED


# 1. Does waiting help?


def is_permanent(response: httpx.Response) -> bool:
    """Whether no wait will help."""
    should_retry = response.headers.get("x-should-retry")
    if should_retry == "true":
        return False
    if should_retry == "false" and response.status_code not in SETTLED:
        return True
    if response.status_code == PAYMENT_REQUIRED:
        return True
    return not PERMANENT_CODES.isdisjoint(codes_in(response))


# 2. How long does the API ask to wait?


def pause_in(response: httpx.Response) -> float | None:
    """The seconds to wait, from the first source that names them."""
    for source in (retry_after_ms, retry_after, retry_delay, quota_return):
        pause = source(response)
        if pause is not None:
            return pause
    return None


def retry_after_ms(response: httpx.Response) -> float | None:
    """What ``retry-after-ms`` asks for, which has another name in Cosmos DB."""
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = number_in(response.headers.get(name))
        if milliseconds is not None:
            return seconds_after(response, milliseconds / 1000)
    return None


def retry_after(response: httpx.Response) -> float | None:
    """What ``Retry-After`` asks for, in seconds or as a date."""
    return seconds_after(response, response.headers.get("Retry-After"))


def retry_delay(response: httpx.Response) -> float | None:
    """What Google's ``RetryInfo`` asks for, which is one of the error's details."""
    for detail in details_in(response):
        seconds = seconds_after(response, detail.get("retryDelay"))
        if seconds is not None:
            return seconds
    return None


def seconds_after(response: httpx.Response, written: object) -> float | None:
    """The seconds from an answer until the time that is written in it."""
    return seconds_until(written, time_of(response.headers))


# 3. When does the quota come back?


def quota_return(response: httpx.Response) -> float | None:
    """The seconds until no quota is in the way; None if none is."""
    waits = [standing.seconds for standing in standings_in_the_way(response)]
    return max(waits, default=None)


def standings_in_the_way(response: httpx.Response) -> list[Standing]:
    """What is left of the quotas that may be why the API refuses."""
    status = response.status_code
    if status in SETTLED:
        return []
    standings = standings_in(response.headers)
    used_up = [each for each in standings if each.remaining == 0]
    if used_up:
        return used_up
    unknown = [each for each in standings if each.remaining is None]
    if unknown and status in (403, *REFUSED):
        return unknown
    if status == 429:
        return [each for each in standings if each.counts_tokens]
    return []


# What a JSON body says about the error.


def error_in(response: httpx.Response) -> dict[str, Any]:
    """The error that a JSON body describes; empty if there is none."""
    try:
        body = response.content
    except RuntimeError:  # it has not been read, and may have no end
        return {}
    if len(body) > LARGEST_BODY:
        return {}
    with contextlib.suppress(ValueError, RecursionError):
        return _error_of(json.loads(body))
    return {}


def _error_of(described: object) -> dict[str, Any]:
    """Most APIs wrap it in ``error``, and Gemini's streams in a list as well."""
    if isinstance(described, list) and described:
        described = described[0]
    if not isinstance(described, dict):
        return {}
    error = described.get("error")
    return error if isinstance(error, dict) else described


def details_in(response: httpx.Response) -> list[dict[str, Any]]:
    """The error's details: Google sends several, Anthropic one."""
    details = error_in(response).get("details")
    if isinstance(details, dict):
        details = [details]
    if not isinstance(details, list):
        return []
    return [detail for detail in details if isinstance(detail, dict)]


def codes_in(response: httpx.Response) -> set[str]:
    """What the API calls the error, for programs."""
    error = error_in(response)
    codes = [error.get("code"), error.get("type")]
    for detail in details_in(response):
        codes += [detail.get("reason"), detail.get("error_code")]
    return {code for code in codes if isinstance(code, str)}


def reason_in(response: httpx.Response) -> str:
    """What the API calls the error, for people; else its code, if it has one."""
    error = error_in(response)
    for name in ("message", "detail", "title", "error", "code", "type"):
        words = error.get(name)
        if isinstance(words, str) and words:
            return " ".join(words.split())[:LONGEST_REASON]
    return ""

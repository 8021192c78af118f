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
    Discord    429       {"retry_after": 1.337, ...}
    Telegram   429       {"parameters": {"retry_after": 35}, ...}
    Matrix     429       {"retry_after_ms": 2000, ...}

`read_refusal` understands all of them.  It answers three questions:

1. *Does waiting help?*  Not if the money is spent: that is what ``insufficient_quota``
   means, and status 402.  Some APIs say it outright, with ``x-should-retry: false``.
   Where that comes with a 403 or a 429, every request would be refused, so the whole
   run may stop.  With a 413, say, it is about this request only.
2. *How long does the API ask to wait?*  ``Retry-After`` decides, whatever else the
   answer says.  ``retry-after-ms`` is the same with more digits, so it goes first.
   If neither is sent, the body may ask, in seconds or milliseconds.
3. *If it does not ask: when does the quota come back?*  Only a quota with nothing left
   is in the way; if there are several, wait for the last of them.  A 429 may also name
   a quota of tokens with something left, but not enough: 300 are left, and the request
   needs 500.  Then wait until that quota is back.  If GitHub only says in words that
   you have met a secondary limit, wait for the minute that its documentation asks for.

A value that makes no sense, such as ``Retry-After: -5``, counts as not sent.

Sources: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers-11; "Rate limits
for the REST API" at docs.github.com; "Rate limits" and "Error codes" at
developers.openai.com; the clients openai-python and azure-core, for ``retry-after-ms``
and ``x-should-retry``; "Rate limits" and "Errors" at platform.claude.com; ``RetryInfo``
in google.rpc and ``ErrorReason`` in google.api; "Rate Limits" at docs.discord.com;
``ResponseParameters`` at core.telegram.org; "Rate limiting" in the client-server API at
spec.matrix.org.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from inflight_lab.watch.reader.error_bodies import codes_in, parts_in, reason_in
from inflight_lab.watch.reader.quota_fields import (
    QuotaState,
    has_nothing_left,
    quota_states_in,
)
from inflight_lab.watch.reader.written_times import (
    milliseconds_until,
    seconds_until,
    time_of,
)

OVERLOADED = (429, 503, 529)  # too many requests, unavailable, overloaded (Anthropic)
FOR_EVERY_REQUEST = (403, 429)  # forbidden, too many requests
PAYMENT_REQUIRED = 402
# Errors of the request itself.  Others may be temporary: 409 is a conflict with another
# request, and a 413 may say when a body of this size is accepted.
SETTLED = (400, 401, 404, 405, 406, 410, 411, 412, 414, 415, 416, 417, 422, 431, 451)
PERMANENT_CODES = {
    # OpenAI:
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "project_spend_limit_exceeded",
    "billing_hard_limit_reached",
    "billing_not_active",
    "access_terminated",
    # Anthropic:
    "billing_error",
    "enforced_spend_limit_reached",
    # Google:
    "BILLING_DISABLED",
    "CONSUMER_SUSPENDED",
}
# GitHub's words, now and in the past:
SECONDARY_LIMIT = ("secondary rate limit", "abuse detection")
SECONDARY_PAUSE = 60.0  # seconds


@dataclass(frozen=True)
class Refusal:
    """What an answer says about sending more requests."""

    pause: float | None
    """Seconds until a request may be accepted; None if the answer does not say."""
    is_permanent: bool = False
    """Whether no wait will help."""
    reason: str = ""
    """The API's own words, if it has any."""
    concerns_all: bool = True
    """Whether others would be refused as well; False if it is about this one only."""


def read_refusal(response: httpx.Response) -> Refusal | None:
    """What a refusal says; None if the answer is not one.

    A refusal has the status 429, 503 or 529, or is another error that says when to come
    back, or that nothing will help.  An accepted request is none, even if its headers
    say that no other is left.  The body counts only if it has been read already.
    """
    if response.status_code < 400:
        return None
    reason = reason_in(response)
    if no_wait_helps(response):
        for_all = concerns_all(response)
        return Refusal(None, is_permanent=True, reason=reason, concerns_all=for_all)
    pause = pause_in(response)
    if pause is not None or may_be_accepted_later(response):
        return Refusal(pause, reason=reason)
    return None


# 1. Does waiting help?


def no_wait_helps(response: httpx.Response) -> bool:
    """Whether the API will never accept this request."""
    should_retry = response.headers.get("x-should-retry")
    if should_retry == "true":
        return False
    if should_retry == "false" and response.status_code not in SETTLED:
        return True
    return is_unpaid(response)


def concerns_all(response: httpx.Response) -> bool:
    """Whether it will never accept any other request, either."""
    return response.status_code in FOR_EVERY_REQUEST or is_unpaid(response)


def is_unpaid(response: httpx.Response) -> bool:
    """Whether the money is spent, or the account is closed."""
    if response.status_code == PAYMENT_REQUIRED:
        return True
    return not PERMANENT_CODES.isdisjoint(codes_in(response))


def may_be_accepted_later(response: httpx.Response) -> bool:
    """Whether waiting may help, though the answer does not say how long."""
    if response.headers.get("x-should-retry") == "true":
        return True
    if response.status_code == 403:  # GitHub may say it in words only
        in_words = "rate limit" in reason_in(response).lower()
        return in_words or has_nothing_left(response.headers)
    return response.status_code in OVERLOADED


# 2. How long does the API ask to wait?


def pause_in(response: httpx.Response) -> float | None:
    """The seconds to wait, from the first source that names them."""
    if response.status_code in SETTLED:
        return None
    sources = (
        retry_after_ms,
        retry_after,
        retry_delay,
        quota_return,
        secondary_limit_pause,
    )
    for source in sources:
        pause = source(response)
        if pause is not None:
            return pause
    return None


def retry_after_ms(response: httpx.Response) -> float | None:
    """What ``retry-after-ms`` asks for; Cosmos DB calls it ``x-ms-retry-after-ms``."""
    now = time_of(response.headers)
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        seconds = milliseconds_until(response.headers.get(name), now)
        if seconds is not None:
            return seconds
    return None


def retry_after(response: httpx.Response) -> float | None:
    """What ``Retry-After`` asks for, in seconds or as a date."""
    now = time_of(response.headers)
    return seconds_until(response.headers.get("Retry-After"), now)


def retry_delay(response: httpx.Response) -> float | None:
    """What the body asks for, in the first of its parts that does."""
    now = time_of(response.headers)
    for part in parts_in(response):
        seconds = delay_in(part, now)
        if seconds is not None:
            return seconds
    return None


def delay_in(part: dict[str, Any], now: float) -> float | None:
    """The seconds that one part of a body asks for; Matrix counts milliseconds."""
    for name in ("retry_after", "retryDelay"):
        seconds = seconds_until(part.get(name), now)
        if seconds is not None:
            return seconds
    return milliseconds_until(part.get("retry_after_ms"), now)


# 3. When does the quota come back?


def quota_return(response: httpx.Response) -> float | None:
    """The seconds until no quota is in the way; None if none is."""
    waits = [quota.seconds for quota in quotas_in_the_way(response)]
    return max(waits, default=None)


def quotas_in_the_way(response: httpx.Response) -> list[QuotaState]:
    """The quotas that may be why the API refuses.

    A 403 that means *forbidden* looks like a refusal if it was the last request that a
    quota allowed.  The pause that is then read costs time, and no answer.
    """
    quotas = quota_states_in(response.headers)
    used_up = [quota for quota in quotas if quota.remaining == 0]
    if used_up:
        return used_up
    # The API may say when there is more, and not how much is left.
    unknown = [quota for quota in quotas if quota.remaining is None]
    if unknown and response.status_code in (403, *OVERLOADED):
        return unknown
    # Something is left of each, but there may be too few tokens for this request.
    if response.status_code == 429:
        return [quota for quota in quotas if quota.counts_tokens]
    return []


def secondary_limit_pause(response: httpx.Response) -> float | None:
    """The minute that GitHub asks for if it names one of its secondary limits."""
    if response.status_code not in FOR_EVERY_REQUEST:
        return None
    reason = reason_in(response).lower()
    is_secondary = any(words in reason for words in SECONDARY_LIMIT)
    return SECONDARY_PAUSE if is_secondary else None

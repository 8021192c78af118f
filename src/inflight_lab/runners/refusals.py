"""Refusals: how long to wait after an answer, and whether waiting helps at all.

An API that refuses a request often says when it will accept one, or that it never will.
Most of them send ``Retry-After``.  These do not, or say more:

    API              status    what it sends
    OpenAI, Azure    429       retry-after-ms: 20000
    Google's Gemini  429       {"error": {"details": [{"retryDelay": "34s", ...}]}}
    GitHub           403, 429  x-ratelimit-remaining: 0, x-ratelimit-reset: 1795761000
    GitHub           403, 429  {"message": "You have exceeded a secondary rate limit."}
    X                429       x-rate-limit-reset or x-app-limit-24hour-reset
    Google           403       {"error": {"errors": [{"reason": "rateLimitExceeded"}]}}
    OpenAI           429       {"error": {"code": "insufficient_quota", ...}}
    OpenAI, Azure    any       x-should-retry: false

`read_refusal` answers three questions:

1. *Does waiting help?*  Not if the money is spent, and not if the API says outright
   that you should not try again.
2. *How long does it ask to wait?*  The first of these decides: ``retry-after-ms``,
   which is ``Retry-After`` with more digits, then ``Retry-After``, then the body, then
   the moment at which the last used up quota comes back.  GitHub's secondary limit may
   name no time; its documentation asks for a minute.  What makes no sense, such as
   ``Retry-After: -5``, counts as not sent.
3. *Whom does it concern?*  A rate limit concerns every request.  A 402 concerns one:
   Stripe sends it for one declined card, and OpenRouter for one request that costs more
   than you have left.  It concerns all only if the body says that the account is empty.

Sources: RFC 9110, section 10.2.3; "Rate limits for the REST API" at docs.github.com;
"Rate limits" and "Error codes" at developers.openai.com, and openai-python for
``retry-after-ms`` and ``x-should-retry``; ``RetryInfo`` in google.rpc, ``ErrorReason``
in google.api, and "Resolve errors" in the guides of Google's Drive and Calendar APIs;
"Errors" at platform.claude.com; "Rate limits" at docs.x.com; "Errors" at
openrouter.ai/docs and docs.stripe.com.
"""

import contextlib
import json
import re
import time
from calendar import timegm
from dataclasses import dataclass
from email.utils import parsedate
from typing import Any

OVERLOADED = (429, 503, 529)  # too many requests, unavailable, overloaded (Anthropic)
MAY_CHANGE = (402, 403, 408, 409, 413, 425, 429)  # and every server error
SPENT = (
    "insufficient_quota",  # OpenAI
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
)
IS_EMPTY = re.compile("insufficient (credits|balance)|depleted|used up", re.IGNORECASE)
IS_LIMIT = re.compile("rate ?limit", re.IGNORECASE)  # userRateLimitExceeded, too
IS_SECONDARY = re.compile("secondary rate limit", re.IGNORECASE)
SECONDARY_PAUSE = 60.0  # seconds
RESET = re.compile("(x-)?rate-?limit-reset|x-(app|user)-limit-24hour-reset")
REASONS = ("message", "detail", "description", "error_description", "title")
CODES = ("error", "code", "reason", "type")  # for programs
FIRST_UNIX_TIME = 1e9  # a smaller number is a pause


@dataclass(frozen=True)
class Refusal:
    """What an answer says about sending more requests."""

    pause: float | None  # seconds until one may be accepted; None if it does not say
    is_permanent: bool = False  # no wait will help
    reason: str = ""  # the API's own words, if it has any
    concerns_all: bool = True  # others would be refused as well


def read_refusal(response: Any) -> Refusal | None:
    """What a refusal says; None if the answer is not one.

    >>> read_refusal(httpx.Response(429, headers={"Retry-After": "20"})).pause
    20.0

    ``response`` is httpx's, httpx2's or requests'.  Its body counts only if it has been
    read.  An accepted request is no refusal, even if its headers say that no other is
    left.
    """
    status = response.status_code
    if status < 400:
        return None
    reason = reason_in(response)
    should_retry = response.headers.get("x-should-retry")
    if is_spent(response) and should_retry != "true":
        return Refusal(None, is_permanent=True, reason=reason)
    if status not in MAY_CHANGE and status < 500:
        return None
    pause = pause_in(response)
    if should_retry == "false":
        for_all = status in (403, 429)
        return Refusal(None, is_permanent=True, reason=reason, concerns_all=for_all)
    if status == 402:
        is_final = pause is None
        return Refusal(pause, is_final, reason=reason, concerns_all=False)
    if pause is None and should_retry != "true" and not is_limit(response):
        return None
    return Refusal(pause, reason=reason)


# 1. Does waiting help?


def is_spent(response: Any) -> bool:
    """Whether the money is spent, or the account is closed."""
    if response.status_code == 402 and IS_EMPTY.search(reason_in(response)):
        return True
    return any(text in SPENT for _, text in texts_in(response))


def is_limit(response: Any) -> bool:
    """Whether a limit is the cause; a 403 has to say so."""
    if response.status_code != 403:
        return response.status_code in OVERLOADED
    if response.headers.get("x-ratelimit-remaining") == "0":
        return True
    return any(IS_LIMIT.search(text) for _, text in texts_in(response))


# 2. How long does the API ask to wait?


def pause_in(response: Any) -> float | None:
    """The seconds to wait, from the first source that names them."""
    headers = response.headers
    texts = dict(texts_in(response))
    now = moment_in(headers.get("date", ""))
    if now is None:  # the API's clock is better: it may differ from ours
        now = time.time()
    milliseconds = seconds_in(headers.get("retry-after-ms"), now)
    if milliseconds is not None:
        return milliseconds / 1000
    for written in (headers.get("retry-after"), texts.get("retryDelay")):
        seconds = seconds_in(written, now)
        if seconds is not None:
            return seconds
    if not is_limit(response):
        return None
    seconds = quota_return(headers, now)
    if seconds is None and IS_SECONDARY.search(reason_in(response)):
        return SECONDARY_PAUSE
    return seconds


def quota_return(headers: Any, now: float) -> float | None:
    """The seconds until the last quota that is used up comes back; None if none is."""
    waits = []
    for name, written in headers.items():
        name = name.lower()
        if not RESET.fullmatch(name):
            continue
        seconds = seconds_in(written, now)
        remaining = headers.get(name.replace("reset", "remaining"), "0")
        if seconds is not None and remaining == "0":
            waits.append(seconds)
    return max(waits, default=None)


def seconds_in(written: str | None, now: float) -> float | None:
    """The seconds until a time; None if it is no pause, Unix time or date."""
    written = written or ""
    if not re.fullmatch(r"\d{1,15}(\.\d{1,20})?s?", written, re.ASCII):
        moment = moment_in(written)
        return None if moment is None else max(0.0, moment - now)
    number = float(written.removesuffix("s"))
    if number < FIRST_UNIX_TIME:
        return number
    return max(0.0, number - now)


def moment_in(date: str) -> float | None:
    """The Unix time of a date such as Fri, 27 Nov 2026 06:30:00 GMT; else None."""
    with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
        parts = parsedate(date)
        if parts is not None:
            return timegm(parts)  # without a look at the zone: HTTP's dates are in GMT
    return None


# What the body says


def reason_in(response: Any) -> str:
    """The API's own words, in one line of at most 200 characters; "" if none."""
    texts = dict(texts_in(response))
    for name in REASONS + CODES:
        words = texts.get(name)
        if words:
            return " ".join(words.split())[:200]
    return ""


def texts_in(response: Any) -> list[tuple[str, str]]:
    """The texts in a JSON body, with their names: those of outer objects come last.

    A body that has not been read yet stays unread: it may have no end.
    """
    fields: list[tuple[str, Any]] = []
    with contextlib.suppress(ValueError, RuntimeError):
        json.loads(response.content, object_pairs_hook=fields.extend)
    return [(name, text) for name, text in fields if isinstance(text, str)]

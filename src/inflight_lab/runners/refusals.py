"""Refusals: how long to wait after an answer, and whether waiting helps at all.

An API that refuses a request often says when it will accept one, or that it never will.
Most of them send ``Retry-After``.  These do not, or say more:

    API              status    what it sends
    OpenAI, Azure    429       retry-after-ms: 20000
    Google's Gemini  429       {"error": {"details": [{"retryDelay": "34s", ...}]}}
    GitHub           403, 429  x-ratelimit-remaining: 0, x-ratelimit-reset: 1795761000
    GitHub           403, 429  {"message": "You have exceeded a secondary rate limit."}
    X                429       x-rate-limit-reset: 1795761000
    Hugging Face     429       RateLimit: "api";r=0;t=87
    Google           403       {"error": {"errors": [{"reason": "rateLimitExceeded"}]}}
    OpenAI           429       {"error": {"code": "insufficient_quota", ...}}
    OpenAI, Azure    403, 429  x-should-retry: false

`read_refusal` answers two questions:

1. *Does waiting help?*  Not if the money is spent, and not if the API says outright
   that you should not try again.
2. *How long does it ask to wait?*  ``Retry-After`` says so (also in milliseconds), or
   the body does; of several times the longest.  Only without these, the moment decides
   at which a quota comes back that is used up.  GitHub's secondary limit may name no
   time; its documentation asks for a minute.  What makes no sense, such as
   ``Retry-After: -5``, counts as not sent.

A 402 without a time is a refusal only if it says that the account is empty: Stripe
sends it for one declined card, OpenRouter for one request that costs more than you have
left.

Sources: RFC 9110, section 10.2.3; "Rate limits for the REST API" at docs.github.com;
"Rate limits" and "Error codes" at developers.openai.com, and openai-python for
``retry-after-ms`` and ``x-should-retry``; ``RetryInfo`` in google.rpc, ``ErrorReason``
in google.api, and "Resolve errors" in the guides of Google's Drive and Calendar APIs;
"Errors" at platform.claude.com, openrouter.ai/docs and docs.stripe.com; "Rate limits"
at docs.x.com and huggingface.co/docs/hub.
"""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

SAYS_RATE = re.compile("rate ?limit", re.IGNORECASE)
SAYS_SPENT = re.compile(  # the money, or the account is closed
    r"\b(insufficient_quota|\w+_(spend|usage|hard)_limit_\w+|consumer_suspended"
    r"|credit_balance_exhausted|access_terminated|billing_(disabled|not_active))\b",
    re.IGNORECASE,
)
SAYS_EMPTY = re.compile(  # the account
    "insufficient (credits|balance)|depleted|used up|billing_error", re.IGNORECASE
)
NUMBER = re.compile(r"\d{1,10}(\.\d+)?", re.ASCII)
IN_BODY = re.compile(r'"retryDelay": *"([\d.]+)s"')
USED_UP = re.compile(r"\br=0; *t=(\d+)")  # none remains; the next one in t seconds
MESSAGE = re.compile(r'"(?:message|detail|title|error)": *"((?:\\.|[^"\\])*)')


@dataclass(frozen=True)
class Refusal:
    """What an answer says about sending more requests."""

    pause: float  # seconds until one may be accepted; 0 if it does not say
    reason: str = ""  # the API's own words
    is_permanent: bool = False  # no wait will help


def read_refusal(response: Any) -> Refusal | None:
    """What a refusal says; None if the answer is not one.

    >>> read_refusal(httpx.Response(429, headers={"Retry-After": "20"})).pause
    20.0

    ``response`` is httpx's, httpx2's or requests', and its body has been read.  An
    accepted request is no refusal, even if its headers say that no other is left.
    """
    if is_permanent(response):
        return Refusal(0, reason_in(response), is_permanent=True)
    if is_temporary(response):
        return Refusal(pause_in(response), reason_in(response))
    return None


def is_permanent(response: Any) -> bool:
    """Whether no wait helps: the key is wrong, or the money is spent."""
    status: int = response.status_code
    if status in (403, 429):
        is_said = response.headers.get("x-should-retry") == "false"
        return is_said or bool(SAYS_SPENT.search(response.text))
    if status == 402:
        return bool(SAYS_EMPTY.search(response.text))
    return status == 401


def is_temporary(response: Any) -> bool:
    """Whether the API refuses now, and will accept such requests later."""
    status = response.status_code
    headers = response.headers
    is_used_up = headers.get("x-ratelimit-remaining") == "0"
    if status == 403 and (is_used_up or SAYS_RATE.search(response.text)):
        return True
    has_a_time = status >= 400 and "retry-after" in headers
    return has_a_time or status in (429, 503, 529)


def pause_in(response: Any) -> float:
    """The seconds that it asks to wait, else until a quota comes back; 0 if neither."""
    headers = response.headers
    now = unix_time(headers.get("date", ""), default=time.time())  # the API's clock
    asked = [headers.get("retry-after", ""), *IN_BODY.findall(response.text)]
    pauses = [seconds_until(written, now) for written in asked]
    pauses.append(seconds_until(headers.get("retry-after-ms", ""), now) / 1000)
    resets = [seconds_until(written, now) for written in resets_in(response)]
    return max(pauses) or max(resets, default=0.0)


def resets_in(response: Any) -> list[str]:
    """When each quota that is used up comes back, as it is written."""
    headers = response.headers
    resets: list[str] = USED_UP.findall(headers.get("ratelimit", ""))
    for name in ("x-ratelimit", "x-rate-limit"):
        if headers.get(f"{name}-remaining", "0") == "0":
            resets.append(headers.get(f"{name}-reset", ""))
    if "secondary rate limit" in response.text:
        resets.append("60")  # GitHub's documentation says so
    return resets


def seconds_until(written: str, now: float) -> float:
    """The seconds in "20", or until a Unix time or a date; 0 if it is none of these."""
    if not NUMBER.fullmatch(written):
        return max(0.0, unix_time(written, default=now) - now)
    number = float(written)
    is_unix_time = number >= 1e9
    return max(0.0, number - now) if is_unix_time else number


def unix_time(date: str, *, default: float) -> float:
    """The Unix time of a date, such as "Wed, 21 Oct 2015 07:28:00 GMT"."""
    with suppress(Exception):  # of several kinds, where it is no date
        return parsedate_to_datetime(date).timestamp()
    return default


def reason_in(response: Any) -> str:
    """The API's own words, in one line of at most 200 characters."""
    words = MESSAGE.search(response.text)
    text = words[1] if words else response.text.partition("<")[0]  # no HTML
    if "location" in response.headers:  # of a redirect
        text = f"leads to {response.headers['location']}"
    return " ".join(text.split())[:200]

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
2. *How long does it ask to wait?*  The longest of these times decides: ``Retry-After``
   (also in milliseconds), the body's, and the moment at which a quota comes back that
   is used up.  GitHub's secondary limit may name no time; its documentation asks for a
   minute.  What makes no sense, such as ``Retry-After: -5``, counts as not sent.

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

# What begins with a status is searched in status and body together.
IS_LIMIT = re.compile("429|503|529|403.*rate ?limit", re.IGNORECASE | re.DOTALL)
IS_FINAL = re.compile(  # the key is wrong, the money spent, or the account closed
    r"401|(403|429).*\b(insufficient_quota|\w+_(spend|usage|hard)_limit_\w+"
    r"|credit_balance_exhausted|access_terminated|billing_(disabled|not_active)"
    r"|consumer_suspended)\b"
    r"|402.*(insufficient (credits|balance)|depleted|used up|billing_error)",
    re.IGNORECASE | re.DOTALL,
)
NUMBER = re.compile(r"\d{1,10}(\.\d+)?(e-3)?", re.ASCII)
DELAY = re.compile(r'"retryDelay": *"([\d.]+)s"')
USED_UP = re.compile(r";\s*r=0\s*;\s*t=(\d+)")
WORDS = re.compile(r'"(?:message|detail|title|error)": *"((?:\\.|[^"\\])*)')


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
    status = response.status_code
    headers = response.headers
    said = f"{status} {response.text}"
    is_never = status in (403, 429) and headers.get("x-should-retry") == "false"
    if is_never or IS_FINAL.match(said):
        return Refusal(0, reason_in(response), is_permanent=True)
    has_none_left = status == 403 and headers.get("x-ratelimit-remaining") == "0"
    has_a_time = status >= 400 and "retry-after" in headers
    if has_none_left or has_a_time or IS_LIMIT.match(said):
        return Refusal(pause_in(response), reason_in(response))
    return None


def pause_in(response: Any) -> float:
    """The longest of the times that it names, in seconds; 0 if it names none."""
    date = response.headers.get("date", "")
    now = seconds_in(date, 0) or time.time()  # by the API's clock
    return max(seconds_in(written, now) for written in times_in(response))


def times_in(response: Any) -> list[str]:
    """What may say when to come back."""
    headers = response.headers
    times = [headers.get("retry-after", "")]
    times.append(headers.get("retry-after-ms", "") + "e-3")  # milliseconds
    times += DELAY.findall(response.text)
    times += USED_UP.findall(headers.get("ratelimit", ""))
    for quota in ("x-ratelimit", "x-rate-limit"):
        if headers.get(f"{quota}-remaining", "0") == "0":
            times.append(headers.get(f"{quota}-reset", ""))
    if "secondary rate limit" in response.text and "retry-after" not in headers:
        times.append("60")  # GitHub's documentation says so
    return times


def seconds_in(written: str, now: float) -> float:
    """The seconds until a time; 0 if it is no number, Unix time or date."""
    seconds = 0.0
    if NUMBER.fullmatch(written):
        seconds = float(written)
    else:
        with suppress(Exception):  # of many kinds, where it is no date
            seconds = parsedate_to_datetime(written).timestamp()
    return seconds if seconds < 1e9 else max(0.0, seconds - now)


def reason_in(response: Any) -> str:
    """The API's own words, in one line of at most 200 characters."""
    words = WORDS.search(response.text)
    text = words[1] if words else response.text.partition("<")[0]  # no HTML
    return " ".join(text.split())[:200]

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
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

MAY_CHANGE = re.compile("402|403|408|409|413|418|425|429|5..")
IS_LIMIT = re.compile("429|503|529|403.*rate ?limit", re.IGNORECASE)
IS_SPENT = re.compile(  # the money, or the account is closed
    r"[45].*\b(insufficient_quota|\w+_(spend|usage|hard)_limit_\w+|access_terminated"
    r"|credit_balance_exhausted|billing_\w+|consumer_suspended)\b"
    r"|402.*(insufficient (credits|balance)|depleted|used up)",
    re.IGNORECASE,
)
USED_UP = re.compile(r";\s*r=0\s*;\s*t=(\d{1,9})\b")
RESET = re.compile("(x-)?rate-?limit-reset|x-(app|user)-limit-24hour-reset")
REASONS = ("message", "detail", "error_description", "title", "error", "code", "type")


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
    headers = {name.lower(): text for name, text in response.headers.items()}
    texts = texts_in(response)
    reason = reason_in(response)
    said = " ".join([str(status), *texts.values()])  # for the patterns above
    if IS_SPENT.match(said):
        return Refusal(None, True, reason)
    if not MAY_CHANGE.match(said):
        return None
    if headers.get("x-should-retry") == "false":
        return Refusal(None, True, reason, concerns_all=status in (403, 429))
    has_none_left = status == 403 and headers.get("x-ratelimit-remaining") == "0"
    is_limit = has_none_left or bool(IS_LIMIT.match(said))
    pause = pause_in(headers, texts, is_limit=is_limit)
    if status == 402:
        return Refusal(pause, pause is None, reason, concerns_all=False)
    if is_limit or pause is not None:
        return Refusal(pause, reason=reason)
    return None


def pause_in(headers: Any, texts: Any, *, is_limit: bool) -> float | None:
    """The seconds to wait, from the first source that names them."""
    now = seconds_in(headers.get("date", ""), 0) or time.time()  # by the API's clock
    milliseconds = seconds_in(headers.get("retry-after-ms", ""), now)
    if milliseconds is not None:
        return milliseconds / 1000
    for written in (headers.get("retry-after", ""), texts.get("retryDelay", "")):
        seconds = seconds_in(written, now)
        if seconds is not None:
            return seconds
    if not is_limit:
        return None
    pause = max(map(float, USED_UP.findall(headers.get("ratelimit", ""))), default=0.0)
    for name in filter(RESET.fullmatch, headers):
        remaining = headers.get(name.replace("reset", "remaining"), "0")
        if remaining == "0":
            pause = max(pause, seconds_in(headers[name], now) or 0.0)
    if not pause and "secondary rate limit" in texts.get("message", ""):
        return 60.0  # GitHub's documentation says so
    return pause or None


def seconds_in(written: str, now: float) -> float | None:
    """The seconds until a time; None if it is no pause, Unix time or date."""
    if re.fullmatch(r"\d{1,15}(\.\d{1,20})?s?", written, re.ASCII):
        number = float(written.removesuffix("s"))
        return number if number < 1e9 else max(0.0, number - now)
    with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
        moment = parsedate_to_datetime(written).replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now)
    return None


def reason_in(response: Any) -> str:
    """The API's own words, in one line of at most 200 characters; "" if none."""
    texts = texts_in(response)
    reasons = [texts[name] for name in REASONS if texts.get(name)]
    return " ".join(reasons[0].split())[:200] if reasons else ""


def texts_in(response: Any) -> dict[str, str]:
    """The texts in a JSON body by their names; those of outer objects count.

    A body that has not been read yet stays unread: it may have no end.
    """
    fields: list[tuple[str, Any]] = []
    with contextlib.suppress(ValueError, RuntimeError):
        json.loads(response.content, object_pairs_hook=fields.extend)
    return {name: text for name, text in fields if isinstance(text, str)}

"""Refusals: how long to wait after an answer, and whether waiting helps at all.

An API that refuses a request often says when it will accept one, or that it never will.
Most of them send ``Retry-After``.  These do not, or say more:

    API              status    what it sends
    OpenAI, Azure    429       retry-after-ms: 20000
    Google's Gemini  429       {"error": {"details": [{"retryDelay": "34s", ...}]}}
    GitHub           403, 429  x-ratelimit-remaining: 0, x-ratelimit-reset: 1795761000
    Google           403       {"error": {"errors": [{"reason": "rateLimitExceeded"}]}}
    OpenAI           429       {"error": {"code": "insufficient_quota", ...}}

`read_refusal` answers two questions:

1. *Does waiting help?*  Not if the money is spent, and not with a wrong key.
2. *How long does it ask to wait?*  ``Retry-After`` says so (also in milliseconds), or
   the body does.  Only without these, the moment decides at which a quota comes back
   that is used up.  What makes no sense, such as ``Retry-After: -5``, counts as not
   sent.

What is not read costs time, and no answer: X and Hugging Face name the moment in fields
of their own, and GitHub's secondary limit may name none.  Then you wait longer after
each refusal.  A 402 is a refusal only if it has a time or a code for a bill that is not
paid: Stripe sends it for one declined card, OpenRouter for one request that costs more
than you have left.

Sources: RFC 9110, section 10.2.3; "Rate limits for the REST API" at docs.github.com;
"Rate limits" and "Error codes" at developers.openai.com, and openai-python for
``retry-after-ms``; ``RetryInfo`` in google.rpc, ``ErrorReason``
in google.api, and "Resolve errors" in the guides of Google's Drive and Calendar APIs;
"Errors" at platform.claude.com, openrouter.ai/docs and docs.stripe.com.
"""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

SAYS_RATE = re.compile("(?i)(rate|request).?limit|quota(?!t)")  # no quotation
SAYS_SPENT = re.compile(  # the money
    "(?i)insufficient_quota|spend_limit_|_(usage|hard)_limit_|billing_(error|disabled)"
)
IN_BODY = re.compile(r'"retryDelay": *"([\d.]+)s"')
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


def is_answer(response: Any) -> bool:
    """Whether it is what was asked for, or says that there is no such thing."""
    return 200 <= response.status_code < 300 or response.status_code in (404, 410)


def is_permanent(response: Any) -> bool:
    """Whether no wait helps: the key is wrong, or the money is spent."""
    status = response.status_code
    is_spent = status in (402, 403, 429) and SAYS_SPENT.search(response.text)
    return status == 401 or bool(is_spent)


def is_temporary(response: Any) -> bool:
    """Whether the API refuses now, and will accept such requests later."""
    status = response.status_code
    is_used_up = response.headers.get("x-ratelimit-remaining") == "0"
    says_so = status == 403 and (is_used_up or SAYS_RATE.search(response.text))
    has_a_time = status >= 400 and "retry-after" in response.headers
    return has_a_time or status in (429, 503, 529) or bool(says_so)


def pause_in(response: Any) -> float:
    """The seconds that it asks to wait, else until its quota comes back, else 0."""
    headers = response.headers
    now = number_in(headers.get("date", "")) or time.time()  # by the API's own clock
    seconds = number_in(headers.get("retry-after-ms", "")) / 1000
    written = [headers.get("retry-after", ""), *IN_BODY.findall(response.text)]
    if headers.get("x-ratelimit-remaining", "0") == "0":
        written.append(headers.get("x-ratelimit-reset", ""))
    pauses = [n - now if n > 1e9 else n for n in (seconds, *map(number_in, written))]
    return next((pause for pause in pauses if pause > 0), 0.0)


def number_in(written: str) -> float:
    """The number in "20", or the Unix time of a date; 0 if it is neither."""
    if re.fullmatch(r"[0-9]{1,10}(\.[0-9]+)?", written):
        return float(written)
    with suppress(Exception):  # of several kinds, if it is no date
        return parsedate_to_datetime(written).timestamp()
    return 0.0


def reason_in(response: Any) -> str:
    """The API's own words, in one line of at most 200 characters."""
    words = MESSAGE.search(response.text)
    text = words[1] if words else response.text.partition("<")[0]  # no HTML
    if "location" in response.headers:  # of a redirect
        text = f"leads to {response.headers['location']}"
    return " ".join(text.split())[:200]

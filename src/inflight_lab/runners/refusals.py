"""Refusals: what to do after a response.

An API that refuses a request often says when it will accept one, or that it never will.
Most of them send ``Retry-After``.  These do not, or say more:

    API              status    what it sends
    OpenAI, Azure    429       retry-after-ms: 20000
    Google's Gemini  429       {"error": {"details": [{"retryDelay": "34s", ...}]}}
    GitHub           403, 429  x-ratelimit-remaining: 0, x-ratelimit-reset: 1795761000
    Google           403       {"error": {"errors": [{"reason": "rateLimitExceeded"}]}}
    OpenAI           429       {"error": {"code": "insufficient_quota", ...}}

`verdict_on` says what to do next.  `pause_in` says for how long: ``Retry-After`` does
(also in milliseconds), or the body.  Only without these, the moment decides at which a
quota comes back that is used up.  What makes no sense, such as ``Retry-After: -5``,
counts as not sent.  `read_refusal` is both for code of your own.

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
from typing import Any, Literal

Verdict = Literal["answer", "end all", "pause all", "try again", "give up"]
SPENT = re.compile(
    "(?i)insufficient_quota|spend_limit_|_(usage|hard)_limit_|billing_(error|disabled)"
)
LIMITED = re.compile(
    r"(?i)(\b|_|user)(rate|request).?limit|quota.{0,4}exceeded|exceeded.{1,20}quota"
)
RETRY_DELAY = re.compile(r'"retryDelay": *"([\d.]+)s"')  # in the body, as of Gemini
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
    accepted request is no refusal, even if its headers say that no other is left.  An
    overload (503, 529) is one, also where it may concern this request alone.
    """
    verdict = verdict_on(response)
    if verdict == "end all" or response.status_code == 401:  # the key is wrong
        return Refusal(0, reason_in(response), is_permanent=True)
    if verdict == "pause all" or response.status_code in (503, 529):
        return Refusal(pause_in(response), reason_in(response))
    return None


def verdict_on(response: Any) -> Verdict:
    """What to do after a response: the first line that fits it says so."""
    status = response.status_code
    if status == 202 and "retry-after" in response.headers:  # not ready yet
        return "try again"
    if 200 <= status < 300 or status in (404, 410):  # no such item: an answer, too
        return "answer"
    if status in (402, 403, 429) and SPENT.search(response.text):  # no money is left
        return "end all"
    if status == 429 or pause_in(response) > 0:  # too many requests, or not now
        return "pause all"
    if status == 403 and LIMITED.search(response.text):  # a 429 by another number
        return "pause all"
    if status >= 500 or status in (408, 409):  # it may concern this request alone
        return "try again"
    return "give up"  # the request is wrong, forbidden, moved, or has a wrong key


def pause_in(response: Any) -> float:
    """For how many seconds the API asks to wait; 0 if it does not say."""
    headers = response.headers
    hints = [
        number_in(headers.get("retry-after-ms", "")) / 1000,
        number_in(headers.get("retry-after", "")),
        *map(number_in, RETRY_DELAY.findall(response.text)),
    ]
    is_used_up = headers.get("x-ratelimit-remaining") == "0"
    if is_used_up and response.status_code in (403, 429):  # else it failed otherwise
        hints.append(number_in(headers.get("x-ratelimit-reset", "")))
    now = number_in(headers.get("date", "")) or time.time()  # by the API's own clock
    for hint in hints:
        pause = hint - now if hint > 1e9 else hint  # a Unix time, or seconds
        if pause > 0:
            return pause
    return 0.0


def number_in(text: str) -> float:
    """The number in "20", or the Unix time of a date; 0 if it is neither."""
    if re.fullmatch(r"[0-9]{1,10}(\.[0-9]+)?", text):
        return float(text)
    with suppress(Exception):  # of several kinds, if it is no date
        return parsedate_to_datetime(text).timestamp()
    return 0.0


def reason_in(response: Any) -> str:
    """The API's own words on a failure, in one line of at most 200 characters."""
    if response.status_code < 300:
        return ""
    if "location" in response.headers:
        return f"leads to {response.headers['location']:.190}"
    words = MESSAGE.search(response.text)
    text = words[1] if words else re.sub("<[^<>]*>", " ", response.text)  # no tags
    return " ".join(text.split())[:200]

"""Recorded answers of APIs, and what is to be read in them."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any, NamedTuple

from tests.support.virtual_clock import TODAY

IN_20_SECONDS = str(int(TODAY) + 20)
TOMORROW = str(int(TODAY) + 80_000)
DATE = formatdate(TODAY + 20, usegmt=True)
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait."}
GONE = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_20_SECONDS}
AHEAD = GONE | {"x-ratelimit-reset": str(int(TODAY) + 3620)}
AHEAD["date"] = formatdate(TODAY + 3600, usegmt=True)
GEMINI = {"details": [{"@type": "Help"}, {"@type": "RetryInfo", "retryDelay": "34s"}]}
CALENDAR = {"code": 403, "errors": [{"domain": "u", "reason": "rateLimitExceeded"}]}
CARD = {"code": "card_declined", "payment_method": {"billing_details": {}}}
HEAVY = "This request requires more credits, or fewer max_tokens."


class Row(NamedTuple):
    """A recorded answer: who sends it, and what `read_refusal` is to find."""

    api: str
    status: int
    headers: dict[str, str]
    body: Any
    reads: str
    """``wait 20`` (s), ``wait``, ``stop``, or ``no refusal``."""


ROWS = [
    Row("any, seconds", 429, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, with decimals", 429, {"Retry-After": "1.5"}, {}, "wait 1.5"),
    Row("any, a date", 429, {"Retry-After": DATE}, {}, "wait 20"),
    Row("any, past date", 429, {"Retry-After": formatdate(0)}, {}, "wait"),
    Row("any, a Unix time", 429, {"Retry-After": IN_20_SECONDS}, {}, "wait 20"),
    Row("any, no hint", 429, {}, {}, "wait"),
    Row("any, nonsense", 429, {"Retry-After": "soon"}, {}, "wait"),
    Row("any, negative", 429, {"Retry-After": "-5"}, {}, "wait"),
    Row("any, 31 years", 429, {"Retry-After": "9" * 400}, {}, "wait"),
    Row("any, a reset", 429, GONE | {"x-ratelimit-reset": "20"}, {}, "wait 20"),
    Row("any, unavailable", 503, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, a bad gateway", 502, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, in conflict", 409, {"Retry-After": "20"}, {}, "wait 20"),
    Row("any, in words", 403, {}, {"message": "Rate limit exceeded"}, "wait"),
    Row("any, forbidden", 403, {}, {"message": "Forbidden"}, "no refusal"),
    Row("any, a private one", 403, {}, {"message": "Not your quotation"}, "no refusal"),
    Row("any, no room", 403, {}, {"message": "Over its storage quota"}, "no refusal"),
    Row("any, a wrong key", 401, {}, {"message": "Bad credentials"}, "stop"),
    Row("any, an error", 500, {}, {}, "no refusal"),
    Row("any, accepted", 200, {"Retry-After": "20"}, {}, "no refusal"),
    Row("the last one", 200, GONE, {}, "no refusal"),
    Row("GitHub", 403, GONE, {"message": "API rate limit exceeded"}, "wait 20"),
    Row("GitHub, its clock 1 h ahead", 403, AHEAD, {}, "wait 20"),
    Row("GitHub, no words", 403, GONE, {}, "wait 20"),
    Row("GitHub, as 429", 429, GONE, {}, "wait 20"),
    Row("GitHub, not found", 404, GONE, {"message": "Not Found"}, "no refusal"),
    Row("GitHub, secondary", 403, {"x-ratelimit-remaining": "9"}, SECONDARY, "wait"),
    Row("GitHub, invalid, the last one", 422, GONE, None, "no refusal"),
    Row("any, of a firm", 403, {}, {"detail": "of Corporate Limited"}, "no refusal"),
    Row("GitHub, with a time", 403, {"Retry-After": "20"}, SECONDARY, "wait 20"),
    Row(
        "GitHub, forbidden",
        403,
        GONE | {"x-ratelimit-remaining": "9"},
        {},
        "no refusal",
    ),
    Row("Hugging Face", 429, {"RateLimit": '"api";r=0;t=87'}, {}, "wait"),
    Row("Binance, banned", 418, {"Retry-After": "120"}, {}, "wait 120"),
    Row("X, 15 minutes", 429, {"x-rate-limit-reset": IN_20_SECONDS}, {}, "wait"),
    Row(
        "Azure", 429, {"retry-after-ms": "19500", "Retry-After": "20"}, {}, "wait 19.5"
    ),
    Row("Azure, alone", 429, {"retry-after-ms": "1500"}, {}, "wait 1.5"),
    Row("Gemini", 429, {}, {"error": GEMINI}, "wait 34"),
    Row("Gemini, a stream", 429, {}, [{"error": GEMINI}], "wait 34"),
    Row("Gemini, paid up", 402, {}, {"error": {"message": "Depleted."}}, "no refusal"),
    Row("Google Calendar", 403, {}, {"error": CALENDAR}, "wait"),
    Row(
        "Google, no bill",
        403,
        {},
        {"details": [{"reason": "BILLING_DISABLED"}]},
        "stop",
    ),
    Row("Anthropic, busy", 529, {}, {"error": {"type": "overloaded_error"}}, "wait"),
    Row("Anthropic, no money", 402, {}, {"error": {"type": "billing_error"}}, "stop"),
    Row("OpenAI, no money", 429, {}, {"error": {"code": "insufficient_quota"}}, "stop"),
    Row(
        "OpenAI, no money, and a time",
        429,
        {"Retry-After": "20"},
        {"error": {"type": "requests", "code": "project_spend_limit_exceeded"}},
        "stop",
    ),
    Row("any, spent", 429, {}, {"error": {"code": "spend_limit_reached"}}, "stop"),
    Row("Scaleway, busy", 429, {}, {"error": "INSUFFICIENT QUOTA"}, "wait"),
    Row("Stripe, one card", 402, {}, {"error": CARD}, "no refusal"),
    Row("OpenRouter, heavy", 402, {}, {"error": {"message": HEAVY}}, "no refusal"),
    Row("OpenRouter, 3 s", 402, {"Retry-After": "3"}, {}, "wait 3"),
    Row(
        "OpenRouter, empty", 402, {}, {"message": "Insufficient credits."}, "no refusal"
    ),
    Row("DeepSeek, empty", 402, {}, {"message": "Insufficient Balance"}, "no refusal"),
    # What no vocabulary can list is a refusal like any other, or none.
    Row("xAI, used up", 429, {}, {"error": "reached its monthly limit"}, "wait"),
    Row("Cohere, used up", 429, {}, {"message": "1000 API calls / month"}, "wait"),
    Row("YouTube", 403, {}, {"errors": [{"reason": "quotaExceeded"}]}, "wait"),
    Row("Salesforce", 403, {}, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}], "wait"),
]

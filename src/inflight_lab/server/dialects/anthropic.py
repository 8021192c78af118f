"""The dialect of Anthropic's API."""

import uuid
from typing import Any

from inflight_lab.quotas.fields import in_digits
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Answer, Dialect
from inflight_lab.server.dialects.times import rfc3339, whole_seconds


class Anthropic(Dialect):
    """Headers with times of day, 529 for overload, and a 429 that no wait helps.

    Sources: platform.claude.com, "Rate limits" and "Errors".

    - Each ``anthropic-ratelimit-*-reset`` is the time at which the whole quota is there
      again, in RFC 3339's form.  (The real API rounds the tokens that remain to
      thousands.)
    - Tokens count as they are used.
    - Over a rate limit: 429 with ``retry-after``.  Over the monthly spend cap: 429 of
      the same type without it, and ``enforced_spend_limit_reached`` in its details.
    - Overloaded: 529, often with no hint at all.
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        headers = {}
        for name, standing in verdict.standings.items():
            prefix = f"anthropic-ratelimit-{name}"
            headers[f"{prefix}-limit"] = str(standing.limit)
            headers[f"{prefix}-remaining"] = str(standing.remaining)
            headers[f"{prefix}-reset"] = rfc3339(standing.all_in)
        return headers

    def too_many(self, verdict: Verdict) -> Answer:
        exceeded = verdict.exceeded
        message = (
            "This request would exceed your organization's rate limit of "
            f"{exceeded.limit} {verdict.refused_by} per {in_digits(exceeded.period)} s."
        )
        pause = {"retry-after": str(whole_seconds(verdict.wait))}
        return _answer(429, "rate_limit_error", message, headers=pause)

    def too_large(self, verdict: Verdict) -> Answer:
        most = verdict.exceeded.limit
        message = f"prompt is too long: {verdict.cost} tokens > {most} maximum"
        return _answer(400, "invalid_request_error", message)

    def overloaded(self, most: int) -> Answer:
        return _answer(529, "overloaded_error", "Overloaded")

    def exhausted(self) -> Answer:
        message = (
            "You have reached your API usage limits: "
            "your organization has crossed its monthly API usage threshold."
        )
        details = {"error_code": "enforced_spend_limit_reached"}
        return _answer(429, "rate_limit_error", message, details=details)


def _answer(
    status: int,
    type: str,
    message: str,
    *,
    headers: dict[str, str] | None = None,
    details: dict[str, str] | None = None,
) -> Answer:
    error: dict[str, Any] = {"type": type, "message": message}
    if details:
        error["details"] = details
    request_id = f"req_{uuid.uuid4().hex}"
    body = {"type": "error", "error": error, "request_id": request_id}
    return Answer(status, body, (headers or {}) | {"request-id": request_id})

"""The dialect of Anthropic's API."""

import uuid
from typing import Any

from inflight_lab.quotas.fields import in_digits
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Dialect, RefusalContent
from inflight_lab.server.dialects.times import rfc3339, whole_seconds


class Anthropic(Dialect):
    """Headers with times of day, 529 for overload, and a 429 where no wait will help.

    Sources: platform.claude.com, "Rate limits" and "Errors".

    - Each ``anthropic-ratelimit-*-reset`` is the time at which the quota is full again,
      in RFC 3339's form.  (The real API rounds the tokens that remain to thousands.)
    - Tokens count as they are used.
    - Over a rate limit: 429 with ``retry-after``.  Over the monthly spend cap: 429 of
      the same type without it, and ``enforced_spend_limit_reached`` in its details.
    - Overloaded: 529, often with no hint at all.
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        headers = {}
        for name, quota in verdict.quotas.items():
            prefix = f"anthropic-ratelimit-{name}"
            headers[f"{prefix}-limit"] = str(quota.limit)
            headers[f"{prefix}-remaining"] = str(quota.remaining)
            headers[f"{prefix}-reset"] = rfc3339(quota.seconds_until_full)
        return headers

    def too_many(self, verdict: Verdict) -> RefusalContent:
        exceeded = verdict.exceeded
        message = (
            "This request would exceed your organization's rate limit of "
            f"{exceeded.limit} {verdict.refused_by} per {in_digits(exceeded.period)} s."
        )
        pause = {"retry-after": str(whole_seconds(verdict.wait))}
        return _refusal(429, "rate_limit_error", message, headers=pause)

    def too_large(self, verdict: Verdict) -> RefusalContent:
        most = verdict.exceeded.limit
        message = f"prompt is too long: {verdict.cost} tokens > {most} maximum"
        return _refusal(400, "invalid_request_error", message)

    def overloaded(self, most: int) -> RefusalContent:
        return _refusal(529, "overloaded_error", "Overloaded")

    def exhausted(self) -> RefusalContent:
        message = (
            "You have reached your API usage limits: "
            "your organization has crossed its monthly API usage threshold."
        )
        details = {"error_code": "enforced_spend_limit_reached"}
        return _refusal(429, "rate_limit_error", message, details=details)


def _refusal(
    status: int,
    type: str,
    message: str,
    *,
    headers: dict[str, str] | None = None,
    details: dict[str, str] | None = None,
) -> RefusalContent:
    error: dict[str, Any] = {"type": type, "message": message}
    if details:
        error["details"] = details
    request_id = f"req_{uuid.uuid4().hex}"
    body = {"type": "error", "error": error, "request_id": request_id}
    return RefusalContent(status, body, (headers or {}) | {"request-id": request_id})

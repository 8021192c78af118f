"""The dialect of Google's Gemini API."""

from typing import Any

from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Dialect, RefusalContent
from inflight_lab.server.dialects.times import whole_seconds

GOOGLE = "type.googleapis.com/google.rpc"


class Gemini(Dialect):
    """No headers: everything is in the body.

    Sources: ai.google.dev, "Rate limits" and "Troubleshooting"; Google's
    ``error_details.proto`` for QuotaFailure and RetryInfo; the announcement "Depleted
    prepay credits now return HTTP 402 instead of 429" on discuss.ai.google.dev.

    The pause is ``retryDelay``, a duration in seconds with the unit written out: "34s".
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        return {}

    def too_many(self, verdict: Verdict) -> RefusalContent:
        pause = f"{whole_seconds(verdict.wait)}s"
        violation = {
            "quotaMetric": f"generativelanguage.googleapis.com/{verdict.refused_by}",
            "quotaValue": str(verdict.exceeded.limit),
        }
        details: list[dict[str, Any]] = [
            {"@type": f"{GOOGLE}.QuotaFailure", "violations": [violation]},
            {"@type": f"{GOOGLE}.RetryInfo", "retryDelay": pause},
        ]
        message = f"You exceeded your current quota. Please retry in {pause}."
        return _refusal(429, "RESOURCE_EXHAUSTED", message, details=details)

    def too_large(self, verdict: Verdict) -> RefusalContent:
        message = (
            f"The token count ({verdict.cost}) exceeds "
            f"the maximum number of tokens allowed ({verdict.exceeded.limit})."
        )
        return _refusal(400, "INVALID_ARGUMENT", message)

    def overloaded(self, most: int) -> RefusalContent:
        message = "The model is overloaded. Please try again later."
        return _refusal(503, "UNAVAILABLE", message)

    def exhausted(self) -> RefusalContent:
        message = "Your prepayment credits are depleted."
        return _refusal(402, "RESOURCE_EXHAUSTED", message)


def _refusal(
    status: int,
    name: str,
    message: str,
    *,
    details: list[dict[str, Any]] | None = None,
) -> RefusalContent:
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    if details:
        error["details"] = details
    return RefusalContent(status, {"error": error})

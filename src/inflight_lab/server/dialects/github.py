"""The dialect of GitHub's REST API."""

from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Answer, Dialect
from inflight_lab.server.dialects.times import unix_time

DOCUMENTATION = (
    "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
)


class GitHub(Dialect):
    """A refusal is a 403, and no header says how many seconds to wait.

    Source: docs.github.com, "Rate limits for the REST API".

    - Over the primary limit the status is 403 or 429: here 403, which is easier to take
      for something else.  ``x-ratelimit-remaining`` is 0, and ``x-ratelimit-reset`` is
      the Unix time at which there is more.
    - Secondary limits, among others for requests in flight, are a 403 with
      ``retry-after``.
    - No limit of the REST API is for a plan.  But an account that has to pay first
      gets 402 when it starts a codespace, so that is what a used-up plan gets here.
    - GitHub counts no tokens.  A chat that never fits gets 413, as at GitHub Models.
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        requests = verdict.standings["requests"]
        return {
            "x-ratelimit-limit": str(requests.limit),
            "x-ratelimit-remaining": str(requests.remaining),
            "x-ratelimit-used": str(requests.used),
            "x-ratelimit-reset": str(unix_time(requests.all_in)),
            "x-ratelimit-resource": "core",
        }

    def too_many(self, verdict: Verdict) -> Answer:
        reset = {"x-ratelimit-remaining": "0"}
        reset["x-ratelimit-reset"] = str(unix_time(verdict.wait))
        return _answer(403, "API rate limit exceeded for user ID 1.", headers=reset)

    def too_large(self, verdict: Verdict) -> Answer:
        most = verdict.exceeded.limit
        return _answer(413, f"Request body too large. Max size: {most} tokens.")

    def overloaded(self, most: int) -> Answer:
        reason = "You have exceeded a secondary rate limit. Please wait a few minutes."
        return _answer(403, reason, headers={"retry-after": "60"})

    def exhausted(self) -> Answer:
        return _answer(402, "Payment required")


def _answer(
    status: int, message: str, *, headers: dict[str, str] | None = None
) -> Answer:
    body = {
        "message": message,
        "documentation_url": DOCUMENTATION,
        "status": str(status),
    }
    return Answer(status, body, headers or {})

"""The dialect of GitHub's REST API."""

from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Dialect, RefusalContent
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
    - There are secondary limits as well, among others for requests in flight.  Such a
      refusal may have ``retry-after``.  Here it has not, which is the hard case: only
      the message says that it is a limit, and a client has to know that GitHub then
      wants it to wait for at least a minute.
    - The REST API has no limit that only a payment lifts.  But an account that has to
      pay first gets 402 when it starts a codespace, so a used-up plan gets that here.
    - GitHub counts no tokens.  A chat that never fits gets 413, as at GitHub Models.
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        requests = verdict.quotas["requests"]
        return {
            "x-ratelimit-limit": str(requests.limit),
            "x-ratelimit-remaining": str(requests.remaining),
            "x-ratelimit-used": str(requests.used),
            "x-ratelimit-reset": str(unix_time(requests.seconds_until_full)),
            "x-ratelimit-resource": "core",
        }

    def too_many(self, verdict: Verdict) -> RefusalContent:
        # These two replace those of `quota_headers`.  They are about this request,
        # whichever quota refused it.
        headers = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(unix_time(verdict.wait)),
        }
        return _refusal(403, "API rate limit exceeded for user ID 1.", headers=headers)

    def too_large(self, verdict: Verdict) -> RefusalContent:
        most = verdict.exceeded.limit
        return _refusal(413, f"Request body too large. Max size: {most} tokens.")

    def overloaded(self, most: int) -> RefusalContent:
        reason = "You have exceeded a secondary rate limit. Please wait a few minutes."
        return _refusal(403, reason)

    def exhausted(self) -> RefusalContent:
        return _refusal(402, "Payment required")


def _refusal(
    status: int, message: str, *, headers: dict[str, str] | None = None
) -> RefusalContent:
    body = {
        "message": message,
        "documentation_url": DOCUMENTATION,
        "status": str(status),
    }
    return RefusalContent(status, body, headers or {})

"""The dialect of the IETF's draft, and the practice server's own."""

import math

from inflight_lab.quotas.fields import in_digits, policy_field
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Answer, Dialect


class Draft(Dialect):
    """``RateLimit-Policy``, ``RateLimit`` and, with a refusal, ``Retry-After``.

    Sources: draft-ietf-httpapi-ratelimit-headers-11; RFC 9110, section 10.2.3.  The
    draft leaves the body to the API.  A plan that is used up is not its subject: 402
    Payment Required (RFC 9110, section 15.5.3) is the plainest way to say so, and 413
    Content Too Large (15.5.14) that a request never fits.

    Tokens count as they are used; the headers for them are those of OpenAI's API.
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        requests = verdict.standings["requests"]
        seconds = math.ceil(verdict.wait or requests.some_in)
        fields = {
            "RateLimit-Policy": policy_field(requests.rate, requests.period),
            "RateLimit": f'"default";r={requests.remaining};t={seconds}',
        }
        if "tokens" in verdict.standings:
            fields |= _token_fields(verdict)
        return fields

    def too_many(self, verdict: Verdict) -> Answer:
        pause = str(math.ceil(verdict.wait))  # in whole seconds
        return Answer(429, {"error": _reason(verdict)}, {"Retry-After": pause})

    def too_large(self, verdict: Verdict) -> Answer:
        reason = f"{_reason(verdict)}, and this request needs {verdict.cost}"
        return Answer(413, {"error": reason})

    def overloaded(self, most: int) -> Answer:
        reason = f"more than {most} requests at once"
        return Answer(503, {"error": reason}, {"Retry-After": "1"})

    def exhausted(self) -> Answer:
        return Answer(402, {"error": "the plan is used up: waiting does not help"})


def _reason(verdict: Verdict) -> str:
    exceeded = verdict.exceeded
    allowed = f"{in_digits(exceeded.rate)} {verdict.refused_by}"
    return f"more than {allowed} in {in_digits(exceeded.period)} s"


def _token_fields(verdict: Verdict) -> dict[str, str]:
    fields = {}
    for name, standing in verdict.standings.items():
        fields[f"x-ratelimit-limit-{name}"] = str(standing.limit)
        fields[f"x-ratelimit-remaining-{name}"] = str(standing.remaining)
        fields[f"x-ratelimit-reset-{name}"] = f"{standing.all_in:.3f}s"
    return fields

"""The dialect of the IETF's draft, and the practice server's own."""

from inflight_lab.quotas.fields import in_digits, policy_field
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Dialect, RefusalContent
from inflight_lab.server.dialects.times import duration, whole_seconds


class Draft(Dialect):
    """``RateLimit-Policy``, ``RateLimit`` and, with a refusal, ``Retry-After``.

    Sources: draft-ietf-httpapi-ratelimit-headers-11; RFC 9110, section 10.2.3.  The
    draft leaves the body to the API, and does not say how to refuse a request where no
    wait will help.  The plainest way is a status: 402 Payment Required when the plan is
    used up (RFC 9110, section 15.5.3), and 413 Content Too Large for a request that
    never fits (15.5.14).

    Tokens count as they are used; the headers for them are those of OpenAI's API.
    """

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        requests = verdict.quotas["requests"]
        seconds = requests.seconds_until_some
        if verdict.refused_by == "requests":
            seconds = verdict.wait
        left = f'"default";r={requests.remaining};t={whole_seconds(seconds)}'
        fields = {
            "RateLimit-Policy": policy_field(requests.rate, requests.period),
            "RateLimit": left,
        }
        if "tokens" in verdict.quotas:
            fields |= _token_fields(verdict)
        return fields

    def too_many(self, verdict: Verdict) -> RefusalContent:
        pause = {"Retry-After": str(whole_seconds(verdict.wait))}
        return RefusalContent(429, {"error": _reason(verdict)}, pause)

    def too_large(self, verdict: Verdict) -> RefusalContent:
        reason = f"{_reason(verdict)}, and this request needs {verdict.cost}"
        return RefusalContent(413, {"error": reason})

    def overloaded(self, most: int) -> RefusalContent:
        reason = f"more than {most} requests at once"
        return RefusalContent(503, {"error": reason}, {"Retry-After": "1"})

    def exhausted(self) -> RefusalContent:
        return RefusalContent(
            402, {"error": "the plan is used up: waiting does not help"}
        )


def _reason(verdict: Verdict) -> str:
    exceeded = verdict.exceeded
    allowed = f"{in_digits(exceeded.rate)} {verdict.refused_by}"
    return f"more than {allowed} in {in_digits(exceeded.period)} s"


def _token_fields(verdict: Verdict) -> dict[str, str]:
    fields = {}
    for name, quota in verdict.quotas.items():
        fields[f"x-ratelimit-limit-{name}"] = str(quota.limit)
        fields[f"x-ratelimit-remaining-{name}"] = str(quota.remaining)
        fields[f"x-ratelimit-reset-{name}"] = duration(quota.seconds_until_full)
    return fields

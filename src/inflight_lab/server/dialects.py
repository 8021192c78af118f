"""What refusals say: the dialects of APIs that people meet, each as data in `DIALECTS`.

Status, headers and body are those that each API documents, with its texts shortened.
A text names in braces what is filled in:

- on every answer, ``requests`` and ``tokens``: a `QuotaUsage` each;
- in ``too_many`` and ``too_large``, ``quota``: the one that refused, ``cost``: how much
  of it the request needs, and ``wait``: a `Pause`;
- in ``overloaded``, ``most``: how many may be in flight.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse

from inflight_lab.server.chat import Chat
from inflight_lab.server.counting import Admission, QuotaUsage

Headers = Mapping[str, str]
CHARACTERS_PER_TOKEN = 4
"""Of English text, on average.  Source: help.openai.com, "What are tokens"."""


@dataclass(frozen=True)
class RefusalText:
    """The status, the body and the headers of a refusal."""

    status: int
    body: Mapping[str, Any]
    headers: Headers = field(default_factory=dict)

    def response(self, **facts: object) -> JSONResponse:
        """The refusal with its facts."""
        headers = _filled(self.headers, facts)
        return JSONResponse(_filled(self.body, facts), self.status, headers)


def tokens_used(chat: Chat, answered: int) -> int:
    """The tokens of the prompt and of the answer."""
    return chat.prompt_tokens + answered


def tokens_wanted(chat: Chat, _: int) -> int:
    """The larger of ``max_tokens`` and an estimate of the prompt."""
    return max(chat.max_tokens or 0, _estimate(chat))


def tokens_possible(chat: Chat, _: int) -> int:
    """An estimate of the prompt, and the longest answer there may be."""
    return _estimate(chat) + chat.most_tokens


def _estimate(chat: Chat) -> int:
    return math.ceil(chat.prompt_characters / CHARACTERS_PER_TOKEN)


@dataclass(frozen=True)
class Dialect:
    """How one API counts, and what it says about its quotas."""

    too_many: RefusalText
    """For a request that the quotas will admit later."""
    too_large: RefusalText
    """For a request that costs more than a whole quota: no wait will help."""
    overloaded: RefusalText
    """Where as many are in flight as are allowed."""
    exhausted: RefusalText
    """Where the plan is used up: no wait will help."""
    on_requests: Headers = field(default_factory=dict)
    """On every answer where requests are counted."""
    on_tokens: Headers = field(default_factory=dict)
    """Beside these, where tokens are counted too."""
    cost: Callable[[Chat, int], int] = tokens_used
    """The tokens that a chat costs, from the chat and the length of its answer."""
    counts_refused: bool = False
    """Whether a refused request counts against the quotas as well."""

    def refusal(self, admission: Admission) -> JSONResponse | None:
        """What a request gets that the quotas refuse; None if they admit it."""
        if not admission.refused_by:
            return None
        quota = admission.usages[admission.refused_by]
        cost, wait = admission.cost, admission.wait
        if wait == math.inf:
            # Without the headers on the quotas, which a real API may send here: a reset
            # looks like a pause, and this request does not fit after it either.
            return self.too_large.response(quota=quota, cost=cost)
        refusal = self.too_many.response(quota=quota, cost=cost, wait=wait)
        for name, value in self.quota_headers(admission.usages).items():
            refusal.headers.setdefault(name, value)
        return refusal

    def quota_headers(self, usages: Mapping[str, QuotaUsage]) -> dict[str, str]:
        """What an answer says about the quotas."""
        headers = {**self.on_requests}
        if "tokens" in usages:
            headers |= self.on_tokens
        filled: dict[str, str] = _filled(headers, usages)
        return filled


def _filled(template: Any, facts: Mapping[str, object]) -> Any:
    """The template with all its texts filled in."""
    if isinstance(template, str):
        return template.format_map(facts)
    if isinstance(template, Mapping):
        return {
            name.format_map(facts): _filled(value, facts)
            for name, value in template.items()
        }
    if isinstance(template, list):
        return [_filled(value, facts) for value in template]
    return template


# What is said more than once

OPENAI_REQUESTS = {
    "x-ratelimit-limit-requests": "{requests.limit}",
    "x-ratelimit-remaining-requests": "{requests.remaining}",
    "x-ratelimit-reset-requests": "{requests.until_full.duration}",
}
OPENAI_TOKENS = {
    "x-ratelimit-limit-tokens": "{tokens.limit}",
    "x-ratelimit-remaining-tokens": "{tokens.remaining}",
    "x-ratelimit-reset-tokens": "{tokens.until_full.duration}",
}
OPENAI_PAUSE = {
    "retry-after": "{wait.seconds}",
    "retry-after-ms": "{wait.milliseconds}",
}
"""Both of which openai's client reads."""


def openai_error(message: str, type: str, code: str | None) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"message": message, "type": type, "param": None, "code": code}}


def azure_error(code: str, message: str) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message}}


def github_error(status: str, message: str) -> dict[str, Any]:
    """The body of an error."""
    about = "https://docs.github.com/rest/using-the-rest-api"
    return {"message": message, "documentation_url": about, "status": status}


def anthropic_error(type: str, message: str, **more: Any) -> dict[str, Any]:
    """The body of an error."""
    return {"type": "error", "error": {"type": type, "message": message, **more}}


def google_error(code: int, status: str, message: str, **more: Any) -> dict[str, Any]:
    """The body of an error."""
    return {"error": {"code": code, "message": message, "status": status, **more}}


DIALECTS = {
    # The IETF's draft, and the practice server's own.  Sources:
    # draft-ietf-httpapi-ratelimit-headers-11; RFC 9110, section 10.2.3.  The draft
    # leaves the body to the API, and does not say how to refuse a request where no wait
    # will help.  The plainest way is a status: 402 Payment Required (RFC 9110, section
    # 15.5.3) or 413 Content Too Large (15.5.14).  On tokens it speaks as OpenAI does.
    "draft": Dialect(
        too_many=RefusalText(
            429, {"error": "more than {quota}"}, {"Retry-After": "{wait.seconds}"}
        ),
        too_large=RefusalText(
            413, {"error": "more than {quota}, and this request needs {cost}"}
        ),
        overloaded=RefusalText(
            503, {"error": "more than {most} requests at once"}, {"Retry-After": "1"}
        ),
        exhausted=RefusalText(
            402, {"error": "the plan is used up: waiting does not help"}
        ),
        on_requests={
            "RateLimit-Policy": "{requests.policy}",
            "RateLimit": (
                '"default";r={requests.remaining};t={requests.until_more.seconds}'
            ),
        },
        on_tokens=OPENAI_REQUESTS | OPENAI_TOKENS,
    ),
    # Source: docs.github.com, "Rate limits for the REST API".  Over the primary limit
    # the status is 403 or 429: here 403, which is easier to take for something else.
    # Over a secondary limit, such as that on requests in flight, there may be a
    # retry-after.  Here there is none, which is the hard case: GitHub then wants its
    # clients to wait for a minute.  No payment lifts a limit of the REST API, but
    # codespaces answer 402.  A chat that never fits gets 413, as at GitHub Models.
    "github": Dialect(
        too_many=RefusalText(
            403,
            github_error("403", "API rate limit exceeded for user ID 1."),
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{wait.unix_time}"},
        ),
        too_large=RefusalText(
            413,
            github_error("413", "Request body too large. Max: {quota.limit} tokens."),
        ),
        overloaded=RefusalText(
            403, github_error("403", "You have exceeded a secondary rate limit.")
        ),
        exhausted=RefusalText(402, github_error("402", "Payment required")),
        on_requests={
            "x-ratelimit-limit": "{requests.limit}",
            "x-ratelimit-remaining": "{requests.remaining}",
            "x-ratelimit-used": "{requests.used}",
            "x-ratelimit-reset": "{requests.until_full.unix_time}",
            "x-ratelimit-resource": "core",
        },
    ),
    # Sources: developers.openai.com, guides "Rate limits" and "Error codes";
    # help.openai.com, "How can I solve 429"; openai-python, `_base_client.py`.  Tokens
    # count on arrival, what the answer does not use is not given back, and unsuccessful
    # requests count as well.  There are three 429s: most say how long to wait, one that
    # is "too large" never fits, and with "insufficient_quota" the plan is used up.
    "openai": Dialect(
        too_many=RefusalText(
            429,
            openai_error(
                "Rate limit reached on {quota.name}: Limit {quota.limit}, Used "
                "{quota.used}, Requested {cost}. Please try again in {wait.duration}.",
                "{quota.name}",
                "rate_limit_exceeded",
            ),
            OPENAI_PAUSE,
        ),
        too_large=RefusalText(
            429,
            openai_error(
                "Request too large on {quota.name}: "
                "Limit {quota.limit}, Requested {cost}.",
                "{quota.name}",
                "rate_limit_exceeded",
            ),
        ),
        overloaded=RefusalText(
            503,
            openai_error(
                "The engine is currently overloaded, please try again later",
                "server_error",
                None,
            ),
        ),
        exhausted=RefusalText(
            429,
            openai_error(
                "You exceeded your current quota, "
                "please check your plan and billing details.",
                "insufficient_quota",
                "insufficient_quota",
            ),
        ),
        on_requests=OPENAI_REQUESTS,
        on_tokens=OPENAI_TOKENS,
        cost=tokens_wanted,
        counts_refused=True,
    ),
    # OpenAI's models on Azure.  Sources: learn.microsoft.com, "Manage Azure OpenAI
    # quota", for what counts.  No page lists the headers: they are as people found them
    # in answers of 2025, for example in openai-dotnet's issue 838.  A minute's quota of
    # requests is checked over 1 or 10 seconds: a shorter period shows how that feels.
    # No page says what a plan that is used up looks like.  The 403 is that of Azure API
    # Management ("Limit large language model API token usage"), with x-should-retry,
    # which openai's client obeys: a 403 alone may mean that the key is not allowed.
    "azure": Dialect(
        too_many=RefusalText(
            429,
            azure_error(
                "429",
                "Your requests have exceeded the rate limit on {quota.name}. "
                "Please retry after {wait.seconds} seconds.",
            ),
            OPENAI_PAUSE | {"x-ratelimit-reset-{quota.name}": "{wait.seconds}"},
        ),
        too_large=RefusalText(
            429,
            azure_error(
                "429",
                "This request needs {cost} {quota.name}, and the rate limit is "
                "{quota.limit}.",
            ),
        ),
        overloaded=RefusalText(
            503, azure_error("503", "The service is temporarily unavailable.")
        ),
        exhausted=RefusalText(
            403,
            azure_error("403", "Token quota is exceeded."),
            {"x-should-retry": "false"},
        ),
        on_requests={
            "x-ratelimit-limit-requests": "{requests.limit}",
            "x-ratelimit-remaining-requests": "{requests.remaining}",
        },
        on_tokens={
            "x-ratelimit-limit-tokens": "{tokens.limit}",
            "x-ratelimit-remaining-tokens": "{tokens.remaining}",
        },
        cost=tokens_possible,
        counts_refused=True,
    ),
    # Sources: platform.claude.com, "Rate limits" and "Errors".  A reset is the time at
    # which the quota is full again.  Over the monthly spend cap there is a 429 of the
    # same type, without retry-after.  529 is overload, often with no hint at all.
    "anthropic": Dialect(
        too_many=RefusalText(
            429,
            anthropic_error(
                "rate_limit_error",
                "This request would exceed your organization's rate limit of {quota}.",
            ),
            {"retry-after": "{wait.seconds}"},
        ),
        too_large=RefusalText(
            400,
            anthropic_error(
                "invalid_request_error",
                "prompt is too long: {cost} tokens > {quota.limit} maximum",
            ),
        ),
        overloaded=RefusalText(529, anthropic_error("overloaded_error", "Overloaded")),
        exhausted=RefusalText(
            429,
            anthropic_error(
                "rate_limit_error",
                "Your organization has crossed its monthly API usage threshold.",
                details={"error_code": "enforced_spend_limit_reached"},
            ),
        ),
        on_requests={
            "anthropic-ratelimit-requests-limit": "{requests.limit}",
            "anthropic-ratelimit-requests-remaining": "{requests.remaining}",
            "anthropic-ratelimit-requests-reset": "{requests.until_full.rfc3339}",
        },
        on_tokens={
            "anthropic-ratelimit-tokens-limit": "{tokens.limit}",
            "anthropic-ratelimit-tokens-remaining": "{tokens.remaining}",
            "anthropic-ratelimit-tokens-reset": "{tokens.until_full.rfc3339}",
        },
    ),
    # Google's Gemini, where everything is in the body.  Sources: ai.google.dev, "Rate
    # limits" and "Troubleshooting"; Google's `error_details.proto`; the announcement
    # "Depleted prepay credits now return HTTP 402" on discuss.ai.google.dev.
    "gemini": Dialect(
        too_many=RefusalText(
            429,
            google_error(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota. Please retry in {wait.seconds}s.",
                details=[
                    {
                        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                        "violations": [{"quotaValue": "{quota.limit}"}],
                    },
                    {
                        "@type": "type.googleapis.com/google.rpc.RetryInfo",
                        "retryDelay": "{wait.seconds}s",
                    },
                ],
            ),
        ),
        too_large=RefusalText(
            400,
            google_error(
                400,
                "INVALID_ARGUMENT",
                "The token count ({cost}) exceeds the maximum ({quota.limit}).",
            ),
        ),
        overloaded=RefusalText(
            503, google_error(503, "UNAVAILABLE", "The model is overloaded.")
        ),
        exhausted=RefusalText(
            402,
            google_error(
                402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."
            ),
        ),
    ),
}
"""By the names that `PracticeServer` takes."""

"""More tokens than the API allows."""

import re
from typing import NamedTuple

from inflight_lab.watch.announced_quota import fields_in
from inflight_lab.watch.findings.command import Command
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from inflight_lab.watch.findings.fixes import for_a_model, for_requests
from inflight_lab.watch.findings.refusals import because_of_quotas, refusals
from inflight_lab.watch.reader.quota_fields import quota_states_in
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog

ABOUT_TOKENS = re.compile(
    r"tokens per|\bTP[MD]\b|token rate limit|too many tokens|_token_count",
    re.IGNORECASE,
)
"""How OpenAI and Anthropic, Azure, Bedrock and Gemini name a quota of tokens."""
LIMIT_IN_WORDS = re.compile(
    r"limit:? (\d[\d,]*)|(\d[\d,]*) (?:input |output )?tokens per", re.IGNORECASE
)
ABOUT_REQUESTS = re.compile(r"requests per|\bRP[MD]\b", re.IGNORECASE)


def tokens_over_the_quota(log: RequestLog) -> Finding | None:
    """A host refused requests because they need more tokens than it allows."""
    for group in log.by_host():
        refused = because_of_quotas(group)
        if name_tokens(refused):
            return _over_the_quota(group, refused)
    return None


def name_tokens(refused: RequestGroup) -> bool:
    """Whether at least half of the refusals are about a quota of tokens."""
    about_tokens = sum(_names_tokens(each) for each in refused.requests)
    return about_tokens > 0 and about_tokens >= len(refused) / 2


def _names_tokens(request: Request) -> bool:
    return _says_tokens(request) or _lacks_only_tokens(request)


def _says_tokens(request: Request) -> bool:
    return bool(ABOUT_TOKENS.search(_words(request)))


def _words(request: Request) -> str:
    return request.refusal.reason if request.refusal else ""


def _lacks_only_tokens(request: Request) -> bool:
    """Whether its headers have requests left, and speak of tokens.

    Some tokens may be left, but not as many as it needs.
    """
    states = quota_states_in(fields_in(request.headers))
    counts_tokens = any(state.counts_tokens for state in states)
    no_requests_left = any(
        state.remaining == 0 for state in states if not state.counts_tokens
    )
    return (
        counts_tokens
        and not no_requests_left
        and not ABOUT_REQUESTS.search(_words(request))
    )


def _over_the_quota(group: RequestGroup, refused: RequestGroup) -> Finding:
    quota = next(filter(None, map(_tokens_allowed, refused.requests)), None)
    allowed = f"; {quota}" if quota else ""
    is_said = any(_says_tokens(each) for each in refused.requests)
    return Finding(
        CERTAIN if is_said else LIKELY,
        "Over the quota of tokens",
        facts=f"{refusals(refused)} from {group.first.host} speak of tokens, "
        f"not of requests{allowed}",
        advice="Keep two budgets, one of requests and one of tokens; "
        "a low max_tokens reserves less (notebook 13).",
        fix=_fix(group, quota),
    )


class TokensAllowed(NamedTuple):
    """How many tokens an API allows, as far as a refusal says so."""

    tokens: int
    window: str
    """``minute`` or ``day``; "" if it does not say."""

    def __str__(self) -> str:
        per_window = f" a {self.window}" if self.window else ""
        return f"{self.tokens:,} are allowed{per_window}"

    @property
    def option(self) -> str:
        """That of ``inflight-lab snippet``, which takes tokens a minute."""
        return "" if self.window == "day" else f"--tokens {self.tokens}"


def _fix(group: RequestGroup, quota: TokensAllowed | None) -> Command:
    options = [quota.option] if quota and quota.option else []
    return for_requests(group, for_a_model(group), more=options)


def _tokens_allowed(request: Request) -> TokensAllowed | None:
    tokens = _tokens_in_words(request) or _tokens_in_headers(request)
    return TokensAllowed(tokens, _window(request)) if tokens else None


def _window(request: Request) -> str:
    words = _words(request)
    if re.search(r"per min|\bTPM\b", words):
        return "minute"
    return "day" if re.search(r"per day|\bTPD\b", words) else ""


def _tokens_in_words(request: Request) -> int:
    if not _says_tokens(request):
        return 0
    found = LIMIT_IN_WORDS.search(_words(request))
    number = (found[1] or found[2]) if found else ""
    return int(number.replace(",", "") or 0)


def _tokens_in_headers(request: Request) -> int:
    states = quota_states_in(fields_in(request.headers))
    limits = [int(each.limit) for each in states if each.counts_tokens and each.limit]
    return min(limits, default=0)

"""Findings about quotas of tokens."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from inflight_lab.watch.findings.command import OUTPUT
from inflight_lab.watch.findings.quota import refused_requests
from inflight_lab.watch.findings.tokens import tokens_over_the_quota
from tests.support.watching import Made, log_of

CHATS = "https://api.example.com/v1/chat/completions"
TOKENS_SPENT = (
    "x-ratelimit-limit-tokens: 90000\nx-ratelimit-remaining-tokens: 0\n"
    "x-ratelimit-reset-tokens: 6s"
)
BOTH_LEFT = (
    "x-ratelimit-limit-requests: 500\nx-ratelimit-remaining-requests: 410\n"
    "x-ratelimit-reset-requests: 1s\nx-ratelimit-limit-tokens: 90000\n"
    "x-ratelimit-remaining-tokens: 300\nx-ratelimit-reset-tokens: 6s"
)
REQUESTS_SPENT = BOTH_LEFT.replace("requests: 410", "requests: 0")


def body(message: str) -> str:
    """The body of an error, as most APIs send it."""
    return json.dumps({"error": {"message": message}})


class Row(NamedTuple):
    """A refusal, and how the finding begins and ends; None: there is none."""

    headers: str = ""
    message: str = ""
    certainty: str | None = None
    allowed: str = ""
    fix: str = ""


ROWS = {
    "headers": Row(
        TOKENS_SPENT, certainty="likely", allowed="; 90,000 are allowed", fix="90000"
    ),
    "some of each left": Row(
        BOTH_LEFT, certainty="likely", allowed="; 90,000 are allowed", fix="90000"
    ),
    "OpenAI": Row(
        message="Rate limit reached for gpt-4o in organization org-x on tokens per min "
        "(TPM): Limit 30000, Used 29500, Requested 800. Please try again in 600ms.",
        certainty="certain",
        allowed="; 30,000 are allowed a minute",
        fix="30000",
    ),
    "Anthropic": Row(
        message="This request would exceed your organization's rate limit of 50,000 "
        "input tokens per minute.",
        certainty="certain",
        allowed="; 50,000 are allowed a minute",
        fix="50000",
    ),
    "a day": Row(
        message="Rate limit reached on tokens per day (TPD): Limit 200000, Used 199999",
        certainty="certain",
        allowed="; 200,000 are allowed a day",
    ),
    "Azure": Row(
        message="Requests to this operation have exceeded token rate limit of your "
        "current OpenAI S0 pricing tier.",
        certainty="certain",
    ),
    "requests": Row(REQUESTS_SPENT),
    "requests, in words": Row(
        BOTH_LEFT, message="Rate limit reached on requests per min (RPM): Limit 500"
    ),
    "no quota at all": Row("retry-after: 2"),
    "a token of another kind": Row(message="The token has expired."),
}


@pytest.mark.parametrize("name", ROWS)
def test_refusals_that_are_about_tokens(name: str) -> None:
    """In words they are certain; headers only suggest it."""
    row = ROWS[name]
    message = body(row.message) if row.message else ""
    refused = Made(
        status=429, url=CHATS, headers=row.headers, body=message, method="POST"
    )
    log = log_of([Made(url=CHATS)] * 4 + [refused] * 20)
    finding = tokens_over_the_quota(log)
    assert (finding.certainty if finding else None) == row.certainty
    # Either this or the quota of requests explains them, and never both.
    assert bool(refused_requests(log)) == (finding is None)
    if finding:
        about = (
            "20 refusals (429) from api.example.com speak of tokens, not of requests"
        )
        option = f"--tokens {row.fix} " if row.fix else ""
        assert finding.facts == about + row.allowed
        assert str(finding.fix) == (
            f'inflight-lab snippet language_model {option}--url "{CHATS}" {OUTPUT}'
        )


def test_the_fix_for_openais_client_uses_it() -> None:
    """It says how often it has sent a request: so it is what sends."""
    refused = Made(status=429, url=CHATS, headers=TOKENS_SPENT, retry=0)
    finding = tokens_over_the_quota(log_of([refused] * 9))
    assert finding
    assert str(finding.fix) == (
        "inflight-lab snippet with_openai --tokens 90000 "
        f'--url "https://api.example.com/v1" {OUTPUT}'
    )


def test_the_fix_for_another_client_is_a_transport() -> None:
    """Messages to Anthropic's API, say: `budgets` counts tokens beneath any client."""
    messages = "https://api.example.com/v1/messages"
    refused = Made(status=429, url=messages, headers=TOKENS_SPENT, retry=0)
    finding = tokens_over_the_quota(log_of([refused] * 9))
    assert finding
    assert str(finding.fix) == "inflight-lab snippet budgets"

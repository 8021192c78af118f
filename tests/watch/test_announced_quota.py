"""Which quota an answer's headers announce."""

from __future__ import annotations

import time

import pytest

from inflight_lab.watch.announced_quota import (
    AnnouncedQuota,
    announced_quotas,
    quotas_in_words,
)

NOW = 1_790_000_000


def certain(quota: float, window: float) -> AnnouncedQuota:
    """So many in so many seconds, as the headers say."""
    return AnnouncedQuota(quota, window, is_certain=True)


def guessed(quota: float, window: float, reset: float) -> AnnouncedQuota:
    """So many in a window that fits the reset."""
    return AnnouncedQuota(quota, window, is_certain=False, reset=reset)


BOTH = [certain(7, 2), certain(90, 60)]


@pytest.mark.parametrize(
    ("headers", "quotas"),
    [
        ('ratelimit-policy: "default";q=7;w=2', [certain(7, 2)]),
        ('ratelimit-policy: "default"; w=2; q=7', [certain(7, 2)]),
        ('ratelimit-policy: "default";q=2.5;w=0.5', [certain(2.5, 0.5)]),
        (
            'ratelimit-policy: "a";q=1000;w=3600, "b";q=7;w=2',
            [certain(7, 2), certain(1000, 3600)],
        ),
        (
            'ratelimit-policy: "a";q=90;w=60\nratelimit-policy: "b";q=7;w=2',
            [certain(7, 2), certain(90, 60)],
        ),
        ("ratelimit-policy: 7;w=2", [certain(7, 2)]),
        ("ratelimit-limit: 7, 7;w=2, 90;w=60", [certain(7, 2), certain(90, 60)]),
        ('ratelimit-policy: "a";q=7;w=2;qu="requests"', [certain(7, 2)]),
        ('ratelimit-policy: "a";q=7;w=2;qu="content-bytes"', []),
        ('ratelimit-policy: "a";qu="concurrent-requests";q=7;w=2', []),
        (
            'ratelimit-policy: "a";q=9000;w=2;qu="content-bytes", "b";q=7;w=2',
            [certain(7, 2)],
        ),
        ('ratelimit-policy: "default";q=7;w=0', []),
        ('ratelimit-policy: "default";q=0;w=2', []),
        ('ratelimit-policy: "default";q=7', []),
        ('ratelimit-policy: "default";q=many;w=2', []),
        ("ratelimit: limit=7, remaining=5, reset=30", [guessed(7, 60, 30)]),
        ('ratelimit: "default";r=5;t=30', []),
        ("ratelimit-limit: 7\nratelimit-reset: 1", [guessed(7, 1, 1)]),
        ("ratelimit-limit: 7\nratelimit-reset: 2", [guessed(7, 60, 2)]),
        (
            "x-ratelimit-limit-minute: 90\nx-ratelimit-limit-second: 7",
            [certain(7, 1), certain(90, 60)],
        ),
        (
            f"x-ratelimit-limit: 700\nx-ratelimit-reset: {NOW + 1200}",
            [guessed(700, 3600, 1200)],
        ),
        (f"x-rate-limit-limit: 7\nx-rate-limit-reset: {NOW - 5}", [guessed(7, 1, 0)]),
        (
            "x-ratelimit-limit: 7\nx-ratelimit-reset: 172800",
            [guessed(7, 172_800, 172_800)],
        ),
        (
            "ratelimit-policy: 7;w=2\nx-ratelimit-limit: 7\nx-ratelimit-reset: 5",
            [certain(7, 2)],
        ),
        ('ratelimit-policy: "a;q=5;w=1"', []),
        ('ratelimit-policy: "a";q=7;w=2 , "b, ;q=5;w=1";q=90;w=60', BOTH),
        ('ratelimit-policy: "a";q=7;w=2, "b";q=1e6;w=60', []),
        ("x-ratelimit-limit-second: 2.5", [certain(2.5, 1)]),
        ("x-ratelimit-limit-requests-minute: 90", [certain(90, 60)]),
        ("x-ratelimit-limit-tokens-minute: 90000", []),
        ("x-ratelimit-limit-secondary: 90", []),
        ("ratelimit: limit=2.5, remaining=0, reset=1", [guessed(2.5, 1, 1)]),
        (
            "anthropic-ratelimit-requests-limit: 50\n"
            "anthropic-ratelimit-requests-remaining: 0\n"
            "anthropic-ratelimit-requests-reset: 2026-09-21T14:14:15Z\n"
            "anthropic-ratelimit-tokens-limit: 8000\n"
            "anthropic-ratelimit-tokens-reset: 2026-09-21T14:14:30Z",
            [guessed(50, 60, 55)],
        ),
        (
            "x-ratelimit-limit-requests: 60\nx-ratelimit-reset-requests: 20s\n"
            "x-ratelimit-limit-tokens: 150000\nx-ratelimit-reset-tokens: 6m0s",
            [guessed(60, 60, 20)],
        ),
        ("x-ratelimit-limit: 700", []),
        ("x-ratelimit-limit: many\nx-ratelimit-reset: soon", []),
        ("retry-after: 2\nconnection: close", []),
        ("", []),
    ],
)
def test_quotas_in_headers(
    headers: str, quotas: list[AnnouncedQuota], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows that are given are certain, those that fit a reset are not, and what
    counts something other than requests is left out.
    """
    monkeypatch.setattr(time, "time", lambda: NOW)
    assert announced_quotas(headers) == quotas


@pytest.mark.parametrize(
    ("reason", "quotas"),
    [
        ("Rate limit reached on requests per 20 s: Limit 5, Used 5", [certain(5, 20)]),
        (
            "Rate limit reached for gpt-4o in organization org-x on requests per min "
            "(RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.",
            [certain(3, 60)],
        ),
        ("on requests per day (RPD): Limit 200, Used 200", [certain(200, 86_400)]),
        ("on tokens per min (TPM): Limit 30000, Used 29500", []),
        ("Too many requests", []),
        ("", []),
    ],
)
def test_quotas_in_words(reason: str, quotas: list[AnnouncedQuota]) -> None:
    """What the text of a refusal says is certain."""
    assert quotas_in_words(reason) == quotas

"""The scoreboard: how the usual 200 requests went, as one line."""

from collections.abc import Sequence
from typing import Any

import httpx

from inflight_lab.server import PracticeServer

RATE = 100
"""Requests a second that the scoreboard's API allows."""


def score(outcomes: Sequence[Any], server: PracticeServer) -> str:
    """Answers, 429s, seconds, and the share of the quota that was used.

    The share is the answers, out of what `RATE` allows in the time: at least as many as
    there are requests, because the first second's quota is there from the start. The
    last answer's latency is not counted, since the API spends it, not the quota.
    """
    stats = server.stats()
    answers = sum(isinstance(outcome, httpx.Response) for outcome in outcomes)
    allowed = max(len(outcomes), RATE * (stats.elapsed - server.latency))
    share = answers / allowed
    return (
        f"{answers} answers, {stats.refused} 429s, {stats.elapsed:.1f} s,"
        f" {share:.0%} of the quota"
    )

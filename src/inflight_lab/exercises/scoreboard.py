"""The scoreboard: how the usual 200 requests went, as one line."""

from collections.abc import Sequence
from typing import Any

import httpx
from IPython.display import display

from inflight_lab.exercises.verdict import MEASURED, Verdict
from inflight_lab.server import PracticeServer

RATE = 100
"""Requests a second that the scoreboard's API allows."""


def show(outcomes: Sequence[Any], server: PracticeServer, *, name: str = "") -> None:
    """Show the `score`: as a card, or outside a notebook as a line.

    ``name`` says what was measured.
    """
    numbers = score(outcomes, server)
    line = f"{name}: {numbers}" if name else numbers
    display(Verdict(MEASURED, numbers, line=line, about=name))


def score(outcomes: Sequence[Any], server: PracticeServer) -> str:
    """Answers, 429s, seconds, and how much of the quota the answers used.

    A server with another quota than the scoreboard's has no such share.  The last
    answer's latency is the API's time: nothing could be sent in it any more.
    """
    stats = server.stats()
    answers = sum(isinstance(outcome, httpx.Response) for outcome in outcomes)
    numbers = f"{answers} answers, {stats.refused} 429s, {stats.elapsed:.1f} s"
    if not has_its_quota(server):
        return numbers
    share = share_of_quota(answers, len(outcomes), stats.elapsed - server.latency)
    return f"{numbers}, {share:.0%} of the quota"


def has_its_quota(server: PracticeServer) -> bool:
    """Whether ``server`` allows `RATE` requests a second."""
    return (server.rate, server.period) == (RATE, 1)


def share_of_quota(answers: int, requests: int, seconds: float) -> float:
    """``answers``, out of what `RATE` allows in so many ``seconds``.

    Nobody needs more than there are ``requests``, so a short run is not measured by
    less than that.
    """
    return answers / max(requests, RATE * seconds)

"""The scoreboard: how the usual 200 requests went, as one line."""

from collections.abc import Sequence
from typing import Any

import httpx
from IPython.display import display

from inflight_lab.lesson.exercises.verdict import MEASURED, Verdict
from inflight_lab.lesson.server.practice_server import PracticeServer

RATE = 100
"""Requests a second that the scoreboard's API allows."""


def show(outcomes: Sequence[Any], server: PracticeServer, *, name: str = "") -> None:
    """Show the `score`: as a card, or outside a notebook as a line.

    ``name`` says what was measured.
    """
    display(Verdict(MEASURED, score(outcomes, server), about=name))


def score(outcomes: Sequence[Any], server: PracticeServer) -> str:
    """Answers, 429s, seconds, and how much of the quota the answers used.

    The share is left out if the server has another quota than the scoreboard's.  It is
    computed from the seconds as they are shown, so that a reader gets the same result.
    """
    stats = server.stats()
    seconds = round(stats.elapsed, 2)
    answers = sum(isinstance(outcome, httpx.Response) for outcome in outcomes)
    numbers = f"{answers} answers, {stats.refused} 429s, {seconds:.2f} s"
    if (server.rate, server.period) != (RATE, 1):
        return numbers
    until_last_left = seconds - server.latency
    share = share_of_quota(answers, len(outcomes), until_last_left)
    return f"{numbers}, {100 * share:.0f} % of the quota"


def share_of_quota(answers: int, requests: int, seconds: float) -> float:
    """``answers``, divided by what `RATE` allows in ``seconds``.

    It divides by ``requests`` if that is more: a run may end early.
    """
    return answers / max(requests, RATE * seconds)

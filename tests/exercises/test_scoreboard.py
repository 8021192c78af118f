"""The scoreboard's line."""

from __future__ import annotations

import re
from typing import NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.exercises.scoreboard import score, share_of_quota


class Run(NamedTuple):
    """200 requests: how many were answered, in how many seconds, and the share."""

    answers: int
    seconds: float
    share: float


class Quota(NamedTuple):
    """What a server allows, and what the line says about the share of it."""

    rate: float
    period: float
    share: str = ""


@pytest.mark.parametrize(
    "run",
    [
        Run(answers=100, seconds=0.3, share=0.5),  # naive: half of all, and at once
        Run(answers=200, seconds=2.0, share=1.0),
        Run(answers=200, seconds=2.5, share=0.8),
        Run(answers=180, seconds=1.8, share=0.9),
    ],
)
def test_share_is_out_of_what_100_a_second_allow(run: Run) -> None:
    """The time counts once the quota needs it; a short run counts as all requests."""
    assert share_of_quota(run.answers, 200, run.seconds) == pytest.approx(run.share)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "quota",
    [
        Quota(rate=3, period=60, share=""),  # it would be a share of what it isn't
        Quota(rate=100, period=60, share=""),
        Quota(rate=100, period=1, share=r", \d+% of the quota"),
    ],
)
async def test_line_says_what_the_server_saw_and_what_came_back(quota: Quota) -> None:
    """Answers are those in your hands, 429s those that the server sent; the share is
    only there where the quota is the scoreboard's.
    """
    async with server_with(quota) as server, httpx.AsyncClient() as client:
        first = await client.get(server.url)
        line = score([first, ValueError("429")], server)
    assert re.fullmatch(rf"1 answers, 0 429s, \d+\.\d\d s{quota.share}", line)


@pytest.mark.anyio
async def test_line_counts_what_was_refused() -> None:
    """Two of five are over the quota."""
    async with (
        server_with(Quota(rate=3, period=60)) as server,
        httpx.AsyncClient() as client,
    ):
        outcomes = [await client.get(server.url) for _ in range(5)]
        line = score(outcomes[:3], server)
    assert line.startswith("3 answers, 2 429s, ")


def server_with(quota: Quota) -> PracticeServer:
    """A server that answers at once, until the quota is used up."""
    return PracticeServer(
        latency=0, quota="sliding-window", rate=quota.rate, period=quota.period
    )

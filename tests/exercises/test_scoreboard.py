"""The scoreboard's line."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.exercises.scoreboard import score, share_of_quota


@pytest.mark.parametrize(
    ("answers", "seconds", "share"),
    [
        (100, 0.3, 0.5),  # naive: half of all, and at once
        (200, 2.0, 1.0),
        (200, 2.5, 0.8),
    ],
)
def test_share_is_out_of_what_100_a_second_allow(
    answers: int, seconds: float, share: float
) -> None:
    """The time counts once the quota needs it; a short run counts as all requests."""
    assert share_of_quota(answers, 200, seconds) == pytest.approx(share)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("rate", "period", "counted", "has_share"),
    [
        (3, 60, "3 answers, 2 429s, ", False),  # it would be a share of what it isn't
        (100, 60, "5 answers, 0 429s, ", False),
        (100, 1, "5 answers, 0 429s, ", True),
    ],
)
async def test_line_says_what_came_back_and_what_was_refused(
    rate: float, period: float, counted: str, has_share: bool
) -> None:
    """The share is there where the quota is the scoreboard's."""
    quota = PracticeServer(latency=0, quota="sliding-window", rate=rate, period=period)
    async with quota as server, httpx.AsyncClient() as client:
        responses = [await client.get(server.url) for _ in range(5)]
        accepted = [each for each in responses if each.status_code == 200]
        line = score([*accepted, ValueError("429")], server)
    assert line.startswith(counted)
    assert ("of the quota" in line) is has_share


def test_the_last_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quota is used until the last request leaves, whatever its answer takes."""
    server = PracticeServer(latency=0.5, quota="sliding-window", rate=100, period=1)
    stats = SimpleNamespace(elapsed=2.5, refused=0)
    monkeypatch.setattr(server, "stats", lambda: stats)
    line = score([httpx.Response(200)] * 200, server)
    assert line == "200 answers, 0 429s, 2.50 s, 100 % of the quota"

"""The scoreboard's line."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.lesson.exercises.scoreboard import score


@pytest.mark.parametrize(
    ("answers", "seconds", "quota", "share"),
    [
        (100, 0.8, (100, 1), ", 50 % of the quota"),  # naive: half, and at once
        (200, 2.5, (100, 1), ", 100 % of the quota"),
        (200, 3.0, (100, 1), ", 80 % of the quota"),
        (200, 2.5, (100, 60), ""),  # it would be a share of what it isn't
        (200, 2.5, (3, 1), ""),
    ],
)
def test_line_says_what_came_back_and_what_was_refused(
    answers: int,
    seconds: float,
    quota: tuple[float, float],
    share: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The share is out of what 100 a second allow, and of all requests in a short run;
    the quota is used until the last one leaves, whatever its answer takes.
    """
    rate, period = quota
    server = PracticeServer(latency=0.5, rate=rate, period=period)
    stats = SimpleNamespace(elapsed=seconds, refused=200 - answers)
    monkeypatch.setattr(server, "stats", lambda: stats)
    failures = [ValueError("429")] * (200 - answers)
    line = score([httpx.Response(200)] * answers + failures, server)
    counted = f"{answers} answers, {200 - answers} 429s, {seconds:.2f} s"
    assert line == counted + share

"""The scoreboard that grows from notebook to notebook: what its rows say, and what a cell has measured."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.notebook_tools import load
from tests.support.run_all import Ran


def scoreboard(path: Path) -> dict[str, list[float]]:
    """Answers, 429s, seconds and share of the quota in percent, by rung; empty where there is none."""
    cells = [cell.source for cell in load(path).cells if cell.source.startswith("## The scoreboard")]
    rows = re.findall(r"^\| ([^|]+?) \|(.*\d.*)\|$", "\n".join(cells), re.M)
    return {rung: [float(number) for number in re.findall(r"\d+(?:\.\d+)?", row)] for rung, row in rows}


def expect_score(ran: Ran, rung: str, printed: str) -> None:
    """The cell printed what the rung's row says; where it took longer, at least the sum of all requests."""
    answers, refused, seconds, share = (
        float(number) for number in re.findall(r"(\d+(?:\.\d+)?)(?= answers| 429s| s,|%)", printed)
    )
    assert answers + refused == 200, printed
    expected = scoreboard(ran.path)[rung]
    if seconds <= expected[2]:
        differences = [answers - expected[0], refused - expected[1], share - expected[3]]
        assert all(abs(difference) <= 10 for difference in differences), (printed, expected)

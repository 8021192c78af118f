"""The scoreboard of 06: what its rows say, and what a cell has measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.notebook_tools import load, notebook
from tests.support.run_all import Ran

BOARD = notebook("06")
"""The notebook that has a row for each rung."""


def scoreboard(path: Path = BOARD) -> dict[str, list[float]]:
    """Answers, 429s, seconds and share of the quota in percent, by rung; empty where
    there is none.
    """
    cells = [
        cell.source
        for cell in load(path).cells
        if cell.source.startswith("## The scoreboard")
    ]
    rows = re.findall(r"^\| ([^|]+?) \|(.*\d.*)\|$", "\n".join(cells), re.M)
    return {
        rung: [float(number) for number in re.findall(r"\d+(?:\.\d+)?", row)]
        for rung, row in rows
    }


def expect_score(ran: Ran, rung: str, printed: str) -> None:
    """The cell printed what the rung's row says; a slower computer takes longer, and is
    refused no more.
    """
    answers, refused, seconds, share = (
        float(number)
        for number in re.findall(r"(\d+(?:\.\d+)?)(?= answers| 429s| s,|%)", printed)
    )
    assert answers + refused == 200, printed
    expected = scoreboard()[rung]
    assert answers >= expected[0] - 10, (printed, expected)
    assert share <= expected[3] + 10, (printed, expected)
    divisor = max(200, 100 * (seconds - 0.3))  # in the words of 06's `text-share`
    assert share == pytest.approx(100 * answers / divisor, abs=0.51), printed
    if seconds <= expected[2]:
        assert answers <= expected[0] + 10, (printed, expected)

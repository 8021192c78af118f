"""How a run ended, in the words of a panel's ``status`` and of its notice."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest

from inflight_lab import Stats, Timeline
from inflight_lab.engine.execution import Execution, Result
from inflight_lab.panel.words import MAX_ERROR_TEXT, error_in_words, how_it_ended
from inflight_lab.runners import naive

STATS = Stats(started=9, waiting=1, in_flight=2, cancelled=3, accepted=3, elapsed=1.25)
CUT_SHORT = "stopped: 2 results in 1.2 s, 6"
RAISED = "your code raised ValueError: no"
CANCELLED = "your code raised CancelledError: "
LEFT = (
    "of its tasks went on when cancelled (a bare except does that), and were abandoned"
)


class End(NamedTuple):
    """How a run ended, and what is said of it."""

    status: str
    notice: str = ""
    error: BaseException | None = None
    stopped: bool = False
    abandoned: int = 0
    observed: bool = True


@pytest.mark.parametrize(
    "end",
    [
        End("done: 2 results in 1.2 s"),
        End(f"{CUT_SHORT} cancelled", stopped=True),
        End(f"{CUT_SHORT} not answered by then", stopped=True, observed=False),
        End(f"{CUT_SHORT} cancelled", error=asyncio.CancelledError(), stopped=True),
        End(RAISED, RAISED, ValueError("no"), stopped=True),
        End(RAISED, RAISED, ValueError("no")),
        End(CANCELLED, CANCELLED, asyncio.CancelledError()),
        End(f"done: 2 results in 1.2 s; 4 {LEFT}", f"4 {LEFT}", abandoned=4),
        End(
            f"{RAISED}; 4 {LEFT}", f"{RAISED}; 4 {LEFT}", ValueError("no"), abandoned=4
        ),
    ],
)
def test_how_a_run_ended(end: End) -> None:
    """Done, stopped or with an error; the notice says what no picture shows."""
    execution = Execution(naive.make_many_requests, "", 2, limit=1, timeline=Timeline())
    execution.result = Result([RuntimeError(), RuntimeError()], end.error)
    execution.stopped = end.stopped
    execution.abandoned = end.abandoned
    said = how_it_ended(execution, STATS, observed=end.observed)
    assert said == (end.status, end.notice)


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words for it")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("no"), "ValueError: no"),
        (UnprintableError(), "UnprintableError: (which cannot be printed)"),
        (ValueError("no" * 999), "ValueError: " + "no" * (MAX_ERROR_TEXT // 2)),
    ],
)
def test_an_error_fits_a_line(error: BaseException, says: str) -> None:
    """Its class and its text, as far as there is one and it is not too long."""
    assert error_in_words(error) == says

"""How a run ended, in the words of the status line."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest

from inflight_lab import Stats, Timeline
from inflight_lab.engine.execution import Execution, Result
from inflight_lab.panel.words import MAX_ERROR_TEXT, error_in_words, how_it_ended
from inflight_lab.runners import naive

STATS = Stats(started=9, waiting=1, in_flight=2, cancelled=3, accepted=3, elapsed=1.25)
CUT_SHORT = "stopped: 2 outcomes in 1.2 s, 6"
BARE_EXCEPT = (
    "of its tasks went on when cancelled (a bare except does that), and were abandoned"
)


class End(NamedTuple):
    """How a run ended, and what is said of it."""

    says: str
    error: BaseException | None = None
    stopped: bool = False
    abandoned: int = 0
    observed: bool = True


@pytest.mark.parametrize(
    "end",
    [
        End("done: 2 outcomes in 1.2 s"),
        End(f"{CUT_SHORT} cancelled", stopped=True),
        End(f"{CUT_SHORT} not answered by then", stopped=True, observed=False),
        End(f"{CUT_SHORT} cancelled", asyncio.CancelledError(), stopped=True),
        End("the runner raised ValueError: no", ValueError("no"), stopped=True),
        End("the runner raised ValueError: no", ValueError("no")),
        End("the runner raised CancelledError: ", asyncio.CancelledError()),
        End(f"done: 2 outcomes in 1.2 s; 4 {BARE_EXCEPT}", abandoned=4),
    ],
)
def test_how_a_run_ended(end: End) -> None:
    """Done, stopped or with an error, how much it brought, and what did not end."""
    execution = Execution(naive.make_many_requests, "", 2, limit=1, timeline=Timeline())
    execution.result = Result([RuntimeError(), RuntimeError()], end.error)
    execution.stopped = end.stopped
    execution.abandoned = end.abandoned
    assert how_it_ended(execution, STATS, observed=end.observed) == end.says


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

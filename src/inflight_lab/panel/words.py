"""How a run ended, and what an error says, in a line."""

import asyncio
from typing import NamedTuple

from inflight_lab.engine.execution import Execution
from inflight_lab.runs.events import Stats

MAX_ERROR_TEXT = 500
"""Characters."""


class End(NamedTuple):
    """How a run ended, in words."""

    status: str
    """Done, stopped, or with an error."""
    notice: str
    """What neither the picture nor the sentence above it can show, or nothing."""


def how_it_ended(execution: Execution, stats: Stats, *, observed: bool) -> End:
    """How ``execution`` ended.

    ``stats`` are the client's if it was ``observed``, otherwise the server's.
    """
    left_behind = _left_behind(execution)
    status = [_end_of(execution, stats, observed=observed), left_behind]
    notice = [_raised_by(execution), left_behind]
    return End("; ".join(filter(None, status)), "; ".join(filter(None, notice)))


def error_in_words(error: BaseException) -> str:
    """The class and the text of ``error``, also if its ``__str__`` raises."""
    try:
        text = str(error)
    except BaseException:
        text = "(which cannot be printed)"
    return f"{type(error).__name__}: {text[:MAX_ERROR_TEXT]}"


def _end_of(execution: Execution, stats: Stats, *, observed: bool) -> str:
    if raised := _raised_by(execution):
        return raised
    brought = f"{len(execution.result.outcomes)} results in {stats.elapsed:.1f} s"
    if not execution.stopped:
        return f"done: {brought}"
    missing = stats.waiting + stats.in_flight + stats.cancelled
    fate = "cancelled" if observed else "not answered by then"
    return f"stopped: {brought}, {missing} {fate}"


def _raised_by(execution: Execution) -> str:
    error = _error_of(execution)
    return "" if error is None else f"your code raised {error_in_words(error)}"


def _left_behind(execution: Execution) -> str:
    if not execution.abandoned:
        return ""
    return (
        f"{execution.abandoned} of its tasks went on when cancelled "
        "(a bare except does that), and were abandoned"
    )


def _error_of(execution: Execution) -> BaseException | None:
    """What your code raised; that Stop has cancelled it is no error."""
    error = execution.result.error
    if execution.stopped and isinstance(error, asyncio.CancelledError):
        return None
    return error

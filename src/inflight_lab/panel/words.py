"""How a run ended, and what an error says, in a line."""

import asyncio

from inflight_lab.engine.execution import Execution
from inflight_lab.runs.events import Stats

MAX_ERROR_TEXT = 500
"""Characters."""


def how_it_ended(execution: Execution, stats: Stats, *, observed: bool) -> str:
    """How ``execution`` ended: done, stopped, or with an error.

    ``stats`` are the client's if it was ``observed``, otherwise the server's.
    """
    text = _end_of(execution, stats, observed=observed)
    if not execution.abandoned:
        return text
    return (
        f"{text}; {execution.abandoned} of its tasks went on when cancelled "
        "(a bare except does that), and were abandoned"
    )


def _end_of(execution: Execution, stats: Stats, *, observed: bool) -> str:
    outcomes, error = execution.result
    brought = f"{len(outcomes)} outcomes in {stats.elapsed:.1f} s"
    cancelled = error is None or isinstance(error, asyncio.CancelledError)
    if execution.stopped and cancelled:
        missing = stats.waiting + stats.in_flight + stats.cancelled
        fate = "cancelled" if observed else "not answered by then"
        return f"stopped: {brought}, {missing} {fate}"
    if error:
        return f"the runner raised {error_in_words(error)}"
    return f"done: {brought}"


def error_in_words(error: BaseException) -> str:
    """The class and the text of ``error``, also if its ``__str__`` raises."""
    try:
        text = str(error)
    except BaseException:
        text = "(which cannot be printed)"
    return f"{type(error).__name__}: {text[:MAX_ERROR_TEXT]}"

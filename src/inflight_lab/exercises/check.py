"""What all checks of exercises share: a server, a time limit, and a verdict.

A check runs your solution against a fresh practice server and shows a card, or one line
outside a notebook: "Correct: ..." or "Not yet: ...", with what it observed.  It raises
nothing but an interrupt.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from contextlib import asynccontextmanager
from numbers import Real
from traceback import walk_tb
from typing import Any

import httpx
from IPython.display import display

from inflight_lab.exercises.verdict import CORRECT, NOT_YET, Verdict
from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer

Solution = Callable[..., Any]
"""What you wrote: a function or a coroutine function."""
Check = Callable[[Solution], Awaitable[str]]
"""Returns what the solution gets right, or raises `NotYetError`."""
TIME_LIMIT = 40.0
"""Seconds until a check gives up on a solution that hangs."""


class NotYetError(Exception):
    """The solution is not right yet; the message says what was observed."""


def expect(met: object, hint: str) -> None:
    """Raise `NotYetError` with this ``hint`` unless ``met``."""
    if not met:
        raise NotYetError(hint)


def expect_number(returned: object) -> None:
    """Raise `NotYetError` unless the solution returned a number."""
    expect(isinstance(returned, Real), f"return a number; you returned {returned!r}.")


def expect_whole_number(returned: object) -> None:
    """Raise `NotYetError` unless the solution returned a whole number; 10.0 is one."""
    is_whole = isinstance(returned, Real) and float(returned).is_integer()
    expect(is_whole, f"return a whole number; you returned {returned!r}.")


def expect_list(returned: object) -> None:
    """Raise `NotYetError` unless the solution returned something with a length."""
    expect(isinstance(returned, Sized), f"return a list; you returned {returned!r}.")


def shows_verdict(check: Check) -> Callable[[Solution], Awaitable[None]]:
    """Make ``check`` show its verdict: as a card, or outside a notebook as one line."""

    @functools.wraps(check)
    async def show_verdict(solution: Solution) -> None:
        outcome = await outcome_of(check, solution)
        if isinstance(outcome, KeyboardInterrupt):
            raise outcome
        display(verdict_on(outcome))

    return show_verdict


async def outcome_of(check: Check, solution: Solution) -> str | BaseException:
    """What ``check`` returns or raises.

    The solution runs in its own task: if it cancels that, the cell goes on.
    """
    try:
        async with asyncio.timeout(TIME_LIMIT):
            (outcome,) = await asyncio.gather(
                praise_or_exit(check, solution), return_exceptions=True
            )
    except TimeoutError:
        return NotYetError(
            f"your code was still not done after {TIME_LIMIT:.0f} seconds."
        )
    return outcome


async def praise_or_exit(check: Check, solution: Solution) -> str | BaseException:
    """Return the exceptions that would end the event loop if a task raised them."""
    try:
        return await check(solution)
    except (KeyboardInterrupt, SystemExit) as error:
        return error


def verdict_on(outcome: str | BaseException) -> Verdict:
    """What the learner reads."""
    if isinstance(outcome, str):
        return Verdict(CORRECT, outcome, line=f"Correct: {outcome}")
    observed = what_is_wrong(outcome)
    return Verdict(NOT_YET, observed, line=f"Not yet: {observed}")


def what_is_wrong(problem: BaseException) -> str:
    """What was observed, or what was raised and by whom."""
    if isinstance(problem, NotYetError):
        return str(problem)
    error = f"{type(problem).__name__}: {problem}"
    if raised_by_the_check(problem):
        return f"what your code takes or returns does not fit: {error}"
    return f"your code raised {error}"


def raised_by_the_check(error: BaseException) -> bool:
    """Whether the check itself failed on what the solution takes or returns."""
    modules = [
        frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)
    ]
    return bool(modules) and modules[-1].startswith(__package__)


@asynccontextmanager
async def practice(
    **knobs: Any,
) -> AsyncIterator[tuple[PracticeServer, httpx.AsyncClient]]:
    """A fresh server for one check, and a client to reach it.

    With a ``rate``, its quota is a sliding window.
    """
    if "rate" in knobs:
        knobs["quota"] = "sliding-window"
    async with PracticeServer(**knobs) as server, httpx.AsyncClient() as client:
        yield server, client


async def observe(
    solution: Solution, *args: Any, on: dict[str, Any], **keywords: Any
) -> tuple[Any, Stats]:
    """Run ``solution(url, *args, client=client, **keywords)`` on a fresh server.

    Returns what the solution returned, and what the server saw.  ``on`` has the
    server's knobs.
    """
    async with practice(**on) as (server, client):
        returned = await solution(server.url, *args, client=client, **keywords)
        return returned, server.stats()


def statuses(outcomes: Any) -> list[int | None]:
    """The status of each outcome of a solution, None for what is not a response."""
    return [getattr(each, "status_code", None) for each in outcomes or ()]

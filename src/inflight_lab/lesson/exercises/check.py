"""The parts that all checks of exercises share: an API, a time limit, and a verdict.

A check runs your solution, in most cases against a practice API on a virtual clock.
Then it shows a card, or one line outside a notebook: "Correct: ..." or "Not yet: ...".
It says what was seen, what is wanted, and what to look at next.
"""

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from numbers import Real
from traceback import walk_tb
from typing import Any

import httpx
from IPython.display import display

from inflight_lab.lesson.exercises.verdict import CORRECT, NOT_YET, Verdict
from inflight_lab.lesson.judge.clock import BlockingError, VirtualLoop, run
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.server.app import PracticeApp

Solution = Callable[..., Any]
"""What you wrote: a function or a coroutine function."""
Check = Callable[[Solution], Awaitable[str]]
"""Returns what the solution gets right, or raises `NotYetError`."""
TIME_LIMIT = 90.0
"""Seconds, real or virtual, until a check gives up on a solution that hangs."""


URL = "http://127.0.0.1/get"
"""Where a solution finds the API of `observe`."""


class NotYetError(Exception):
    """The solution is not right yet.  The message says what was seen and is wanted."""


def expect(met: object, seen: str, hint: str) -> None:
    """Raise `NotYetError` unless ``met``.

    ``seen`` says what was seen and what is wanted.  Below it, ``hint`` asks a question
    that leads on, without giving the solution away.
    """
    if not met:
        raise NotYetError(f"{seen}\n{hint}")


def expect_number(returned: object) -> None:
    """Raise `NotYetError` unless the solution returned a number."""
    expect(
        isinstance(returned, Real),
        f"you returned {returned!r}; a number is wanted.",
        "Does each way through the function end with a `return`?",
    )


def expect_answers(outcomes: Any, count: int, hint: str) -> None:
    """Raise `NotYetError` unless the solution returned ``count`` accepted answers."""
    answered = statuses(outcomes).count(200)
    expect(
        answered == count,
        f"{count} answers are wanted, and you returned {answered}.",
        hint,
    )


def expect_none_refused(stats: Stats, rate: int, hint: str) -> None:
    """Raise `NotYetError` if a server that allows ``rate`` a second refused any."""
    expect(
        stats.refused == 0,
        f"{stats.refused} of {stats.started} requests were refused: at most"
        f" {stats.busiest_period} came in one second, and {rate} are allowed.",
        hint,
    )


def shows_verdict(check: Check) -> Callable[[Solution], Awaitable[None]]:
    """Make ``check`` show its verdict: as a card, or outside a notebook as one line."""

    @functools.wraps(check)
    async def show_verdict(solution: Solution) -> None:
        display(await verdict_of(check, solution))

    return show_verdict


async def verdict_of(check: Check, solution: Solution) -> Verdict:
    """The verdict on a solution, whatever it returns or raises."""
    try:
        async with within(TIME_LIMIT):
            return Verdict(CORRECT, await check(solution))
    except (Exception, BlockingError) as error:
        return Verdict(NOT_YET, what_is_wrong(error))


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raise `NotYetError` if the block takes more than ``seconds``."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        expect(
            not limit.expired(),
            f"your code was not done after {seconds:g} s.",
            "What does it wait for, and what ends its loops?",
        )
        raise


def what_is_wrong(problem: BaseException) -> str:
    """Say what the check observed, or what was raised, and by whom."""
    if isinstance(problem, NotYetError | BlockingError):
        return str(problem)
    error = f"{type(problem).__name__}: {problem}"
    if raised_by_the_check(problem):
        return (
            f"what your code takes or returns does not fit: {error}\n"
            "Which arguments does the text above name, and what is to be returned?"
        )
    return f"your code raised {error}"


def raised_by_the_check(error: BaseException) -> bool:
    """Whether the check itself failed on the solution's arguments or result."""
    modules = [
        frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)
    ]
    return bool(modules) and modules[-1].startswith(__package__)


def observe(
    solution: Solution, *args: Any, on: dict[str, Any], **keywords: Any
) -> tuple[Any, Stats]:
    """Run ``solution(url, *args, client=client, **keywords)`` on a virtual clock.

    Returns what the solution returned, and what the API counted.  ``on`` has the API's
    knobs.
    """

    async def observed() -> tuple[Any, Stats]:
        app = PracticeApp(**on)
        app.timeline.clock = asyncio.get_running_loop().time
        app.reset()
        # Never closed: it has no connections, and forgotten tasks may still use it.
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        async with within(TIME_LIMIT):
            returned = await solution(URL, *args, client=client, **keywords)
            forgotten = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*forgotten, return_exceptions=True)
        return returned, app.stats()

    loop = VirtualLoop()
    loop.now = time.monotonic()  # what a cell made before has seen the real clock
    return run(observed(), loop)


def statuses(outcomes: Any) -> list[int | None]:
    """The status of each outcome of a solution; None if it is not a response."""
    return [getattr(each, "status_code", None) for each in outcomes or ()]

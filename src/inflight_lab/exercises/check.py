"""What all checks of exercises share: a server, a time limit, and one line of verdict.

A check runs your answer against a fresh practice server and prints one line:
"Correct: ..." or "Not yet: ...", with what it observed.  It raises nothing but an
interrupt.
"""

import asyncio
import functools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from traceback import walk_tb
from typing import Any

import httpx

from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer

Answer = Callable[..., Any]
"""What you wrote: a function or a coroutine function."""
Check = Callable[[Answer], Awaitable[str]]
"""Returns its praise, or raises `NotYetError`."""
TIME_LIMIT = 40.0
"""Seconds until a check gives up on an answer that hangs."""


class NotYetError(Exception):
    """The answer does not do it yet; the message says what was observed."""


def expect(met: object, hint: str) -> None:
    """Go on if ``met``; else the verdict is "Not yet", with this ``hint``."""
    if not met:
        raise NotYetError(hint)


def expect_threads() -> None:
    """Go on where Python has threads."""
    expect(
        sys.platform != "emscripten",
        "a page in a browser has one thread only: this takes a Python on a computer.",
    )


def prints_verdict(check: Check) -> Callable[[Answer], Awaitable[None]]:
    """``check``, which then prints its verdict as one line."""

    @functools.wraps(check)
    async def print_verdict(answer: Answer) -> None:
        outcome = await outcome_of(check, answer)
        if isinstance(outcome, KeyboardInterrupt):
            raise outcome
        print(verdict_on(outcome))

    return print_verdict


async def outcome_of(check: Check, answer: Answer) -> str | BaseException:
    """The praise of ``check``, or the exception that took its place.

    The answer runs in a task of its own: if it cancels its task, the cell goes on.
    """
    try:
        async with asyncio.timeout(TIME_LIMIT):
            (outcome,) = await asyncio.gather(
                praise_or_exit(check, answer), return_exceptions=True
            )
    except TimeoutError:
        return NotYetError(
            f"your code was still not done after {TIME_LIMIT:.0f} seconds."
        )
    return outcome


async def praise_or_exit(check: Check, answer: Answer) -> str | BaseException:
    """Return, too, what would end the event loop if a task raised it."""
    try:
        return await check(answer)
    except (KeyboardInterrupt, SystemExit) as error:
        return error


def verdict_on(outcome: str | BaseException) -> str:
    """The line that the learner reads."""
    if isinstance(outcome, str):
        return f"Correct: {outcome}"
    if isinstance(outcome, NotYetError):
        return f"Not yet: {outcome}"
    error = f"{type(outcome).__name__}: {outcome}"
    if raised_by_the_check(outcome):
        return f"Not yet: what your code takes or returns does not fit: {error}"
    return f"Not yet: your code raised {error}"


def raised_by_the_check(error: BaseException) -> bool:
    """Whether the check could not use the answer: the error comes from this room."""
    modules = [
        frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)
    ]
    return bool(modules) and modules[-1].startswith(__package__)


@asynccontextmanager
async def practice(
    *, max_connections: int = 100, **knobs: Any
) -> AsyncIterator[tuple[PracticeServer, httpx.AsyncClient]]:
    """A server of the check's own, and a client to reach it.

    With a ``rate``, its quota is a sliding window.
    """
    if "rate" in knobs:
        knobs["quota"] = "sliding-window"
    limits = httpx.Limits(max_connections=max_connections)
    async with (
        PracticeServer(**knobs) as server,
        httpx.AsyncClient(limits=limits) as client,
    ):
        yield server, client


async def observe(
    answer: Answer, *args: Any, on: dict[str, Any], **keywords: Any
) -> tuple[Any, Stats]:
    """What ``answer(url, *args, client=client, **keywords)`` returns, and what it sent.

    ``on`` has the knobs of the server that it runs on.
    """
    async with practice(**on) as (server, client):
        returned = await answer(server.url, *args, client=client, **keywords)
        return returned, server.stats()


async def sent_within(seconds: float, server: PracticeServer) -> int:
    """How many requests reach ``server`` from now on, within ``seconds``."""
    before = server.stats().started
    await asyncio.sleep(seconds)
    return server.stats().started - before


def statuses(outcomes: Any) -> list[int | None]:
    """The status of each outcome of an answer, None for what is not a response."""
    return [getattr(each, "status_code", None) for each in outcomes or ()]

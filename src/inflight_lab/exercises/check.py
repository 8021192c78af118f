"""What every check of an exercise shares: a server of its own, a time limit, and one line of verdict.

A check runs your answer against a fresh practice server, prints one line, "Correct:
..." or "Not yet: ..." with what was observed, and raises nothing but an interrupt.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from traceback import walk_tb
from typing import Any

import httpx

from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer

Answer = Callable[..., Any]
"""What you wrote: a function or a coroutine function."""
TIME_LIMIT = 40.0
"""Seconds until a check gives up on an answer that hangs."""


class NotYetError(Exception):
    """The answer does not do it yet; the message says what was observed."""


def expect(met: object, hint: str) -> None:
    """Go on if ``met``; else the verdict is "Not yet", with this ``hint``."""
    if not met:
        raise NotYetError(hint)


def prints_verdict(
    check: Callable[[Answer], Awaitable[str]],
) -> Callable[[Answer], Awaitable[None]]:
    """``check``, with its praise, its `NotYetError` or the answer's own error printed as one line."""

    async def outcome(answer: Answer) -> str | BaseException:
        try:
            return await check(answer)
        except (
            KeyboardInterrupt,
            SystemExit,
        ) as error:  # raised in a task, they would end the event loop
            return error

    @functools.wraps(check)
    async def print_verdict(answer: Answer) -> None:
        try:
            async with asyncio.timeout(
                TIME_LIMIT
            ):  # in a task: what the answer cancels is not the cell
                (verdict,) = await asyncio.gather(
                    outcome(answer), return_exceptions=True
                )
        except TimeoutError:
            verdict = NotYetError(
                f"your code was still not done after {TIME_LIMIT:.0f} seconds."
            )
        if isinstance(verdict, KeyboardInterrupt):
            raise verdict
        if not isinstance(verdict, BaseException):
            print("Correct:", verdict)
        elif isinstance(verdict, NotYetError):
            print("Not yet:", verdict)
        else:
            rooms = [
                frame.f_globals.get("__name__", "")
                for frame, _ in walk_tb(verdict.__traceback__)
            ]
            yours = not "".join(rooms[-1:]).startswith(__package__)
            whose = (
                "your code raised"
                if yours
                else "what your code takes or returns does not fit:"
            )
            print(f"Not yet: {whose} {type(verdict).__name__}: {verdict}")

    return print_verdict


@asynccontextmanager
async def practice(
    *, max_connections: int = 100, **knobs: Any
) -> AsyncIterator[tuple[PracticeServer, httpx.AsyncClient]]:
    """A server of the check's own, and a client to reach it.  With a ``rate``, its quota slides."""
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
    """What ``answer(url, *args, client=client, **keywords)`` returns, and what the server saw.

    ``on`` has the server's knobs.
    """
    async with practice(**on) as (server, client):
        returned = await answer(server.url, *args, client=client, **keywords)
        return returned, server.stats()


def statuses(outcomes: Any) -> list[int | None]:
    """The status of each response among an answer's outcomes, None for what is no response."""
    return [getattr(each, "status_code", None) for each in outcomes or ()]

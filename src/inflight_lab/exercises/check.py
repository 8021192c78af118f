"""What every check of an exercise shares: a server of its own, a time limit, and one line of verdict.

A check runs your answer against a fresh practice server, prints one line, "Correct: ..." or "Not yet: ..."
with what was observed, and never raises.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from inflight_lab.server import PracticeServer

Answer = Callable[..., Any]
"""What you wrote: a function or a coroutine function."""

TIME_LIMIT = 20.0
"""Seconds until a check gives up on an answer that hangs."""


class NotYetError(Exception):
    """The answer does not do it yet; the message says what was observed."""


def prints_verdict(check: Callable[[Answer], Awaitable[str]]) -> Callable[[Answer], Awaitable[None]]:
    """``check``, with its praise, its `NotYetError` or the answer's own error printed as one line."""

    @functools.wraps(check)
    async def print_verdict(answer: Answer) -> None:
        try:
            async with asyncio.timeout(TIME_LIMIT):
                print("Correct:", await check(answer))
        except NotYetError as hint:
            print("Not yet:", hint)
        except TimeoutError:
            print(f"Not yet: your code was still not done after {TIME_LIMIT:.0f} seconds.")
        except Exception as error:
            print(f"Not yet: your code raised {type(error).__name__}: {error}")

    return print_verdict


@asynccontextmanager
async def practice(
    *, max_connections: int = 100, **knobs: Any
) -> AsyncIterator[tuple[PracticeServer, httpx.AsyncClient]]:
    """A server of the check's own, and a client to reach it."""
    limits = httpx.Limits(max_connections=max_connections)
    async with PracticeServer(**knobs) as server, httpx.AsyncClient(limits=limits) as client:
        yield server, client

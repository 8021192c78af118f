"""Runners that do their worst, in one table: a function each, with a line above it.

Each says what the panel's ``status`` must contain at the end.  Some end by themselves,
some only when they are stopped.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import httpx
import pytest

COUNT = 6
"""How many requests each is asked for."""
SHORT = httpx.Timeout(5, read=0.05)
"""It gives up reading soon; to connect takes a busy machine longer, and given up leaves
a transport open.
"""
STOPPED = "stopped: "
GOES_ON = "restart the kernel"
released = threading.Event()
"""Ends those that ignore a cancellation, after a test."""


class Hostile(NamedTuple):
    """A runner, what the status must contain in the end, and whether it takes a Stop to
    get there.
    """

    runner: Any
    says: tuple[str, ...]
    stop: bool


TABLE: dict[str, Hostile] = {}
"""By name."""


def hostile(*says: str, stop: bool = False) -> Callable[[Any], Any]:
    """One more line in the table."""

    def add(runner: Any) -> Any:
        TABLE[runner.__name__] = Hostile(runner, says, stop)
        return runner

    return add


async def for_ever(make: Callable[[], Any]) -> Any:
    """Try again at once, whatever happens: what a learner writes with ``except:`` and
    ``pass``.
    """
    while not released.is_set():
        try:
            return await make()
        except BaseException:
            pass
    return None


def in_tasks(make: Callable[[], Any], count: int) -> list[asyncio.Task[Any]]:
    """``count`` tasks that never give up."""
    return [asyncio.create_task(for_ever(make)) for _ in range(count)]


@hostile(STOPPED, GOES_ON, stop=True)
async def retries_whatever_happens(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    return await asyncio.gather(
        *in_tasks(lambda: client.get(url, timeout=SHORT), count)
    )


@hostile("done: ", GOES_ON)
async def returns_early_and_leaves_tasks(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    in_tasks(lambda: client.get("http://api.example/get"), count)
    return [await client.get(url)]


@hostile(STOPPED, stop=True)
async def starts_tasks_without_end(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    tasks = set()
    while True:
        tasks.add(asyncio.create_task(client.get(url, timeout=3600)))
        await asyncio.sleep(0.001)


@hostile("your code raised ValueError: on the way out", stop=True)
async def answers_the_cancel_with_an_error(url: str, count: int) -> Any:
    try:
        await asyncio.sleep(3600)
    finally:
        raise ValueError("on the way out")


@hostile("your code raised SystemExit: 3")
async def exits(url: str, count: int) -> Any:
    sys.exit(3)


@hostile("your code raised CancelledError")
async def cancels_itself(url: str, count: int) -> Any:
    raise asyncio.CancelledError("by itself")


@hostile("your code raised ValueError: in its call")
def raises_in_its_call(url: str, count: int) -> Any:
    raise ValueError("in its call")


@hostile(
    "your code raised TypeError: the runner returned list, nothing to await: "
    "write `async def run("
)
def is_not_async(url: str, count: int) -> Any:
    return [url] * count


@hostile("your code raised TypeError: ", "unexpected keyword argument 'client'")
async def does_not_take_what_it_is_given(*arguments: Any, **options: Any) -> Any:
    return await exits(*arguments, **options)


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words for it")


@hostile("your code raised UnprintableError: (which cannot be printed)")
async def raises_what_cannot_be_printed(url: str, count: int) -> Any:
    raise UnprintableError


@pytest.fixture
async def ends_those_that_go_on() -> AsyncIterator[None]:
    """Only these tests can: a learner has to restart the kernel."""
    before = asyncio.all_tasks()
    yield
    released.set()
    left = {each for each in asyncio.all_tasks() - before if goes_on(each)}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)
    released.clear()


def goes_on(task: asyncio.Task[Any]) -> bool:
    """Whether it is a runner's, and not of the test's own machinery."""
    return "/anyio/" not in str(task.get_stack()[:1])

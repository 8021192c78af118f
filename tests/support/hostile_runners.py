"""Runners that do their worst, in one table: a function each, with a line above it.

Each says what the panel's ``status`` must contain at the end.  Some end by themselves,
some only when they are stopped; `BLOCKING` ones cannot be stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
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
ABANDONED = "were abandoned"


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
    while True:
        try:
            return await make()
        except BaseException:
            pass


def in_tasks(make: Callable[[], Any], count: int) -> list[asyncio.Task[Any]]:
    """``count`` tasks that never give up."""
    return [asyncio.create_task(for_ever(make)) for _ in range(count)]


@hostile(STOPPED, ABANDONED, stop=True)
async def retries_whatever_happens(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    return await asyncio.gather(
        *in_tasks(lambda: client.get(url, timeout=SHORT), count)
    )


@hostile(STOPPED, ABANDONED, stop=True)
async def retries_in_turn(url: str, count: int, *, client: httpx.AsyncClient) -> Any:
    return [
        await for_ever(lambda: client.get(url, timeout=SHORT)) for _ in range(count)
    ]


@hostile("done: ", ABANDONED)
async def returns_early_and_leaves_tasks(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    in_tasks(lambda: client.get("http://api.example/get"), count)
    return [await client.get(url)]


@hostile(STOPPED, ABANDONED, stop=True)
async def retries_at_the_limiter(
    url: str, count: int, *, client: httpx.AsyncClient, limiter: Any
) -> Any:
    async def one() -> Any:
        async with limiter:
            return await client.get(url, timeout=SHORT)

    return await asyncio.gather(*in_tasks(one, count))


@hostile(STOPPED, ABANDONED, stop=True)
async def takes_a_second_slot(
    url: str, count: int, *, client: httpx.AsyncClient, limiter: Any
) -> Any:
    async def second() -> Any:
        async with limiter:
            return await client.get(url)

    async with limiter:
        return await for_ever(second)


@hostile(STOPPED, ABANDONED, stop=True)
async def retries_another_machine(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    return await asyncio.gather(
        *in_tasks(lambda: client.get("http://api.example/get"), count)
    )


@hostile(STOPPED, ABANDONED, stop=True)
async def retries_a_bad_url(url: str, count: int, *, client: httpx.AsyncClient) -> Any:
    return await for_ever(lambda: client.get("http://127.0.0.1:port/get"))


@hostile(STOPPED, ABANDONED, stop=True)
async def closes_the_client_and_goes_on(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    await client.aclose()
    return await for_ever(lambda: client.get(url))


@hostile(STOPPED, ABANDONED, stop=True)
async def has_a_client_of_its_own(url: str, count: int) -> Any:
    async with httpx.AsyncClient(timeout=SHORT) as client:
        return await asyncio.gather(*in_tasks(lambda: client.get(url), count))


@hostile(STOPPED, ABANDONED, stop=True)
async def sleeps_through_every_cancel(url: str, count: int) -> Any:
    return await for_ever(lambda: asyncio.sleep(3600))


@hostile(STOPPED, ABANDONED, stop=True)
async def never_sleeps(url: str, count: int) -> Any:
    while True:
        with contextlib.suppress(BaseException):
            await asyncio.sleep(0)


@hostile(STOPPED, ABANDONED, stop=True)
async def starts_another_task_when_cancelled(url: str, count: int) -> Any:
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.create_task(starts_another_task_when_cancelled(url, count))


@hostile(STOPPED, stop=True)
async def starts_tasks_without_end(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    tasks = set()
    while True:
        tasks.add(asyncio.create_task(client.get(url, timeout=3600)))
        await asyncio.sleep(0.001)


@hostile(STOPPED, ABANDONED, stop=True)
async def tidies_up_for_an_hour(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.shield(asyncio.create_task(for_ever(lambda: asyncio.sleep(3600))))


@hostile("your code raised ValueError: on the way out", stop=True)
async def answers_the_cancel_with_an_error(url: str, count: int) -> Any:
    try:
        await asyncio.sleep(3600)
    finally:
        raise ValueError("on the way out")


@hostile(f"done: {COUNT} results")
async def starts_tasks_from_a_timer(
    url: str, count: int, *, client: httpx.AsyncClient
) -> Any:
    answer = await client.get(
        url
    )  # first: on a slow machine it takes longer than the timer
    asyncio.get_running_loop().call_later(0.1, in_tasks, lambda: client.get(url), count)
    return [answer]


@hostile("your code raised SystemExit: 3")
async def exits(url: str, count: int) -> Any:
    sys.exit(3)


@hostile("your code raised SystemExit: 3")
async def exits_in_a_task(url: str, count: int, *, client: httpx.AsyncClient) -> Any:
    async def one() -> Any:
        await client.get(url)
        sys.exit(3)

    return await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)


@hostile("your code raised KeyboardInterrupt: ")
async def raises_an_interrupt(url: str, count: int) -> Any:
    raise KeyboardInterrupt


@hostile("your code raised KeyboardInterrupt: ")
async def raises_an_interrupt_in_a_task(url: str, count: int) -> Any:
    async with asyncio.TaskGroup() as group:
        group.create_task(raises_an_interrupt(url, count))


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
    return await has_a_client_of_its_own(*arguments, **options)


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words for it")


@hostile("your code raised UnprintableError: (which cannot be printed)")
async def raises_what_cannot_be_printed(url: str, count: int) -> Any:
    raise UnprintableError


class Unlisted(list[Any]):
    def __len__(self) -> int:
        raise ValueError("how long is a piece of string")


@hostile(f"done: {COUNT} results")
async def returns_a_list_that_has_no_length(url: str, count: int) -> Any:
    return Unlisted()


BLOCKED_FOR = 3.0
"""Seconds."""


async def blocks(url: str, count: int, *, client: httpx.AsyncClient) -> Any:
    """What Stop cannot reach: the panel says so meanwhile.  Not in the table."""
    time.sleep(BLOCKED_FOR)  # noqa: ASYNC251
    return await for_ever(lambda: client.get(url, timeout=SHORT))


@pytest.fixture(autouse=True)
def as_in_a_kernel() -> Iterator[None]:
    """Between cells a kernel ignores interrupts; pytest would let them end the test
    run.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)

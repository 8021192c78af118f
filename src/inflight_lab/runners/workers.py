"""Workers: a fixed number of them share the requests, so that a million cost no more memory than ten.

One task per request costs a kilobyte and more for each, all at once.  Here ``limit``
tasks take the next request from one shared iterator.  The number of workers *is* the
limit: no semaphore is needed.

A list of outcomes still grows with the requests.  `stream_outcomes` hands them over as
they come, and bounds how far the workers may be ahead of whoever consumes them.  That
bounds the memory (also when one slow request holds up the order), and it is
back-pressure: a slow consumer makes the workers wait, and nothing more is sent.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, verbose: bool = False
) -> httpx.Response:
    """GET ``url`` once; return the response, or raise ``ValueError`` if it is no 200."""
    if verbose:
        print(f"Making request {num}")
    response = await client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(
            f"Unexpected Status: Http status code is {response.status_code}."
        )
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 3,
    client: httpx.AsyncClient | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | Exception]:
    """GET ``url`` ``count`` times with ``limit`` workers, and return the responses in order.

    Unlike ``asyncio.gather`` alone, a failure also stops the workers: nothing goes on
    hitting the API. The number of workers cannot change during the run: there is no
    ``limiter`` to pass.  The other parameters are those of `semaphore`.
    """
    outcomes: dict[int, httpx.Response | Exception] = {}
    nums = iter(range(count))

    async def work(client: httpx.AsyncClient) -> None:
        for num in nums:
            try:
                outcomes[num] = await make_one_request(
                    url, num, client=client, verbose=verbose
                )
            except Exception as error:
                if not return_exceptions:
                    raise
                outcomes[num] = error

    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        workers = [asyncio.create_task(work(client)) for _ in range(limit)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return [outcomes[num] for num in range(count)]


async def stream_outcomes(
    make_one: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 3,
    ordered: bool = True,
    ahead: int | None = None,
    return_exceptions: bool = False,
) -> AsyncGenerator[R | Exception, None]:
    """Await ``make_one(item)`` for each of ``items``, at most ``limit`` at once, and yield what it returns.

    ``items`` may be endless: it is read only as far as needed.  The outcomes come in
    the order of the items, or as they are completed with ``ordered=False``.  ``ahead``
    (by default 10 times ``limit``) is how many items may be taken whose outcome you
    have not had yet; then the workers wait for you.

    A failure is raised in its place, after the outcomes before it, and nothing more is
    sent; with ``return_exceptions`` it is yielded like a result, and the others go on.
    What ``items`` itself raises is raised in any case, and a cancelled worker ends the
    stream with ``CancelledError``.

    Leave early only inside `contextlib.aclosing`: at its end the workers are cancelled,
    and gone.

    >>> async with contextlib.aclosing(stream_outcomes(fetch, urls, limit=10)) as outcomes:
    ...     async for outcome in outcomes:
    ...         if outcome.json()["found"]:
    ...             break

    After a bare ``break`` they are cancelled only when Python happens to collect the
    generator, see PEP 789.
    """
    source, turn, room = (
        each_of(items),
        asyncio.Lock(),
        asyncio.Semaphore(ahead or 10 * limit),
    )
    places: asyncio.Queue[asyncio.Future[tuple[Any, bool]] | None] = (
        asyncio.Queue()
    )  # for outcomes to come
    taken, ends = (
        0,
        list[BaseException](),
    )  # why no more items are taken, once they are not

    async def work() -> None:
        nonlocal taken
        while not ends:
            place = asyncio.Future[tuple[Any, bool]]()
            try:
                await room.acquire()
                async with turn:
                    item = await anext(source)
                    if ends:  # since it began to wait
                        break
                    taken += 1
                    if ordered:
                        places.put_nowait(place)
            except BaseException as error:
                ends.append(error)
                places.put_nowait(None)  # whoever waits for an outcome looks again
                break
            try:
                place.set_result((await make_one(item), False))
            except BaseException as error:
                to_raise = not (return_exceptions and isinstance(error, Exception))
                place.set_result((error, to_raise))
                if to_raise:
                    ends.append(error)
            if not ordered:
                places.put_nowait(place)

    workers = [asyncio.create_task(work()) for _ in range(limit)]
    handed = 0
    try:
        while handed < taken or not ends:
            if place := await places.get():
                outcome, to_raise = await place
                if to_raise:
                    raise outcome
                yield outcome
                handed += 1
                room.release()
        if not isinstance(ends[0], StopAsyncIteration):
            raise ends[0]
    finally:
        ends.append(
            StopAsyncIteration()
        )  # for a worker that goes on in spite of being cancelled
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await source.aclose()


async def each_of(items: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    """The items of either kind of iterable."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import checked

make_many_requests = checked(make_many_requests)
stream_outcomes = checked(stream_outcomes)
PLAN = "{count} requests, at most {limit} at once"

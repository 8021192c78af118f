"""Workers: a fixed number of tasks send all requests, however many there are.

A task for each request takes a kilobyte or two of memory, for all of them at once.
Here ``limit`` tasks take the next request from one shared iterator.  The number of
workers *is* the limit, so no semaphore is needed.

A list of outcomes still grows with the requests.  `stream_outcomes` yields them one by
one, and reads only so many items ahead of you.  So the memory is limited too, even when
one slow request holds up all that come after it in order.  It is also back-pressure: if
you are slow, nothing more is sent until you take the next outcome.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, verbose: bool = False
) -> httpx.Response:
    """GET ``url`` once, and return the response.

    Raises ``ValueError`` if the status is not 200.
    """
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
    """GET ``url`` ``count`` times with ``limit`` workers; return them in order.

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
    items: Iterable[T],
    *,
    limit: int = 3,
    ordered: bool = True,
    ahead: int | None = None,
    return_exceptions: bool = False,
) -> AsyncGenerator[R | Exception, None]:
    """Await ``make_one(item)`` for each item, ``limit`` at once; yield what it returns.

    ``items`` may be endless: only as many are read as needed.  The outcomes come in the
    order of the items, or as they are completed with ``ordered=False``.  ``ahead`` (by
    default 10 times ``limit``) is how many items may be read whose outcome you are not
    done with.  What ``items`` itself raises is raised at once.

    A failure is raised in its place, after the outcomes before it, and nothing is sent
    after it.  With ``return_exceptions`` it is yielded like a result, and the others go
    on.

    If you leave early, use `contextlib.aclosing`: when its block ends, the requests
    under way have been cancelled and have ended.

    >>> stream = stream_outcomes(fetch, urls, limit=10)
    >>> async with contextlib.aclosing(stream) as outcomes:
    ...     async for outcome in outcomes:
    ...         if outcome.json()["found"]:
    ...             break

    After a bare ``break`` they are cancelled only when Python happens to collect the
    generator, see PEP 789.
    """
    slots = asyncio.Semaphore(limit)
    has_failed = False

    async def make_limited(item: T) -> R | Exception:
        nonlocal has_failed
        async with slots:
            if has_failed:
                raise asyncio.CancelledError
            try:
                return await make_one(item)
            except Exception as error:
                if return_exceptions:
                    return error
                has_failed = True
                raise

    most = ahead or 10 * limit
    tasks: list[asyncio.Task[R | Exception]] = []
    source = iter(items)
    try:
        while True:
            for item in itertools.islice(source, most - len(tasks)):
                tasks.append(asyncio.create_task(make_limited(item)))
            if not tasks:
                return
            if not ordered:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                tasks.sort(key=lambda task: not task.done())
            yield await tasks[0]
            del tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

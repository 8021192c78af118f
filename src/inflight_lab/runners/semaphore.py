"""Semaphore: a limit on requests in flight.

A semaphore is a counter of free slots.  ``acquire`` lowers it and waits while it is
zero, ``release`` raises it and wakes the next in line; ``async with`` does both.  One
semaphore is shared by the whole run.  It limits *concurrency*, not the rate: by
Little's law the rate is in flight / latency.
"""

import asyncio
import contextlib

import httpx

Limiter = contextlib.AbstractAsyncContextManager[object]  # what asyncio.Semaphore is


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Limiter,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a slot, GET ``url`` once, and return the response.

    Raises ``ValueError`` if the status is not 200.
    """
    async with limiter:
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
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, at most ``limit`` at once; return them in order.

    ``limiter``, any async context manager, takes the place of the run's own
    ``asyncio.Semaphore(limit)``.  ``client`` is used and left open; without one, a
    client is opened for this run and closed after it.  ``verbose`` prints a line just
    before each request.

    The first failure is raised and the other results are lost, unless
    ``return_exceptions`` is true: then each failure stands in place of its response.
    As always with ``asyncio.gather``, a raised failure does not cancel the other
    requests: with a client of your own they go on hitting the API.
    """
    limiter = limiter or asyncio.Semaphore(limit)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url, num, client=client, limiter=limiter, verbose=verbose
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)

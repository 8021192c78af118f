"""Semaphore with a pause: requests in groups, about a second apart.

After its response each request checks whether every slot is taken, its own included.
If so, it keeps its slot for another second, so that the next in line waits.  While
requests queue, the rate falls to about limit / (latency + 1 s).  It still isn't a rate
limit: fewer requests than ``limit`` at a time never pause.
"""

import asyncio
import contextlib
from typing import Any

import httpx

LockableLimiter = Any  # a limiter with ``locked()``, such as asyncio.Semaphore


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: LockableLimiter,
    pause: float = 1.0,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a slot, GET ``url`` once, pause if all slots are taken.

    Returns the response.  ``pause`` is in seconds; it comes before the status is
    checked, so refused requests pause too.  A status other than 200 then raises
    ``ValueError``.
    """
    async with limiter:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
        if limiter.locked():
            if verbose:
                print("Concurrency limit reached, waiting ...")
            await asyncio.sleep(pause)
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
    limiter: LockableLimiter = None,
    pause: float = 1.0,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, in groups of ``limit``; return them in order.

    A request that finds every slot taken keeps its own for ``pause`` seconds after the
    response.  ``limiter``, any async context manager with ``locked()``, takes the place
    of the run's own ``asyncio.Semaphore(limit)``.  The other parameters are those of
    `semaphore`.
    """
    limiter = limiter or asyncio.Semaphore(limit)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url,
                    num,
                    client=client,
                    limiter=limiter,
                    pause=pause,
                    verbose=verbose,
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)

"""Resilient: retries temporary failures without overloading the server.

A request is sent by ``patiently``, which says what is tried again, how long everybody
waits, and when the run ends.  Share one `Patience` among several runs against one API:
if it stops, they all do.

This is not a rate limit: it reacts to refusals and does not avoid them.  Pass a `Pacer`
with a rate as ``limiter`` for that.
"""

import asyncio
import contextlib
import math
from typing import Any

import httpx

from inflight_lab.runners.pacer import Pacer
from inflight_lab.runners.patiently import Patience


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Pacer,
    patiently: Patience,
    verbose: bool = False,
) -> httpx.Response:
    """GET ``url`` until there is an answer, and return it.

    Raises `NoAnswer` if this request has failed for good, and `Stop` if all will.
    """

    async def get() -> httpx.Response:
        if verbose:
            print(f"Making request {num}")
        return await client.get(url, headers={"Content-Type": "application/json"})

    answer: httpx.Response = await patiently(limiter, get)
    return answer


async def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 3,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    patiently: Patience | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, retry what fails, and return the responses in order.

    At most ``limit`` requests are in flight at once.  A ``limiter`` that can't pause is
    put into a `Pacer` without a rate.  The other parameters are those of `semaphore`.
    """
    if not hasattr(limiter, "pause"):
        limiter = Pacer(math.inf, limit=limit, limiter=limiter)
    patiently = patiently or Patience()
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url,
                    num,
                    client=client,
                    limiter=limiter,
                    patiently=patiently,
                    verbose=verbose,
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)

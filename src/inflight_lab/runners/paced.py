"""Paced: nearly the whole quota used, and no 429.

A `Pacer` takes the place of the semaphore, and nothing else changes.  It limits the
rate to what the API allows: requests leave evenly spaced, a little slower than the
quota.  It also limits how many are in flight, so that a slow API does not make requests
pile up in httpx's pool of 100 connections.

A quota belongs to an API key, not to a process: others who use the key count too.
"""

import asyncio
import contextlib
from typing import Any

import httpx

from inflight_lab.runners.pacer import Pacer


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Any,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, and return the response.

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
    rate: float = 100,
    period: float = 1.0,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, paced; return the responses in order.

    The API allows ``rate`` requests per ``period`` seconds; the margin is taken off
    here.  ``limit`` is how many may be in flight.  ``limiter`` is a `Pacer` if several
    batches share one quota: then ``rate``, ``period`` and ``limit`` are its own.  Any
    other limiter takes the place of ``limit`` only, and the pace is kept on top of it.
    The other parameters are those of `semaphore`.
    """
    if not isinstance(limiter, Pacer):
        limiter = Pacer(rate, period, limit=limit, limiter=limiter)
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

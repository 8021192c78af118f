"""Naive: one task per request, and nothing that holds them back.

This is the first rung of the ladder, and the mistake that most people start with.  The
``Content-Type`` header is the original script's; each rung keeps it.

Every request starts at once.  What happens then is up to httpx's connection pool (100
connections by default) and to the API.

To run it, like any other rung: ``inflight-lab run naive URL --count 200``.
"""

import asyncio
import contextlib

import httpx


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
    client: httpx.AsyncClient | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, all at once, and return the responses in order.

    ``client`` is used and left open; without one, a client is opened for this run and
    closed after it.  ``verbose`` prints a line just before each request.

    The first failure is raised and the other results are lost, unless
    ``return_exceptions`` is true: then each failure stands in place of its response.
    As always with ``asyncio.gather``, a raised failure does not cancel the other
    requests: with a client of your own they go on hitting the API.
    """
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(url, num, client=client, verbose=verbose)
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)

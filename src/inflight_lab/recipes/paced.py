"""Send many requests at the rate that an API allows.  Needs Python 3.11 and httpx."""

import asyncio
from collections import Counter

import httpx

from inflight_lab.runners.paced import Pacer

# Change these three lines.  A quota is a pair: so many requests in so many seconds.
URL = "https://api.example.com/items/{id}"  # {id} is filled in
IDS = range(1, 301)
QUOTAS = [(100, 1)]

LIMIT = 50  # requests in flight


async def main() -> list[httpx.Response | BaseException]:
    """Fetch every id once.  Return the responses or errors, in the order of the ids."""
    pacer = Pacer(*QUOTAS[0], also=QUOTAS[1:], limit=LIMIT)
    unlimited = httpx.Limits(max_connections=None)  # the pacer has the limit
    async with httpx.AsyncClient(timeout=30, limits=unlimited) as client:
        requests = [fetch(id, client, pacer) for id in IDS]
        return await asyncio.gather(*requests, return_exceptions=True)


async def fetch(id: object, client: httpx.AsyncClient, pacer: Pacer) -> httpx.Response:
    """Wait for a turn, then fetch one id."""
    async with pacer:
        return await client.get(URL.replace("{id}", str(id)))


def name(result: httpx.Response | BaseException) -> str:
    """What there is to count: a status, or the kind of an error."""
    if isinstance(result, httpx.Response):
        return f"status {result.status_code}"
    return type(result).__name__


if __name__ == "__main__":
    results = asyncio.run(main())
    print(Counter(name(result) for result in results))
    raise SystemExit(any(name(result) != "status 200" for result in results))

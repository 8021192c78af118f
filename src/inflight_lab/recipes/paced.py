"""Send many requests at the rate that an API allows.  Needs Python 3.11 and httpx.

It keeps the responses in memory.  To write each to a file, use fetch_all.
"""

import asyncio
import sys
from collections import Counter

import httpx

from inflight_lab.recipes.address import url_of
from inflight_lab.recipes.headers import filled_in
from inflight_lab.recipes.settings import Stop, check_settings
from inflight_lab.runners.paced import Pacer

# Change these three lines.
URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS = range(1, 301)  # or a list, such as [17, "abc"]
# What the API allows, as it states it: pairs (requests, seconds).  If it has several
# quotas, list all: [(10, 1), (1000, 3600)] is 10 a second and also 1,000 an hour.
QUOTAS = [(100, 1)]

# Sent with each request.  For a key, add a line such as "X-Api-Key": "$X_API_KEY" or
# "Authorization": "Bearer $API_TOKEN", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0 (no address given)"}

LIMIT = 50  # requests in flight; raise it to requests per second x seconds per answer


async def main() -> list[httpx.Response | BaseException]:
    """Fetch every id once.  Return the responses or errors, in the order of the ids."""
    check_settings(URL=URL, IDS=IDS, QUOTAS=QUOTAS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    pacer = Pacer(*QUOTAS[0], also=QUOTAS[1:], limit=LIMIT)
    unlimited = httpx.Limits(max_connections=None)  # the pacer has the limit
    async with httpx.AsyncClient(
        headers=httpx.Headers(headers, encoding="utf-8"), timeout=30, limits=unlimited
    ) as client:
        requests = [fetch(id, client, pacer) for id in IDS]
        return await asyncio.gather(*requests, return_exceptions=True)


async def fetch(id: object, client: httpx.AsyncClient, pacer: Pacer) -> httpx.Response:
    """Wait for a turn, then fetch one id."""
    async with pacer:
        return await client.get(url_of(URL, id))


def name(result: httpx.Response | BaseException) -> str:
    """What there is to count: a status, or the kind of an error."""
    if isinstance(result, httpx.Response):
        return f"status {result.status_code}"
    return type(result).__name__


if __name__ == "__main__":
    try:
        results = asyncio.run(main())
    except Stop as reason:
        sys.exit(f"Nothing was sent: {reason}")
    except KeyboardInterrupt:
        print("\nInterrupted.  To keep the answers, use fetch_all.", file=sys.stderr)
        sys.exit(130)
    counts = Counter(name(result) for result in results)
    print(counts or "Nothing to fetch: IDS is empty.")
    raise SystemExit(any(name(result) != "status 200" for result in results))

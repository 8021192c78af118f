"""Send many requests at the rate that an API allows.

    python paced.py  # needs Python 3.11 or newer, and httpx

Each is sent once, and the responses stay in memory, in the order of the ids.  To try
again what fails, and to keep each answer in a file, use fetch_all.
"""

import asyncio
from collections import Counter
from typing import Any

import httpx

from inflight_lab import Pacer
from inflight_lab.recipes.settings import addresses, start

URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS: Any = []  # such as range(1, 3001), or [17, "abc"]
RATE = 100  # requests that the API allows ...
PERIOD = 1  # ... in so many seconds; 5000 in 3600 s are evenly spaced
LIMIT = 50  # requests in flight: at least requests per second x seconds per answer
# A key comes from the environment (import os): "X-Api-Key": os.environ["X_API_KEY"].
HEADERS = {"User-Agent": "my-script/1.0"}


async def main() -> list[httpx.Response | BaseException]:
    """Fetch every id once.  Return the responses or errors, in the order of the ids."""
    urls = addresses(URL, IDS)
    pacer = Pacer(RATE, PERIOD, limit=LIMIT)  # else at most 90 in flight
    pool = httpx.Limits(max_connections=None)  # else at most 100 in flight
    client = httpx.AsyncClient(headers=HEADERS, timeout=30, limits=pool)

    async def fetch(url: str) -> httpx.Response:
        async with pacer:
            return await client.get(url)

    async with client:
        return await asyncio.gather(*map(fetch, urls), return_exceptions=True)


if __name__ == "__main__":
    print(Counter(map(repr, start(main))))

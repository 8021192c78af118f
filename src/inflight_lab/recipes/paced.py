"""Send many requests at the rate that an API allows.

    python paced.py

Each is sent once, and the responses stay in memory, in the order of the ids.  To try
again what fails, and to keep each answer in a file, use fetch_all.
"""

import asyncio
import os
import sys
from collections import Counter
from typing import Any
from urllib.parse import quote

import httpx

from inflight_lab import Pacer

URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS: Any = []  # such as range(1, 3001), or [17, "abc"]
RATE = 100  # requests that the API allows ...
PERIOD = 1  # ... in so many seconds
LIMIT = 50  # requests in flight: at least requests per second x seconds per answer
# For a key, add "X-Api-Key": "$X_API_KEY", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0"}


async def main() -> list[httpx.Response | BaseException]:
    """Fetch every id once.  Return the responses or errors, in the order of the ids."""
    headers = checked_settings()
    pacer = Pacer(RATE, PERIOD, limit=LIMIT)
    pool = httpx.Limits(max_connections=None)  # the pacer has the limit
    async with httpx.AsyncClient(headers=headers, timeout=30, limits=pool) as client:
        requests = [fetch(client, pacer, id) for id in IDS]
        return await asyncio.gather(*requests, return_exceptions=True)


async def fetch(client: httpx.AsyncClient, pacer: Pacer, id: object) -> httpx.Response:
    """Wait for a turn, then fetch one id."""
    async with pacer:
        return await client.get(URL.replace("{id}", quote(str(id), safe="")))


def checked_settings() -> dict[str, str]:
    """HEADERS with its variables filled in.  Raises ``ValueError`` for a mistake."""
    if "{id}" not in URL or "example.com" in URL:
        raise ValueError(
            f"URL must be the address of your API, with {{id}}, got {URL!r}"
        )
    if not IDS:
        raise ValueError("IDS must be the ids of your items, and there are none")
    headers = {name: os.path.expandvars(value) for name, value in HEADERS.items()}
    for value in headers.values():
        if "$" in value:
            raise ValueError(f"HEADERS: the environment has no variable for {value!r}")
    return headers


if __name__ == "__main__":
    try:
        results = asyncio.run(main())
    except ValueError as mistake:
        sys.exit(f"Nothing was sent: {mistake}")
    except KeyboardInterrupt:
        sys.exit("Interrupted.  To keep the answers, use fetch_all.")
    print(Counter(map(repr, results)))

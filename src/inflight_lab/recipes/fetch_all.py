"""Fetch many items from an API, within its quota, and keep every answer.

    python fetch_all.py  # needs Python 3.11 or newer, and httpx

Each answer is in RESULTS as soon as it comes: "key" is its address, "data" its JSON.
Stop the script when you like: the next start asks only for what has no answer yet.
"""

import sys
from typing import Any

import httpx

from inflight_lab import AnswerFile, Pacer, Patience
from inflight_lab.recipes.settings import addresses, start

URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS: Any = []  # such as range(1, 3001), or [17, "abc"]
RATE = 100  # requests that the API allows ...
PERIOD = 1  # ... in so many seconds; 5000 in 3600 s are evenly spaced
LIMIT = 50  # requests in flight: at least requests per second x seconds per answer
# A key belongs here, not in URL (import os): "X-Api-Key": os.environ["X_API_KEY"].
HEADERS = {"User-Agent": "my-script/1.0"}
RESULTS = "results.jsonl"  # for fresh answers, name another file


async def main() -> bool:
    """Fetch what has no answer yet.  Return whether all is there now."""
    urls = addresses(URL, IDS)
    pacer = Pacer(RATE, PERIOD, limit=LIMIT)  # else at most 90 in flight
    patiently = Patience()
    pool = httpx.Limits(max_connections=None)  # else at most 100 in flight
    client = httpx.AsyncClient(headers=HEADERS, timeout=None, limits=pool)

    async def fetch(url: str) -> Any:
        """What to keep of one answer: its JSON, or None if there is nothing."""
        response = await patiently(pacer, client.get, url)  # a POST may be done twice
        if response.status_code in (204, 404, 410):
            return None
        if "next" in response.links:  # if one page is enough, delete these lines
            await patiently.stop("more pages, which fetch() does not follow")
        return response.json()  # or response.text

    with AnswerFile(RESULTS) as answers:
        async with client:
            return await answers.collect(urls, fetch, patiently, limit=LIMIT)


if __name__ == "__main__":
    sys.exit(not start(main))

"""Fetch many items with requests, within a quota, and keep every answer.

    pip install httpx requests  # needs Python 3.11 or newer
    python with_requests.py

Each answer is in RESULTS as soon as it comes: "key" is its address, "data" its JSON.
Stop the script when you like: the next start asks only for what has no answer yet.
requests blocks while it waits, so each request has a thread; asyncio decides when.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import requests
from requests.adapters import HTTPAdapter

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
TIMEOUT = 20  # seconds without data, then it gives up: a thread cannot be cancelled


async def main() -> bool:
    """Fetch what has no answer yet.  Return whether all is there now."""
    urls = addresses(URL, IDS)
    pacer = Pacer(RATE, PERIOD, limit=LIMIT)  # else at most 90 in flight
    patiently = Patience()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(LIMIT))
    session = requests.Session()
    session.headers.update(HEADERS)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=LIMIT))

    async def fetch(url: str) -> Any:
        """What to keep of one answer: its JSON, or None if there is nothing."""
        response = await patiently(pacer, asyncio.to_thread, get, session, url)
        if response.status_code in (204, 404, 410):
            return None
        if "next" in response.links:  # if one page is enough, delete these lines
            await patiently.stop("more pages, which fetch() does not follow")
        return response.json()  # or response.text

    with AnswerFile(RESULTS) as answers, session:
        return await answers.collect(urls, fetch, patiently, limit=LIMIT)


def get(session: requests.Session, url: str) -> httpx.Response:
    """Send one request.  Its answer and its errors become those of httpx."""
    try:
        got = session.get(url, timeout=TIMEOUT, allow_redirects=False)
    except requests.exceptions.InvalidURL as error:
        raise httpx.InvalidURL(str(error)) from error
    except requests.RequestException as error:
        raise httpx.NetworkError(repr(error)) from error
    headers = httpx.Headers(got.headers, encoding="latin-1")
    headers.pop("Content-Encoding", None)  # the content is decoded
    return httpx.Response(got.status_code, headers=headers, content=got.content)


if __name__ == "__main__":
    sys.exit(not start(main))

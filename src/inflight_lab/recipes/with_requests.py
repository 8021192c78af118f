"""Fetch many items with requests, within a quota, and keep every answer.

    pip install httpx requests
    python with_requests.py

Each answer is in RESULTS as soon as it comes: {"key": its address, "data": its JSON}.
Stop the script when you like: the next start asks only for what has no answer yet.
requests blocks while it waits, so each request has a thread; asyncio decides when.
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import requests
from requests.adapters import HTTPAdapter

from inflight_lab import AnswerFile, NoAnswer, Pacer, Patience, Stop

URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS: Any = []  # such as range(1, 3001), or [17, "abc"]
RATE = 100  # requests that the API allows ...
PERIOD = 1  # ... in so many seconds
LIMIT = 50  # requests in flight: at least requests per second x seconds per answer
# For a key, add "X-Api-Key": "$X_API_KEY", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0"}
RESULTS = "results.jsonl"  # for fresh answers, name another file
TIMEOUT = 20  # seconds without data, then it gives up: a thread cannot be cancelled
NOT_THERE = (404, 410)  # statuses that are an answer: there is no such item


async def main() -> bool:
    """Fetch what has no answer yet.  Return whether all is there now."""
    headers = checked_settings()
    urls = [URL.replace("{id}", quote(str(id), safe="")) for id in IDS]
    pacer = Pacer(RATE, PERIOD, limit=LIMIT)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(LIMIT))
    with AnswerFile(RESULTS) as answers, requests.Session() as session:
        session.headers.update(headers)
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=LIMIT))
        ask = partial(fetch, session, Patience(), pacer)
        return await answers.collect(urls, ask, limit=LIMIT)


async def fetch(
    session: requests.Session, patiently: Patience, pacer: Pacer, url: str
) -> Any:
    """What to keep for one address: its JSON, or None if there is no such item."""
    try:
        response = await patiently(pacer, asyncio.to_thread, get, session, url)
    except NoAnswer as error:
        if error.status in NOT_THERE:
            return None
        raise
    return response.json()


def get(session: requests.Session, url: str) -> httpx.Response:
    """Send one request.  Its answer and its errors become those of httpx."""
    try:
        got = session.get(url, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        raise httpx.NetworkError(repr(error)) from error
    headers = httpx.Headers(got.headers, encoding="latin-1")
    headers.pop("Content-Encoding", None)  # the content is decoded
    return httpx.Response(got.status_code, headers=headers, content=got.content)


def checked_settings() -> dict[str, str]:
    """HEADERS with its variables filled in.  Raises `Stop` for what cannot be right."""
    if "{id}" not in URL or "example.com" in URL:
        raise Stop(f"URL must be the address of your API, with {{id}}, got {URL!r}")
    if not IDS:
        raise Stop("IDS must be the ids of your items, and there are none")
    headers = {name: os.path.expandvars(value) for name, value in HEADERS.items()}
    for value in headers.values():
        if "$" in value:
            raise Stop(f"HEADERS: the environment has no variable for {value!r}")
    return headers


if __name__ == "__main__":
    try:
        sys.exit(not asyncio.run(main()))
    except (Stop, ValueError) as mistake:
        sys.exit(f"Nothing was sent: {mistake}")
    except KeyboardInterrupt:
        sys.exit("Interrupted.  The next start goes on from here.")

"""Fetch many items with requests.  Needs Python 3.11, httpx and requests.

    pip install httpx requests
    python with_requests.py

requests blocks while it waits, so each request has a thread; asyncio decides when.
httpx only reads what a refusal asks for.  Each answer is written to a file as it comes.
You can stop the script at any time: the next start asks for what has no answer yet.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import httpx
import requests
from requests.adapters import HTTPAdapter

from inflight_lab.recipes.address import url_of
from inflight_lab.recipes.api import Api
from inflight_lab.recipes.as_httpx import as_httpx
from inflight_lab.recipes.headers import as_latin_1, filled_in
from inflight_lab.recipes.report import report, run
from inflight_lab.recipes.results_file import Outcome, Record, open_results
from inflight_lab.recipes.settings import check_settings

# Change these three lines.
URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS = range(1, 3001)  # or a list, such as [17, "abc"]
# What the API allows, as it states it: pairs (requests, seconds).  If it has several
# quotas, list all: [(10, 1), (1000, 3600)] is 10 a second and also 1,000 an hour.
QUOTAS = [(100, 1)]

# Sent with each request.  For a key, add a line such as "X-Api-Key": "$X_API_KEY" or
# "Authorization": "Bearer $API_TOKEN", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0 (no address given)"}

LIMIT = 50  # requests in flight; raise it to requests per second x seconds per answer
RESULTS = "results.jsonl"  # a line for each answer; for fresh ones, name another file
NOT_THERE = (404, 410)  # statuses that say "no such item": an answer, so no retry
TIMEOUT = 20.0  # seconds without data, then it gives up: a thread cannot be cancelled

MAY_PASS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,  # the answer breaks off
    requests.exceptions.InvalidHeader,  # what came was not HTTP
)


async def main() -> list[Outcome]:
    """Fetch what has no answer yet.  Return the outcome of every id, in order."""
    check_settings(URL=URL, IDS=IDS, QUOTAS=QUOTAS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    items = [{"key": url_of(URL, id), "id": id} for id in IDS]
    with open_results(RESULTS, items) as results:
        with new_session(headers) as session, new_threads() as threads:
            api = Api(
                ask=partial(fetch, session, threads),
                results=results,
                quotas=QUOTAS,
                limit=LIMIT,
                not_there=NOT_THERE,
            )
            await api.ask_for(results.missing())
        return report(results)


def new_session(headers: dict[str, str]) -> requests.Session:
    """One session for all threads, with a connection for each of them."""
    session = requests.Session()
    session.headers.update(as_latin_1(headers))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=LIMIT))
    return session


@contextmanager
def new_threads() -> Iterator[ThreadPoolExecutor]:
    """A thread for each request in flight.  Stopping does not wait for them."""
    threads = ThreadPoolExecutor(LIMIT)
    try:
        yield threads
    finally:
        threads.shutdown(wait=False)


async def fetch(
    session: requests.Session, threads: ThreadPoolExecutor, item: Record
) -> httpx.Response:
    """Send the request for one item.  Its answer and its errors become httpx's."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(threads, send, session, item["key"])
    except MAY_PASS as error:
        raise httpx.NetworkError(f"{type(error).__name__}: {error}") from error
    except requests.RequestException as error:
        raise httpx.HTTPError(f"{type(error).__name__}: {error}") from error


def send(session: requests.Session, url: str) -> httpx.Response:
    """Send a request to exactly this address, and wait for the whole answer."""
    request = session.prepare_request(requests.Request("GET", url))
    request.url = url  # requests has made a dot of each %2E
    env = session.merge_environment_settings(url, {}, None, None, None)
    with session.send(request, timeout=TIMEOUT, allow_redirects=False, **env) as got:
        return as_httpx(got.status_code, got.headers, got.content)


if __name__ == "__main__":
    outcomes = run(main)  # one for each id, in order: use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))

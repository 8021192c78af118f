"""Fetch many items with aiohttp.  Needs Python 3.11, httpx and aiohttp.

    pip install httpx aiohttp
    python with_aiohttp.py

aiohttp sends the requests.  httpx only holds their answers, for the code that reads
what a refusal asks for.  Each answer is written to the results file as it comes.  You
can stop the script at any time: the next start asks only for what has no answer yet.
"""

from functools import partial

import aiohttp
import httpx
import yarl

from inflight_lab.recipes.address import url_of
from inflight_lab.recipes.api import Api
from inflight_lab.recipes.as_httpx import as_httpx
from inflight_lab.recipes.headers import filled_in
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

MAY_PASS = (
    aiohttp.ClientConnectionError,
    aiohttp.ClientPayloadError,
    aiohttp.ClientResponseError,  # what came was not HTTP
)


async def main() -> list[Outcome]:
    """Fetch what has no answer yet.  Return the outcome of every id, in order."""
    check_settings(URL=URL, IDS=IDS, QUOTAS=QUOTAS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    items = [{"key": url_of(URL, id), "id": id} for id in IDS]
    with open_results(RESULTS, items) as results:
        async with new_session(headers) as session:
            api = Api(
                ask=partial(fetch, session),
                results=results,
                quotas=QUOTAS,
                limit=LIMIT,
                not_there=NOT_THERE,
            )
            await api.ask_for(results.missing())
        return report(results)


def new_session(headers: dict[str, str]) -> aiohttp.ClientSession:
    """A session that leaves timeouts and limits to the rest of the script."""
    return aiohttp.ClientSession(
        headers=headers,
        timeout=aiohttp.ClientTimeout(),
        connector=aiohttp.TCPConnector(limit=0),
    )


async def fetch(session: aiohttp.ClientSession, item: Record) -> httpx.Response:
    """Send the request for one item.  Its answer and its errors become httpx's."""
    url = yarl.URL(item["key"], encoded=True)
    try:
        # A redirect is an answer: followed, it would take the key to another host.
        async with session.get(url, allow_redirects=False) as response:
            body = await response.read()
    except MAY_PASS as error:
        raise httpx.NetworkError(f"{type(error).__name__}: {error}") from error
    except aiohttp.ClientError as error:
        raise httpx.HTTPError(f"{type(error).__name__}: {error}") from error
    return as_httpx(response.status, response.headers, body)


if __name__ == "__main__":
    outcomes = run(main)  # one for each id, in order: use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))

"""Follow lists from page to page.  Needs Python 3.11 and httpx.

    python follow_pages.py

Each page is written to the results file as it comes, with the address of the next one.
You can stop the script at any time: the next start continues each list after the last
page that it has.  To fetch a list from the beginning, name another file.
"""

import asyncio
from functools import partial

import httpx

from inflight_lab.recipes.answers import json_in
from inflight_lab.recipes.api import Api
from inflight_lab.recipes.client import new_client
from inflight_lab.recipes.headers import filled_in
from inflight_lab.recipes.pages import Pages, address_in, open_pages
from inflight_lab.recipes.report import report, run
from inflight_lab.recipes.results_file import Outcome, Record
from inflight_lab.recipes.settings import check_settings

# Change these two lines.  If your API says elsewhere which page is next, also change
# the functions that look for it.
URLS = ["https://api.example.com/items?per_page=100"]  # the first page of each list
QUOTAS = [(10, 1)]  # what the API allows: pairs (requests, seconds); all hold

# Sent with each request.  For a key, add a line such as "X-Api-Key": "$X_API_KEY" or
# "Authorization": "Bearer $API_TOKEN", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0 (no address given)"}

LIMIT = 10  # requests in flight; a list has one at a time, so more lists need more
RESULTS = "results.jsonl"  # a line for each page; to begin again, name another file


def next_in_header(response: httpx.Response) -> str | None:
    """As GitHub sends it: ``Link: <https://.../items?page=2>; rel="next"``."""
    return response.links.get("next", {}).get("url")


def next_in_body(response: httpx.Response) -> str | None:
    """As others send it: ``{"next": "https://.../items?page=2", "items": [...]}``."""
    body = json_in(response)["data"]
    return body.get("next") if isinstance(body, dict) else None


async def main() -> list[Outcome]:
    """Fetch the pages that are missing.  Return the outcome of each, list by list."""
    check_settings(URLS=URLS, QUOTAS=QUOTAS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    with open_pages(RESULTS, URLS) as pages:
        async with new_client(headers) as client:
            ask = partial(fetch, client)
            api = Api(ask=ask, results=pages, quotas=QUOTAS, limit=LIMIT)
            await follow(pages, api)
        return report(pages)


async def follow(pages: Pages, api: Api) -> None:
    """Fetch all lists at once, each of them page by page."""
    async with asyncio.TaskGroup() as group:
        for page in pages.missing():
            api.start_worker(pages.missing_from(page), group)
    for page in pages.missing():
        pages.add(page, {"error": f"given up: {api.why_given_up}"})


async def fetch(client: httpx.AsyncClient, page: Record) -> httpx.Response:
    """Send the request for a page, and note which one is next.

    If the next page needs more than its address, such as a header of this answer, put
    that into ``pass_on``.  It is in the next page, also after a stop:

        headers = {"X-Turn": page.get("turn", "")}
        ...
        page["pass_on"] = {"turn": response.headers["X-Turn"]}
    """
    response = await client.get(page["key"])
    if response.is_success:
        link = next_in_header(response) or next_in_body(response)
        page["next"] = address_in(link, response)
    return response


if __name__ == "__main__":
    outcomes = run(main)  # one for each page, list by list: use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))

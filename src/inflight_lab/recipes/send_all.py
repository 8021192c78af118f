"""Send many items to an API with POST, each of them once.  Needs Python 3.11 and httpx.

    python send_all.py

Each answer is written to the results file as it comes.  You can stop the script at any
time: the next start sends only what has no answer yet.

A request whose answer was lost is sent again, although the API may have done what it
asks for.  So each item has an idempotency key: an API that supports it does the same
thing only once.  The key follows from the item, and is the same at the next start.
Equal items count as one; add a number to tell them apart.
"""

import json
import uuid
from functools import partial
from typing import Any

import httpx

from inflight_lab.recipes.client import new_client
from inflight_lab.recipes.headers import filled_in
from inflight_lab.recipes.order_api import OrderApi
from inflight_lab.recipes.report import report, run
from inflight_lab.recipes.results_file import Outcome, Record, open_results
from inflight_lab.recipes.settings import Stop, check_settings

# Change these three lines.
URL = "https://api.example.com/orders"  # one address, to which all bodies go
BODIES = [{"order": number, "amount": 1} for number in range(1, 301)]  # sent as JSON
# What the API allows, as it states it: pairs (requests, seconds).  If it has several
# quotas, list all: [(10, 1), (1000, 3600)] is 10 a second and also 1,000 an hour.
QUOTAS = [(100, 1)]

# Sent with each request.  For a key, add a line such as "X-Api-Key": "$X_API_KEY" or
# "Authorization": "Bearer $API_TOKEN", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0 (no address given)"}

LIMIT = 50  # requests in flight; raise it to requests per second x seconds per answer
RESULTS = "results.jsonl"  # a line for each answer; for fresh ones, name another file
KEY_FIELD = "Idempotency-Key"  # the header for an item's key; name it as your API does


async def main() -> list[Outcome]:
    """Send what has no answer yet.  Return the outcome of every item, in order."""
    items = items_to_send()
    headers = filled_in(HEADERS)
    with open_results(RESULTS, items) as results:
        async with new_client(headers) as client:
            ask = partial(send, client)
            api = OrderApi(ask=ask, results=results, quotas=QUOTAS, limit=LIMIT)
            await api.ask_for(results.missing())
        return report(results)


def items_to_send() -> list[Record]:
    """An item for each body, with a number for the report, if the settings can work."""
    check_settings(BODIES=BODIES, QUOTAS=QUOTAS, LIMIT=LIMIT)
    if "{id}" in URL:
        raise Stop(f"URL must be one address for all bodies, without {{id}}, got {URL}")
    items = []
    for number, body in enumerate(BODIES, start=1):
        items.append({"key": key_of(body), "id": number, "body": body})
    return items


def key_of(body: dict[str, Any]) -> str:
    """A key that is always the same for the same body at the same address."""
    text = json.dumps([URL, body], sort_keys=True)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


async def send(client: httpx.AsyncClient, item: Record) -> httpx.Response:
    """Send the request for one item."""
    headers = {KEY_FIELD: item["key"]}
    return await client.post(URL, json=item["body"], headers=headers)


if __name__ == "__main__":
    outcomes = run(main)  # one for each item, in order: use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))

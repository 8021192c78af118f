"""Fetch from many hosts, each at its own pace.  Needs Python 3.11 and httpx.

    python many_hosts.py

Each answer is written to the results file as it comes.  You can stop the script at any
time: the next start asks only for what has no answer yet.  A host that does not answer,
or rejects every request, costs only its own addresses.

All hosts get the same headers, so put no key there.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import httpx

from inflight_lab.recipes.api import Api
from inflight_lab.recipes.client import new_client
from inflight_lab.recipes.headers import filled_in
from inflight_lab.recipes.report import report, run
from inflight_lab.recipes.results_file import Outcome, Record, ResultsFile, open_results
from inflight_lab.recipes.settings import check_settings

# Change these three lines.
URLS = ["https://api.example.com/items/1", "https://api.example.org/items/1"]
# What the API allows, as it states it: pairs (requests, seconds).  If it has several
# quotas, list all: [(10, 1), (1000, 3600)] is 10 a second and also 1,000 an hour.
QUOTAS = [(5, 1)]  # for each host
LIMIT = 5  # requests in flight, for each host

# Sent with each request, to every host.  In User-Agent, say how to reach you.
HEADERS = {"User-Agent": "my-script/1.0 (no address given)"}

HOSTS = 40  # at once; in flight are HOSTS x LIMIT, each an open file: macOS allows 256
RESULTS = "results.jsonl"  # a line for each answer; for fresh ones, name another file
NOT_THERE = (404, 410)  # statuses that say "no such item": an answer, so no retry


async def main() -> list[Outcome]:
    """Fetch what has no answer yet.  Return the outcome of every address, in order."""
    check_settings(URLS=URLS, QUOTAS=QUOTAS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    items = [{"key": url} for url in URLS]
    with open_results(RESULTS, items) as results:
        async with new_client(headers, connections=HOSTS * LIMIT) as client:
            hosts = asyncio.Semaphore(HOSTS)
            async with asyncio.TaskGroup() as group:
                for items_of_host in by_host(results.missing()):
                    api = new_api(client, results)
                    group.create_task(ask_host(api, items_of_host, hosts))
        return report(results)


async def ask_host(api: Api, items: list[Record], hosts: asyncio.Semaphore) -> None:
    """Ask one host for all of its items, once fewer than ``HOSTS`` are being asked."""
    async with hosts:
        await api.ask_for(items)


def new_api(client: httpx.AsyncClient, results: ResultsFile) -> Api:
    """One host, with a pace and a limit of its own."""
    return Api(
        ask=partial(fetch, client),
        results=results,
        quotas=QUOTAS,
        limit=LIMIT,
        not_there=NOT_THERE,
    )


def by_host(items: Iterable[Record]) -> Iterable[list[Record]]:
    """The items of each host."""
    hosts: dict[str, list[Record]] = defaultdict(list)
    for item in items:
        hosts[host_of(item["key"])].append(item)
    return hosts.values()


def host_of(url: str) -> str:
    """The name of the host; empty if the address is invalid."""
    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, UnicodeError):
        return ""


async def fetch(client: httpx.AsyncClient, item: Record) -> httpx.Response:
    """Send the request for one item."""
    return await client.get(item["key"])


if __name__ == "__main__":
    outcomes = run(main)  # one for each address, in order: use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))

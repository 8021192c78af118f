"""Fetch many items with several machines, within one quota.  Needs Python 3.11.

On each machine: pip install httpx distributed "throttled-py[redis]"

    dask scheduler                                    # on one machine; Redis as well
    dask worker tcp://127.0.0.1:8786 --nthreads 25    # on each, with that one's address
    python on_a_cluster.py                            # on one machine

This script decides what is asked for and what is tried again, and writes each answer to
the results file as it comes.  The workers send the requests.  If one dies, another one
gets what it had not answered.  You can stop the script at any time: the next start asks
only for what has no answer yet.

The script hands out requests at the pace of its quotas.  How long each is on its way to
a worker varies, and others may use the same quota.  So a worker asks Redis for a turn
right before it sends.  It has as many requests in flight as it has threads.

When it pays: a request costs this script about 1.5 ms of processor time and the
scheduler 2 ms, where `fetch_all` takes 3.5 ms.  So for small answers, a cluster is at
most twice as fast.  It is for answers that take long to load or to work on: do that in
`Sender.send`, and return what you need of them.

Anyone who can reach the scheduler can run code on all workers.  They can also read your
key, which the script sends there unencrypted over tcp://.  So keep the scheduler in a
network of your own.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import httpx
import throttled.exceptions
from distributed import (
    CancelledError,
    Client,
    KilledWorker,
    Worker,
    WorkerPlugin,
    get_worker,
)

from inflight_lab.recipes.address import url_of
from inflight_lab.recipes.api import Api, patient_retries
from inflight_lab.recipes.client import new_client
from inflight_lab.recipes.headers import filled_in
from inflight_lab.recipes.report import report, run
from inflight_lab.recipes.results_file import Outcome, Record, ResultsFile, open_results
from inflight_lab.recipes.settings import Stop, check_settings
from inflight_lab.runners.shared_quota import SharedQuota

# Change these three lines.
URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS = range(1, 3001)  # or a list, such as [17, "abc"]
# What the API allows, as it states it: pairs (requests, seconds).  If it has several
# quotas, list all: [(10, 1), (1000, 3600)] is 10 a second and also 1,000 an hour.
QUOTAS = [(100, 1)]  # in Redis, which all share, the first one counts

# Sent with each request.  For a key, add a line such as "X-Api-Key": "$X_API_KEY" or
# "Authorization": "Bearer $API_TOKEN", and set that variable in the environment.
HEADERS = {"User-Agent": "my-script/1.0 (no address given)"}

SCHEDULER = "tcp://127.0.0.1:8786"  # the address that `dask scheduler` prints
REDIS = "redis://127.0.0.1:6379"  # its address as the workers reach it
LIMIT = 50  # requests in flight, of all workers together; they need as many threads
TIMEOUT = 30.0  # seconds for one request; raise it if long answers need more
RESULTS = "results.jsonl"  # a line for each answer; for fresh ones, name another file
NOT_THERE = (404, 410)  # statuses that say "no such item": an answer, so no retry


async def main() -> list[Outcome]:
    """Fetch what has no answer yet.  Return the outcome of every id, in order."""
    check_settings(URL=URL, IDS=IDS, QUOTAS=QUOTAS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    items = [{"key": url_of(URL, id), "id": id} for id in IDS]
    with open_results(RESULTS, items) as results:
        async with connect(headers) as cluster:
            api = new_api(cluster, results)
            await api.ask_for(results.missing())
        return report(results)


def new_api(cluster: Client, results: ResultsFile) -> Api:
    """The API, with what it allows."""
    return Api(
        ask=partial(fetch, cluster),
        results=results,
        quotas=QUOTAS,
        limit=LIMIT,
        not_there=NOT_THERE,
        # A request may have to wait at a worker.
        retries=patient_retries(timeout=10 * TIMEOUT),
    )


async def fetch(cluster: Client, item: Record) -> httpx.Response:
    """Have a worker send the request for one item."""
    future = cluster.submit(send, Sender.name, item["key"], pure=False)
    try:
        response: httpx.Response = await future
    except throttled.exceptions.StoreUnavailableError as error:
        raise Stop(str(error)) from error
    except (CancelledError, OSError) as error:
        raise Stop(f"the scheduler is gone: {error}") from error
    except KilledWorker as error:
        raise httpx.HTTPError("each worker that was asked has died") from error
    return response


async def send(sender: str, url: str) -> httpx.Response:
    """On a worker: send one request."""
    plugin: Any = get_worker().plugins[sender]
    response: httpx.Response = await plugin.send(url)
    return response


class Sender(WorkerPlugin):
    """What a worker keeps from one request to the next."""

    name = f"sender for {os.path.abspath(RESULTS)}"  # the next start replaces it

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers  # made where the script is: its environment has the key

    async def setup(self, worker: Worker) -> None:
        """Open connections, when the script begins or the worker joins."""
        rate, period = QUOTAS[0]
        self.quota = SharedQuota(REDIS, key=URL, rate=rate, period=period, limit=LIMIT)
        self.client = new_client(self.headers)

    async def send(self, url: str) -> httpx.Response:
        """Wait for a turn, and send one request."""
        async with self.quota:
            return await self.client.get(url, timeout=TIMEOUT)

    async def teardown(self, worker: Worker) -> None:
        """Close them."""
        await self.client.aclose()
        await self.quota.aclose()


@asynccontextmanager
async def connect(headers: dict[str, str]) -> AsyncIterator[Client]:
    """The cluster, each worker of which has a sender."""
    async with await find_scheduler() as cluster:
        await wait_for_a_worker(cluster)
        await cluster.register_plugin(Sender(headers))
        try:
            yield cluster
        finally:  # however it ends, the scheduler keeps no key
            with suppress(OSError):  # the scheduler may be gone
                await cluster.unregister_worker_plugin(Sender.name)


async def find_scheduler() -> Client:
    """Connect to the cluster."""
    try:
        cluster: Client = await Client(SCHEDULER, asynchronous=True)
    except OSError as error:
        raise Stop(f"no scheduler at {SCHEDULER}: {error}") from error
    return cluster


async def wait_for_a_worker(cluster: Any) -> None:
    """Wait until there is a worker, but not for ever."""
    try:
        await cluster.wait_for_workers(1, timeout=TIMEOUT)
    except TimeoutError as error:
        raise Stop(f"the scheduler has no worker: {error}") from error


if __name__ == "__main__":
    outcomes = run(main)  # one for each id, in order: use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))

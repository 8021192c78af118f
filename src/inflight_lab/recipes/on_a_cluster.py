"""Fetch many items with several machines, within one quota, and keep every answer.

On each machine, with Python 3.11 or newer:

    pip install httpx distributed "throttled-py[redis]"

    dask scheduler                                    # on one machine; Redis as well
    dask worker tcp://127.0.0.1:8786 --nthreads 25    # on each, with that one's address
    python on_a_cluster.py                            # on one machine

Each answer is in RESULTS as soon as it comes: "key" is its address, "data" its JSON.
Stop the script when you like: the next start asks only for what has no answer yet.

The script decides what is sent and when, and the workers send it.  How long a request
is on its way to a worker varies, so a worker asks Redis for a turn right before it
sends.  That costs more than `fetch_all` saves, unless the answers take long to load or
to work on: do that in `Sender.send`, and return what you need of them.

Anyone who can reach the scheduler can run code on all workers, and read your key.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import httpx
from distributed import Client, KilledWorker, Worker, WorkerPlugin, get_worker
from throttled import asyncio as throttled
from throttled.exceptions import StoreUnavailableError

from inflight_lab import AnswerFile, Pacer, Patience, Stop
from inflight_lab.recipes.settings import addresses, start

URL = "https://api.example.com/items/{id}"  # each of IDS takes the place of {id}
IDS: Any = []  # such as range(1, 3001), or [17, "abc"]
RATE = 100  # requests that the API allows ...
PERIOD = 1  # ... in so many seconds; 5000 in 3600 s are evenly spaced
LIMIT = 50  # requests in flight, of all workers together
# A key belongs here, not in URL (import os): "X-Api-Key": os.environ["X_API_KEY"].
HEADERS = {"User-Agent": "my-script/1.0"}
SCHEDULER = "tcp://127.0.0.1:8786"  # the address that `dask scheduler` prints
REDIS = "redis://127.0.0.1:6379"  # its address as the workers reach it
RESULTS = "results.jsonl"  # for fresh answers, name another file


async def main() -> bool:
    """Fetch what has no answer yet.  Return whether all is there now."""
    urls = addresses(URL, IDS)
    pacer = Pacer(RATE, PERIOD, limit=LIMIT)  # else at most 90 in flight
    patiently = Patience()

    async def fetch(url: str) -> Any:
        """What to keep of one answer: its JSON, or None if there is nothing."""
        response = await patiently(pacer, get, cluster, url)
        if response.status_code in (204, 404, 410):
            return None
        return response.json()  # or response.text

    with AnswerFile(RESULTS) as answers:
        async with connected() as cluster:
            return await answers.collect(urls, fetch, patiently, limit=LIMIT)


async def get(cluster: Client, url: str) -> httpx.Response:
    """Have a worker send one request."""
    future = cluster.submit(send, Sender.name, url, pure=False)
    try:
        response: httpx.Response = await future
    except StoreUnavailableError as error:
        raise Stop(str(error)) from error
    except KilledWorker as error:
        raise httpx.NetworkError("each worker that was asked has died") from error
    except OSError as error:
        raise Stop(f"the scheduler is gone: {error}") from error
    return response


async def send(sender: str, url: str) -> httpx.Response:
    """On a worker: send one request."""
    plugin: Any = get_worker().plugins[sender]
    response: httpx.Response = await plugin.send(url)
    return response


class Sender(WorkerPlugin):
    """What a worker keeps from one request to the next."""

    name = f"sender for {os.path.abspath(RESULTS)}"  # the next start replaces it

    async def setup(self, worker: Worker) -> None:
        """Open connections, when the script begins or the worker joins."""
        self.client = httpx.AsyncClient(headers=HEADERS, timeout=30)
        self.sending: set[asyncio.Task[httpx.Response]] = set()
        self.turn = asyncio.Lock()  # one request of a worker asks Redis at a time
        self.quota = throttled.Throttled(
            key=URL,
            using=throttled.RateLimiterType.GCRA.value,  # by the clock of Redis
            quota=one_by_one(),
            store=throttled.RedisStore(server=REDIS),
        )

    async def send(self, url: str) -> httpx.Response:
        """Wait for a turn, and send one request."""
        async with self.turn:
            while (answer := await self.quota.limit()).limited:
                await asyncio.sleep(answer.state.retry_after)
        request = asyncio.create_task(self.client.get(url))
        self.sending.add(request)
        request.add_done_callback(self.sending.discard)
        return await request

    async def teardown(self, worker: Worker) -> None:
        """Stop sending, and close them."""
        for request in self.sending:
            request.cancel()  # httpx would not close a connection that is being opened
        await self.client.aclose()


def one_by_one() -> throttled.Quota:
    """RATE in PERIOD, less 1 %, because requests don't all take as long to arrive."""
    return throttled.per_duration(timedelta(seconds=101 * PERIOD), 100 * RATE, burst=1)


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    """The cluster, each worker of which has a sender."""
    cluster = await Client(SCHEDULER, asynchronous=True)
    await cluster.wait_for_workers(1, timeout=30)
    await cluster.register_plugin(Sender())
    try:
        yield cluster
    finally:  # however it ends, the scheduler keeps no key
        with suppress(OSError):  # the scheduler may be gone
            await cluster.unregister_worker_plugin(Sender.name)
        await cluster.close()


if __name__ == "__main__":
    sys.exit(not start(main))

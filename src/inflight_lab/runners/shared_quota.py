"""Shared quota: one rate for several processes and machines, kept in a shared store.

A quota belongs to the API key, not to a process: two processes that each keep to it
send twice as much.  So the count has to live where all of them can see it, change in
one step, and go by one clock.  Here it lives in Redis: the algorithm is GCRA, run
inside Redis and by Redis's own clock.  It spaces the requests of all senders.  One may
go each period / rate, and one of them early, to catch up after a delay.

The algorithm is that of throttled-py (MIT), which takes the time from Redis.  The exact
logs of `limits` and `pyrate-limiter` go by each client's clock: machines whose clocks
differ let more through than the quota.

Requests of one process go in the order in which they came; between processes, the next
turn goes to the one that asks Redis first.  Each request costs a round trip to the
store, and without it nothing is sent, because sending uncounted would be worse.  1 % of
a period is kept for delay on the way to the API; a longer delay can still cause a 429.

It needs httpx and "throttled-py[redis]", which is the extra ``redis``.
"""

import asyncio
import contextlib
import math
import time
from datetime import timedelta
from typing import Any

import httpx
from throttled import asyncio as throttled
from throttled.exceptions import StoreUnavailableError


class SharedQuota:
    """``async with quota:`` waits until the shared quota has room for one more request.

    >>> quota = SharedQuota("redis://127.0.0.1:6379", key="my-api", rate=100)
    >>> await quota.aclose()

    It is shared by all who use the same ``key`` in the same ``store``: ``rate``, 1 or
    more, requests per ``period`` seconds for all of them together.  Give each the same
    numbers.  ``store`` is the address of a Redis, which has ``timeout`` seconds for
    each answer.  At most ``limit`` requests of this process are inside at once, and
    ``limiter``, any async context manager, takes the place of that semaphore.

    It serves one event loop.  Close it with ``await quota.aclose()``, or use
    `contextlib.aclosing`.  If the store gives no answer, entering raises
    ``throttled.exceptions.StoreUnavailableError``.
    """

    def __init__(
        self,
        store: str = "redis://127.0.0.1:6379",
        *,
        key: str = "inflight-lab",
        rate: float = 100,
        period: float = 1.0,
        limit: int = 90,
        limiter: Any = None,
        timeout: float = 5.0,
    ) -> None:
        if not (rate >= 1 and period > 0 and limit > 0):
            raise ValueError(
                "rate must be 1 or more, period and limit greater than 0, got "
                f"{rate!r}, {period!r} and {limit!r}"
            )
        self._slots = limiter or asyncio.Semaphore(limit)
        self._line = asyncio.Lock()  # first come, first served
        self._paused_until = 0.0
        timeouts = {"SOCKET_TIMEOUT": timeout, "SOCKET_CONNECT_TIMEOUT": timeout}
        self._store = throttled.RedisStore(server=store, options=timeouts)
        self._quota = throttled.Throttled(
            key=key,
            using=throttled.RateLimiterType.GCRA.value,
            quota=gcra_for(rate, period),
            store=self._store,
            key_prefix="quota",
        )

    async def aclose(self) -> None:
        """Close the connection to the store."""
        # throttled-py itself has no way to close it.
        redis: Any = self._store._backend.get_client()
        await redis.aclose(close_connection_pool=True)

    def pause(self, seconds: float) -> None:
        """Hold back every request of this process for this long."""
        self._paused_until = max(self._paused_until, time.perf_counter() + seconds)

    async def __aenter__(self) -> None:
        await self._slots.__aenter__()
        try:
            async with self._line:
                while (wait := await self._seconds_to_wait()) > 0:
                    raise_if_cancelled()
                    await asyncio.sleep(wait)
        except BaseException:  # cancelled while it waited, or there is no store
            await self._slots.__aexit__(None, None, None)
            raise

    async def __aexit__(self, *error: Any) -> None:
        await self._slots.__aexit__(*error)

    async def _seconds_to_wait(self) -> float:
        """Take a turn and return 0, or return when to ask for one again."""
        paused = self._paused_until - time.perf_counter()
        if paused > 0:
            return paused
        try:
            answer = await self._quota.limit()
        except StoreUnavailableError as error:
            raise StoreUnavailableError(
                f"Not sent: the store gave no answer. {error.__cause__}"
            ) from error
        return answer.state.retry_after if answer.limited else 0.0


def raise_if_cancelled() -> None:
    """Cancel again what was cancelled: on Python 3.11 a client of Redis may lose it."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def gcra_for(rate: float, period: float) -> throttled.Quota:
    """GCRA's numbers, such that no ``period`` holds more than ``rate`` requests.

    In any one period GCRA admits period / spacing requests, and burst - 1 more: that
    many are taken off the rate.
    """
    whole = math.floor(rate)
    burst = 2 if whole >= 4 else 1  # how many may go at once after a delay
    spacing = 1.01 * period / (whole - burst + 1)
    # The library wants whole numbers: so many requests in so many seconds.
    seconds = math.ceil(1000 * spacing)
    requests = math.floor(seconds / spacing)
    return throttled.per_duration(timedelta(seconds=seconds), requests, burst)


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Any,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, and return the response.

    Raises ``ValueError`` if the status is not 200.
    """
    async with limiter:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(
            f"Unexpected Status: Http status code is {response.status_code}."
        )
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    store: str = "redis://127.0.0.1:6379",
    key: str = "inflight-lab",
    rate: float = 100,
    period: float = 1.0,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, within a quota shared with others, in order.

    ``rate`` per ``period`` seconds is what the API allows to all who use this ``key``
    in this ``store``; the margin is taken off here.  ``limiter`` is a `SharedQuota` if
    several batches use one: then the numbers are its own, and it is left open.  All
    else is as in `paced`.
    """
    closing: Any = contextlib.nullcontext()
    if not isinstance(limiter, SharedQuota):
        limiter = SharedQuota(
            store, key=key, rate=rate, period=period, limit=limit, limiter=limiter
        )
        closing = contextlib.aclosing(limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with closing, opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url, num, client=client, limiter=limiter, verbose=verbose
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)

"""Shared quota: one rate for several processes and machines, kept in a store that all of them reach.

A quota belongs to the API key, and not to a process: two processes that each keep to it send twice as
much.  So the count has to live where all can see it, be changed in one step, and go by one clock.  Here that
is Redis, and GCRA, run inside Redis and by Redis's own clock.  It spaces the requests of all senders:
one may go each period / rate, and ``burst`` of them early, to catch up after a delay.

The algorithm is that of throttled-py (MIT).  Why this library: it takes the time from Redis, and tells how
long to wait.  The exact logs of `limits` and `pyrate-limiter` go by each client's clock, so that machines
whose clocks differ let more through than the quota; aiolimiter and aiometer know one process only.

Its limits.  Within one process it is first come, first served; among processes, whoever asks first.  Each
request costs a round trip to the store.  Without the store nothing is sent: to go on uncounted would be
the worse failure.  A process that dies takes nothing with it.  And the API counts by its own clock, when a
request arrives: 1 % of a period is kept for the way there, and a longer delay can still bring a 429.

Copy this file whole: it needs httpx and "throttled-py[redis]" (the extra ``inflight-lab[redis]``).  Run it,
twice at the same time, with ``python -m inflight_lab.runners.shared_quota URL --count 200 --rate 100``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import inspect
import json
import math
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar

import httpx
from throttled.asyncio import RateLimiterType, RedisStore, Throttled, per_duration


class SharedQuota:
    """``async with quota:`` waits until one more request fits the quota that all with this ``key`` share.

    ``rate`` requests per ``period`` seconds for all of them together; give each the same numbers.
    ``store`` is the address of a Redis.  ``burst`` (by default 2) may go at once after a delay; it is taken
    off the rate, so that no period holds more than ``rate``.  At most ``limit`` requests of this
    process are in flight at once (by default 90); ``limiter`` takes the place of that semaphore.

    It serves one event loop.  Close it with ``await quota.aclose()``, or use `contextlib.aclosing`.

    Raises ``TypeError`` or ``ValueError`` for a bad argument; waiting for a turn raises
    ``throttled.exceptions.StoreUnavailableError`` when the store cannot be reached.
    """

    def __init__(
        self,
        store: str = "redis://127.0.0.1:6379",
        *,
        key: str = "inflight-lab",
        rate: float = 100,
        period: float = 1.0,
        burst: int = 2,
        limit: int | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        check_quota(store=store, key=key, rate=rate, period=period, burst=burst, limit=limit)
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()
        self._store = RedisStore(server=store)
        whole = math.floor(rate)
        burst = min(burst, max(1, whole // 2))
        # In any one period GCRA admits period / spacing, and burst - 1 more.
        spacing = 1.01 * period / (whole - burst + 1)
        # The library wants whole numbers: so many requests in so many seconds.
        seconds = math.ceil(1000 * spacing)
        gcra = per_duration(timedelta(seconds=seconds), math.floor(seconds / spacing), burst)
        self._quota = Throttled(
            key=key, using=RateLimiterType.GCRA.value, quota=gcra, store=self._store, key_prefix="quota"
        )

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            async with self._turn:
                answer = await self._quota.limit()
                while answer.limited:
                    await asyncio.sleep(answer.state.retry_after)
                    answer = await self._quota.limit()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._limiter.__aexit__(exc_type, exc, traceback)

    def locked(self) -> bool:
        """Whether one more request would have to wait now, as far as this process knows."""
        return self._limiter.locked() or self._turn.locked()

    async def aclose(self) -> None:
        """Close the connection to the store."""
        redis: Any = self._store._backend.get_client()  # throttled-py has no way of its own to close it
        await redis.aclose(close_connection_pool=True)


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, limiter: Limiter, verbose: bool = False
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once and return the response.

    Raises ``ValueError`` for a status other than 200, and what httpx raises when there is no answer.
    """
    async with limiter:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(f"Unexpected Status: Http status code is {response.status_code}.")
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    store: str = "redis://127.0.0.1:6379",
    key: str = "inflight-lab",
    rate: float = 100,
    period: float = 1.0,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, within a quota that is shared with others; return the responses in order.

    ``rate`` per ``period`` seconds is what the API permits to all who use this ``key`` in this ``store``;
    the margin is taken off here.  ``limit`` is how many of this run may be in flight at once, by default 90.
    ``limiter`` is a `SharedQuota` to use for several batches, and is left open: then ``store``, ``key``,
    ``rate``, ``period`` and ``limit`` are its own.  Any other limiter takes the place of ``limit`` only.
    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    The first failure is raised and the other results are lost, unless ``return_exceptions`` is true:
    then each failure stands in the place of its response.  As always with ``asyncio.gather``, a raised
    failure does not cancel the other requests.
    ``verbose`` prints a line just before each request.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    shared = (
        contextlib.nullcontext(limiter)
        if isinstance(limiter, SharedQuota)
        else contextlib.aclosing(
            SharedQuota(store, key=key, rate=rate, period=period, limit=limit, limiter=limiter)
        )
    )
    async with shared as quota, opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=quota, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below: what a limiter is, clear errors for bad arguments, and the file as a script.


class Limiter(Protocol):
    """What ``asyncio.Semaphore`` has, and all that a runner needs of it."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, *exc_info: Any) -> bool | None: ...

    def locked(self) -> bool:
        """Whether every slot is taken, so that one more request would have to wait."""
        ...


P = ParamSpec("P")
R = TypeVar("R")


def check_arguments(*, url: object, count: object, store: object, **quota: Any) -> None:
    """Raise ``TypeError`` or ``ValueError`` that names the parameter, its value and what is allowed."""
    if not isinstance(url, str | httpx.URL):
        raise TypeError(f"url must be a string such as 'http://127.0.0.1:8000/get', got {url!r}")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"url must be a valid URL, got {url!r}: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"url must start with http:// or https:// and name a host, got {url!r}")
    check_integer("count", count, least=0)
    check_quota(store=store, **quota)


def check_quota(
    *,
    store: object,
    key: object,
    rate: object,
    period: object,
    limit: object,
    burst: object = 1,
    **_: object,
) -> None:
    """The same for what `SharedQuota` takes."""
    if not isinstance(store, str):
        raise TypeError(f"store must be a string such as 'redis://127.0.0.1:6379', got {store!r}")
    if not store.startswith(("redis://", "rediss://", "redis+sentinel://", "redis+cluster://")):
        raise ValueError(f"store must be an address such as 'redis://127.0.0.1:6379', got {store!r}")
    if not isinstance(key, str):
        raise TypeError(f"key must be a string that is not empty, got {key!r}")
    if not key:
        raise ValueError(f"key must be a string that is not empty, got {key!r}")
    for name, value, allowed in (("rate", rate, "1 or more"), ("period", period, "more than 0")):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} must be a number, {allowed}, got {value!r}")
        if not 0 < value < math.inf or (name == "rate" and value < 1):
            raise ValueError(f"{name} must be {allowed}, and finite, got {value!r}")
    check_integer("burst", burst, least=1)
    if limit is not None:
        check_integer("limit", limit, least=1)


def check_integer(name: str, value: object, *, least: int) -> None:
    """The same for one integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, {least} or more, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more, got {value!r}")


def checked(run: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """``run``, with its arguments checked before anything is sent."""

    @functools.wraps(run)
    async def run_checked(*args: P.args, **kwargs: P.kwargs) -> R:
        call = inspect.signature(run).bind(*args, **kwargs)
        call.apply_defaults()
        check_arguments(**call.arguments)
        return await run(*args, **kwargs)

    return run_checked


make_many_requests = checked(make_many_requests)


def print_result(outcomes: Sequence[object]) -> None:
    """Print the first response as JSON, or say why there is none."""
    print("\n\nFinal result:\n==============\n")
    responses = [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)]
    if not outcomes:
        print("[] (no request was asked for)")
    elif not responses:
        print(f"No response: all {len(outcomes)} requests failed, the first with {outcomes[0]!r}")
    else:
        try:
            print(json.dumps(responses[0].json(), indent=2))
        except ValueError:
            print(f"The first response is not JSON: {responses[0].text!r}")


def ask_first(url: str, plan: str, *, yes: bool) -> None:
    """Before anything is sent to another machine: show the plan, and end the script unless told to go on."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return  # the run says what is wrong with it
    if host in ("", "localhost", "127.0.0.1", "::1"):
        return
    plan = f"This sends to {host}, which is not this machine: {plan}."
    if yes:
        print(plan, file=sys.stderr)
    elif not (sys.stdin and sys.stdin.isatty()):
        print(plan, "Nothing was sent. To allow it, add --yes.", file=sys.stderr)
        sys.exit(2)
    elif input(f"{plan} Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        sys.exit("Nothing was sent.")


def main() -> None:
    """Run this file as a script."""
    parser = argparse.ArgumentParser(description="Send many requests within a quota shared with others.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--store", default="redis://127.0.0.1:6379", help="the Redis that all share")
    parser.add_argument("--key", default="inflight-lab", help="the quota's name there")
    parser.add_argument("--rate", type=float, default=100, help="how many per period (default 100)")
    parser.add_argument("--period", type=float, default=1.0, help="in seconds (default 1)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(
        options["url"],
        f"{count} requests, at most {options['rate']:g} in {options['period']:g} s",
        yes=options.pop("yes"),
    )
    print_result(asyncio.run(make_many_requests(**options, verbose=True)))


if __name__ == "__main__":
    main()

"""Budgets: requests and tokens per minute together, though what a request costs is known only afterwards.

- *All or nothing, in turn.*  The first in line goes when all budgets have room for it.
  Nobody overtakes it.
- *Reserve the most, then correct* by the answer's ``usage``: too much comes back at
  once, too little is owed.
- *Count as the API counts.*  The API has counted a request at the latest when its
  answer begins, or when it failed: a period after that its cost comes back, and 1 %
  later, for what was given up on the way.
"""

import asyncio
import contextlib
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx


class Budgets(httpx.AsyncHTTPTransport):
    """Amounts, and the seconds each is for: ``Budgets(requests=(500, 60), tokens=(30_000, 60))``."""

    def __init__(self, **budgets: tuple[float, float]) -> None:
        super().__init__()
        self._budgets = budgets = budgets or {"requests": (100, 1)}
        self._used, self._turn, self._news = (
            dict.fromkeys(budgets, 0.0),
            asyncio.Lock(),
            asyncio.Event(),
        )
        self._ended: dict[str, deque[Any]] = {
            name: deque() for name in budgets
        }  # in the last period

    @contextlib.asynccontextmanager
    async def take(self, **costs: float) -> AsyncIterator[Callable[..., None]]:
        """Wait until all ``costs`` fit.  ``correct(tokens=412)``, in the block or later, says what it was."""
        for name, cost in costs.items():
            if not 0 <= cost <= self._budgets.get(name, (-1,))[0]:
                raise ValueError(
                    f"This can never be sent: {cost:g} {name}.  Budgets: {self._budgets}."
                )
        async with self._turn:  # asyncio's locks are first come, first served
            while (
                wait := max(
                    self._wait_for(name, costs.get(name, 0)) for name in self._budgets
                )
            ) > 0:
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait + 0.001):
                        await self._news.wait()
            self._correct(taken := dict.fromkeys(self._budgets, 0.0), **costs)
        try:
            yield partial(self._correct, taken)
        finally:
            for ended in self._ended.values():
                ended.append((time.perf_counter(), taken))
            self._news.set()

    def _correct(self, taken: dict[str, float], **costs: float) -> None:
        for name in taken.keys() & costs:  # what has come back is no longer in it
            self._used[name] += costs[name] - taken[name]
            taken[name] = costs[name]
        self._news.set()

    def _wait_for(self, name: str, cost: float) -> float:
        """0 if one budget has room for ``cost``, else the seconds until something comes back, at most 60."""
        (most, period), ended = self._budgets[name], self._ended[name]
        begin = time.perf_counter() - 1.01 * period
        while ended and ended[0][0] <= begin:
            self._used[name] -= ended.popleft()[1].pop(name)
        full = self._used[name] + cost > most * (
            1 + 1e-9
        )  # fractions do not add up to the last digit
        return min(60, ended[0][0] - begin if ended else 60) if full else 0

    async def estimate(self, request: httpx.Request) -> dict[str, float]:
        """The most tokens that ``request`` may cost: one is a byte or more, and the answer has a limit."""
        limits = re.findall(
            rb'"max_(?:completion_)?tokens": ?(\d+)', await request.aread()
        )
        return {"tokens": len(request.content) + sum(map(int, limits))}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send for ``httpx.AsyncClient(transport=budgets)``, which may be openai's ``http_client``."""
        costs = await self.estimate(request)
        async with self.take(
            **{name: costs.get(name, 1) for name in self._budgets}
        ) as correct:
            request.headers["Accept-Encoding"] = "identity"  # to find the usage in it
            response = await super().handle_async_request(request)
        response.stream = Counted(response.stream, correct)
        return response


class Counted(httpx.AsyncByteStream):
    """The body of an answer, as it comes; its end says how many tokens it took."""

    def __init__(self, stream: Any, correct: Callable[..., None]) -> None:
        self._stream, self._correct, self._end = stream, correct, b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._end = (self._end + part)[-2000:]
            yield part

    async def aclose(self) -> None:
        """Correct, if it was said."""
        for used in re.findall(rb'"total_tokens": ?(\d+)', self._end)[-1:]:
            self._correct(tokens=int(used))
        await self._stream.aclose()


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Any,
    budgets: Budgets,
    verbose: bool = False,
) -> httpx.Response:
    """Take a slot and one request, GET ``url`` once; return the response, or raise if it is no 200."""
    async with limiter, budgets.take(requests=1):
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
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    budgets: Budgets | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times within ``budgets``, 100 requests a second by default; see `paced`."""
    budgets, limiter = budgets or Budgets(), limiter or asyncio.Semaphore(limit)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        make_one = partial(
            make_one_request,
            client=client,
            limiter=limiter,
            budgets=budgets,
            verbose=verbose,
        )
        tasks = [asyncio.create_task(make_one(url, num)) for num in range(count)]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, instance

check_constructor(Budgets)
make_many_requests = checked(make_many_requests, budgets=instance(Budgets))
PLAN = "{count} requests, at most 100 in 1 s"

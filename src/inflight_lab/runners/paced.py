"""Paced: nearly the whole quota used, and no 429.

Requests go out one after the other, evenly spaced, a little slower than the API allows.  Three rules:

- *Space, do not burst.*  A request is due one spacing after the one before it.  The spacing is 1.25 % wider
  than the quota's, which is what the next two rules need to keep requests evenly spread.  (With 0.3 % and
  10 ms of jitter they come in clusters: an API that allows a burst of 5 refuses up to 1 in 180, simulated.)
- *Catch up, but not without bound.*  A loop that was busy wakes up late.  Starting the schedule over from
  there loses the time for good; sending everything overdue is a burst.  So at most ``burst`` requests go at
  once, and any further delay is given up.
- *Count as the API counts.*  Many APIs keep a log of the last period's requests.  So does the pacer: it
  sends when the log has room for one more.  When did a request reach the API?  At the latest when its answer
  came, less the shortest latency seen: anything beyond that may have been lost on the way there.

Below all that stands a limit on concurrency, smaller than httpx's pool of 100 connections: with a slow API
the paced requests would otherwise pile up in the pool.

Sources: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A, virtual scheduling), the
leaky bucket as a meter (J. S. Turner, IEEE Communications Magazine 24(10), 1986), with the client waiting
where the meter would refuse.  The log is the sliding log by which many APIs count.

Its limits, where T is the quota's spacing and network delay varies by up to J (jitter):

- A quota per window W is kept whatever the network does, unless the shortest latency is longer than W.  No
  client can use more than W / (W + J) of it without a 429; this one uses W / (W + V), where V is by how much
  latencies exceed the shortest on average.
- GCRA with a burst b keeps no such log: J must stay below (b - ``burst``) T.  With the 8 of this file and
  10 allowed, that is two spacings.  For a smaller b, lower ``burst``.
- GCRA with burst 1 allows nothing early, so at most T / (T + J) can be used: take ``burst=1`` and a lower
  ``rate``, or the rung `adaptive`, which finds it.

And a quota belongs to an API key, not to a process: others who use the key count too.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import time
from typing import Any

import httpx


class Pacer:
    """``async with pacer:`` waits until one more request fits the quota of ``rate`` per ``period`` seconds.

    Take both as the API states them: 6,000 a minute is not 100 a second, it allows more at a time.
    First come, first served.  A waiter that is cancelled gives its turn to the next in line.

    At most ``limit`` are inside at once (by default 90); ``limiter`` takes the place of that semaphore.
    ``burst``, 1 or more, is how many may go at once after a delay; a fraction is a part of one spacing.
    Keep one pacer for all that share a quota: it may serve one batch after the other, on one event loop.
    A task can be inside once at a time.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1.0,
        *,
        limit: int | None = None,
        limiter: Any = None,
        burst: float = 8,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._rate, self._period, self._burst = rate, period, burst
        self._due = 0.0
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # in the last period
        self._shortest = 0.0  # the shortest latency; 0 before the first answer

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        now, sent = time.perf_counter(), self._sent.pop(asyncio.current_task())
        if kind is None:
            self._shortest = min(self._shortest or now - sent, now - sent)
        # Without an answer it may have reached the API as late as now.  The hundredth is for jitter: the
        # shortest latency may not have been seen yet, and what was cancelled may still be on its way.
        ended = now if kind is None else now + self._shortest
        ended = max(ended, sent + self._shortest + 0.01 * self._period)
        del self._ended[: bisect.bisect(self._ended, now - self._period)]
        bisect.insort(self._ended, ended)
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        now = time.perf_counter()
        return self._limiter.locked() or self._turn.locked() or self._free_at(now) > now

    async def _take_turn(self) -> None:
        """Wait until the request is due and there is room for it, and note when it goes."""
        clock, spacing = time.perf_counter, 1.0125 * self._period / self._rate
        came = clock()
        async with self._turn:
            while (wait := self._free_at(clock()) - clock()) > 0:  # noqa: ASYNC110, a clock is no event
                await asyncio.sleep(wait)
            self._sent[asyncio.current_task()] = now = clock()
            self._due = max(came, self._due, now - (self._burst - 1) * spacing) + spacing

    def _free_at(self, now: float) -> float:
        """When the next is due, and the API's log has room: a period after an earlier one reached the API.

        A request in flight reaches it no sooner than now less the shortest latency, nor before it was sent.
        """
        flying = [max(now, sent + self._shortest) for sent in self._sent.values()]
        over = len(self._ended) + len(flying) - max(1, int(self._rate))
        if over < 0:
            return self._due
        reached = self._ended[over] if over < len(self._ended) else flying[over - len(self._ended)]
        return max(self._due, reached - self._shortest + self._period)


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, limiter: Any, verbose: bool = False
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once; return the response, or raise ``ValueError`` if it is no 200."""
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
    rate: float = 100,
    period: float = 1.0,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, within ``rate`` per ``period`` seconds; return the responses in order.

    ``rate`` is what the API allows; the margin is taken off here.  ``limit`` is how many may be in flight.
    ``limiter`` is a `Pacer` to share one quota between batches: then ``rate``, ``period`` and ``limit``
    are its own.  Any other limiter takes the place of ``limit`` only: the pace is kept on top of it.
    The other parameters are those of `semaphore`.
    """
    pacer = limiter if isinstance(limiter, Pacer) else Pacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=pacer, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and the plan that its command line shows.
from inflight_lab.arguments import checked, number

checked(Pacer, burst=number(1))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, at most {rate:g} in {period:g} s"

"""Paced: nearly the whole quota used, and no 429.

Requests go out one after the other, evenly spaced, a little slower than the API allows.
Three rules:

- *Space, do not burst.*  A request is due one spacing after the one before it.  The
  spacing is 1.25 % wider than the quota's, or network delay that varies (jitter) makes
  clusters of them.
- *Catch up, but not without bound.*  A loop that was busy wakes up late.  Starting the
  schedule over from there loses the time for good; sending everything overdue is a
  burst.  So at most ``burst`` requests go at once, and any further delay is given up.
- *Count as the API counts.*  Many APIs keep a log of the last period's requests.  So
  does the pacer: it sends when the log has room for one more.  When did a request reach
  the API?  At the latest when its answer came, less the shortest latency seen: anything
  beyond that may have been lost on the way there.

Below that stands a limit on concurrency, smaller than httpx's pool of 100 connections:
with a slow API requests would otherwise pile up in the pool.  Its limits, with a
spacing T and a jitter of up to J:

- A quota per window W is kept whatever the network does, unless the shortest latency is
  longer than W.  No client can use more than W / (W + J) of it without a 429; this one
  uses W / (W + V), where V is by how much latencies exceed the shortest on average.
- GCRA with a burst b has no window: J must stay below (b - ``burst``) T, two spacings
  if b is 10.
- GCRA with burst 1 allows nothing early, so at most T / (T + J) can be used: take
  ``burst=1`` and a lower ``rate``, or the rung `adaptive`, which finds it.

A quota belongs to an API key, not to a process: others who use the key count too.
Sources: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A), with
the client waiting where the API would refuse.
"""

import asyncio
import bisect
import contextlib
import time
from typing import Any

import httpx


class Pacer:
    """``async with pacer:`` waits until one more request fits the quota of ``rate`` per ``period`` seconds.

    Take both as the API states them: 6,000 a minute is not 100 a second, it allows more
    at a time. First come, first served.  A waiter that is cancelled gives its turn to
    the next in line.

    At most ``limit`` are inside at once, or as many as ``limiter``, if given, lets in.
    ``burst``, 1 or more, is how many may go at once after a delay; a fraction is a part
    of one spacing. Keep one pacer for all that share a quota: it may serve one batch
    after the other, on one event loop. A task can be inside once at a time.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1,
        *,
        limit: int = 90,
        limiter: Any = None,
        burst: float = 8,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit)
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._due, self._burst = 0.0, burst
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # in the last window
        self._shortest = 0.0  # the shortest latency; 0 before the first answer
        self.rate = rate / period / 1.0125
        self._quotas = [
            (period, max(1, int(rate)))
        ]  # each window, and how many it holds; here it is one

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
        # Without an answer it may have reached the API as late as now.  The hundredth
        # is for jitter: the shortest latency may not have been seen yet, and what was
        # cancelled may still be on its way.
        ended = now if kind is None else now + self._shortest
        bisect.insort(
            self._ended, max(ended, sent + self._shortest + 0.01 * self._quotas[0][0])
        )
        del self._ended[: bisect.bisect(self._ended, now - self._quotas[-1][0])]
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        now = time.perf_counter()
        return self._limiter.locked() or self._turn.locked() or self._free_at(now) > now

    async def _take_turn(self) -> None:
        """Wait until the request is due and there is room for it, and note when it goes."""
        came = time.perf_counter()
        async with self._turn:
            while (wait := self._free_at(now := time.perf_counter()) - now) > 0:  # noqa: ASYNC110
                await asyncio.sleep(wait)
            self._sent[asyncio.current_task()] = now
            self._due = (
                max(came, self._due, now - (self._burst - 1) / self.rate)
                + 1 / self.rate
            )

    def _free_at(self, now: float) -> float:
        """When the next is due, and the API's log has room: a window after an earlier one reached the API.

        A request in flight reaches it no sooner than now less the shortest latency, nor
        before it was sent.
        """
        reached = self._ended + [
            max(now, sent + self._shortest) for sent in self._sent.values()
        ]
        room = [
            reached[-most] - self._shortest + w
            for w, most in self._quotas
            if len(reached) >= most
        ]
        return max([self._due, *room])


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Any,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once; return the response, or raise ``ValueError`` if it is no 200."""
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
    rate: float = 100,
    period: float = 1.0,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, within ``rate`` per ``period`` seconds; return the responses in order.

    ``rate`` is what the API allows; the margin is taken off here.  ``limit`` is how
    many may be in flight. ``limiter`` is a `Pacer` to share one quota between batches:
    then ``rate``, ``period`` and ``limit`` are its own.  Any other limiter takes the
    place of ``limit`` only: the pace is kept on top of it. The other parameters are
    those of `semaphore`.
    """
    if not isinstance(limiter, Pacer):
        limiter = Pacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url, num, client=client, limiter=limiter, verbose=verbose
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, number

check_constructor(Pacer, burst=number(1))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, at most {rate:g} in {period:g} s"

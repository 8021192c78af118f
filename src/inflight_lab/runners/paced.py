"""Paced: the rate limit that was wanted.  Nearly the whole quota used, and no 429.

Requests go out one after the other, evenly spaced, a little slower than the API permits.  Three things
make that right:

- *Space, do not burst.*  A request is due one spacing after the one before it, and the spacing is 1.25 %
  wider than the quota's: room for what the rules below cost, so that requests stay evenly spread.  (With
  0.3 % it reaches 99.7 % of a window, but 10 ms of jitter then gathers the requests in clusters, and an
  API that permits a burst of 5 refuses 1 in 45: measured with the simulator of this project's tests.)
- *Catch up, but not without bound.*  A loop that was busy wakes up late.  Starting the schedule over
  from there loses the time for good; sending all that is overdue is a burst.  So at most ``burst``
  requests go at once, and what is later than that is given up.
- *Count as the API counts.*  Each request takes one of ``rate`` places and gives it back a period after
  it reached the API.  When was that?  At the latest when the answer came, less the shortest latency
  seen: what took longer than that may have been lost on the way there.

Below all that lies a limit on concurrency, smaller than httpx's pool of 100 connections: with a slow
API the paced requests would otherwise pile up in the pool.

Sources: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A, virtual scheduling), the
leaky bucket as a meter (J. S. Turner, IEEE Communications Magazine 24(10), 1986), with the client
waiting where the meter would refuse.  The places are the sliding log by which many APIs count.

Its limits, where T is the quota's spacing and J the jitter of the way to the API:

- Window quotas are kept whatever the way does.  No client can use more than W / (W + J) of a window W
  without a 429; this one uses W / (W + V), where V is by how much latencies exceed the shortest on
  average.  Only a request that was cancelled or got no answer can arrive unseen, after its place was
  given back.
- GCRA with a burst b keeps no such account: J must stay below (b - ``burst``) T.  With the 8 of this
  file and 10 permitted, that is two spacings.  For less, lower ``burst``.
- GCRA with burst 1 permits nothing early, so at most T / (T + J) is to be had: take ``burst=1`` and a
  lower ``rate``.

And a quota is per API key, not per process: others who use it count too.

Run it: ``python -m inflight_lab.runners paced URL --count 200 --rate 100``.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Any, Protocol

import httpx


class Pacer:
    """``async with pacer:`` waits until one more request fits the quota of ``rate`` per ``period`` seconds.

    Take both as the API states them: 6,000 a minute is not 100 a second, it permits more at a time.
    First come, first served.  A waiter that is cancelled gives its turn to the next in line.

    At most ``limit`` are inside at once (by default 90); ``limiter`` takes the place of that semaphore.
    ``burst``, 1 or more, is how many may go at once after a delay; a fraction is a part of one spacing.
    Keep one pacer for all that share a quota: it may serve one batch after the other, on one event loop.
    A task can be inside once at a time.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1.0,
        *,
        limit: int | None = None,
        limiter: Limiter | None = None,
        burst: float = 8,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()
        self._period = period
        self._spacing = 1.0125 * period / rate
        self._catch_up = (burst - 1) * self._spacing
        self._due = 0.0
        self._places = asyncio.Semaphore(max(1, int(rate)))
        self._sent: dict[asyncio.Task[Any] | None, float] = {}
        self._shortest = float("inf")

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            self._sent[asyncio.current_task()] = await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        sent, ended, answered = self._sent.pop(asyncio.current_task()), loop.time(), exc_type is None
        if answered:
            self._shortest = min(self._shortest, ended - sent)
        loop.call_at(sent + 1.01 * self._period, self._give_back, ended, answered)
        await self._limiter.__aexit__(exc_type, exc, traceback)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        due = self._due > asyncio.get_running_loop().time()
        return due or self._turn.locked() or self._places.locked() or self._limiter.locked()

    async def _take_turn(self) -> float:
        """Wait for a place and for the schedule; the moment at which the request goes."""
        clock = asyncio.get_running_loop().time
        came = clock()
        async with self._turn:
            due = max(self._due, came)
            while (wait := due - clock()) > 0:  # noqa: ASYNC110, a clock is no event
                await asyncio.sleep(wait)
            await self._places.acquire()
            self._due = max(due, clock() - self._catch_up) + self._spacing
            return clock()

    def _give_back(self, ended: float, answered: bool) -> None:
        """Free a place one period after its request reached the API: by now the shortest latency is known."""
        arrived = ended - self._shortest if answered else ended
        asyncio.get_running_loop().call_at(arrived + self._period, self._places.release)


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
    rate: float = 100,
    period: float = 1.0,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, within ``rate`` per ``period`` seconds; return the responses in order.

    ``rate`` is what the API permits; the margin is taken off here.  ``limit`` is how many may be in
    flight at once, by default 90: fewer than the connections of httpx's pool.
    ``limiter`` is a `Pacer` to share one quota between batches: then ``rate``, ``period`` and ``limit``
    are its own.  Any other limiter takes the place of ``limit`` only: the pace is kept on top of it.
    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    The first failure is raised and the other results are lost, unless ``return_exceptions`` is true:
    then each failure stands in the place of its response.  As always with ``asyncio.gather``, a raised
    failure does not cancel the other requests: with a client of your own they go on hitting the API.
    ``verbose`` prints a line just before each request.
    """
    pacer = limiter if isinstance(limiter, Pacer) else Pacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=pacer, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


class Limiter(contextlib.AbstractAsyncContextManager[object], Protocol):
    """``asyncio.Semaphore``, or what else has its ``async with`` and ``locked()``."""

    def locked(self) -> bool: ...  # noqa: D102


# The lesson ends here.  Below, the package attaches its checks and the plan that its command line shows.
from inflight_lab.arguments import checked, number

checked(Pacer, burst=number(1))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, at most {rate:g} in {period:g} s"

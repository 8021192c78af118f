"""Paced: nearly the whole quota used, and no 429.

Requests go out one after the other, evenly spaced, a little slower than the API allows.
Three rules:

- *Space, do not burst.*  A request is due one spacing after the one before it.  The
  spacing is 1.25 % wider than the quota's: network delay varies (jitter), and without
  that margin it would push requests together.
- *Catch up, but not without bound.*  A loop that was busy wakes up late.  Restarting
  the schedule from there loses that time for good; sending everything overdue is a
  burst.  So at most ``burst`` requests go at once, and any further delay is given up.
- *Count as the API counts.*  Many APIs keep a log of the last period's requests, and
  refuse a request while that log is full.  The pacer keeps the same log, as well as a
  client can (see `RequestLog`), and sends when it has room for one more.

Below all that stands a limit on concurrency, smaller than httpx's pool of 100
connections: if the API is slow, requests would otherwise pile up in the pool.

What it can do depends on how the API counts.  With a spacing of T seconds and a jitter
of up to J seconds:

- A quota per window of W seconds is never exceeded, whatever the network does, as long
  as the shortest latency is below W.  No client can use more than W / (W + J) of such a
  quota without a 429.  This one uses W / (W + V), where V is by how much latencies
  exceed the shortest one on average.
- GCRA with a burst of b has no window.  It refuses nothing as long as J is below
  (b - ``burst``) T: two spacings if b is 10.
- GCRA with a burst of 1 allows nothing early, so at most T / (T + J) can be used: take
  ``burst=1`` and a lower ``rate``, or the rung `adaptive`, which finds that rate.

A quota belongs to an API key, not to a process: others who use the key count too.

Source: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A), with the
client waiting where the API would refuse.
"""

import asyncio
import bisect
import contextlib
import time
from typing import Any

import httpx


class Pacer:
    """``async with pacer:`` waits until the quota has room for one more request.

    The quota is ``rate`` requests per ``period`` seconds.  Take both as the API states
    them: 6,000 a minute is not 100 a second, it allows more at a time.  First come,
    first served; a waiter that is cancelled gives its turn to the next in line.

    At most ``limit`` requests are inside at once, or as many as ``limiter`` lets in, if
    you give one.  ``burst``, 1 or more, is how many may go at once after a delay; it
    may be a fraction.

    Keep one pacer for all that share a quota: it may serve one batch after the other,
    on one event loop.  A task can be inside once at a time.
    """

    MARGIN = 1.0125  # the spacing is so many times as wide as the quota's

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
        self._log = RequestLog(period)
        self._most = max(1, int(rate))  # requests in the log, per period
        self._period = period
        self._burst = burst
        self._due = 0.0  # when the next request is due
        self.rate = rate / period / self.MARGIN  # requests a second

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        self._log.end(answered=kind is None)
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        somebody_waits = self._limiter.locked() or self._turn.locked()
        return somebody_waits or self._seconds_until_free() > 0

    async def _take_turn(self) -> None:
        """Wait until a request may go, and note that it goes."""
        came = time.perf_counter()
        async with self._turn:
            while (wait := self._seconds_until_free()) > 0:
                await asyncio.sleep(wait)
            self._log.begin()
            self._schedule_next(came)

    def _seconds_until_free(self) -> float:
        """Until one more is due and the API has room for it; 0 or less if it may go."""
        has_room_at = self._log.room_at(self._most, self._period)
        return max(self._due, has_room_at) - time.perf_counter()

    def _schedule_next(self, came: float) -> None:
        """The next is due one spacing after this one was due.

        This one was not due before it ``came``: a quiet time is no credit.  Nor does it
        count as due longer ago than ``burst`` allows to catch up.
        """
        spacing = 1 / self.rate
        catch_up_from = time.perf_counter() - (self._burst - 1) * spacing
        self._due = max(came, self._due, catch_up_from) + spacing


class RequestLog:
    """The API's log of the last requests, as far as a client can know it.

    When did a request reach the API?  The client knows only when it was sent, and when
    its answer came.  The answer took some time to come, and the rest of the latency may
    have been lost on the way there.  So the request counts from the latest moment that
    is possible: when its answer came, less the shortest latency ever seen.  As long as
    it has no answer, that moment is not yet over.
    """

    def __init__(self, window: float) -> None:
        self.window = window  # for how many seconds a request counts
        self.margin = 0.01 * window  # for delay that no answer has shown yet
        self.shortest_latency = 0.0  # until the first answer
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # those in the window, in order

    def begin(self) -> None:
        """The current task sends a request."""
        self._sent[asyncio.current_task()] = time.perf_counter()

    def end(self, *, answered: bool) -> None:
        """The current task's request has its answer, or was given up."""
        now = time.perf_counter()
        sent = self._sent.pop(asyncio.current_task())
        latency = now - sent
        if answered:
            self.shortest_latency = min(self.shortest_latency or latency, latency)
            ended = now
        else:  # it may have reached the API as late as now
            ended = now + self.shortest_latency
        # What was cancelled may still be on its way, and a latency may be shorter than
        # the shortest one seen so far.
        earliest_end = sent + self.shortest_latency + self.margin
        bisect.insort(self._ended, max(ended, earliest_end))
        self._forget(now - self.window)

    def room_at(self, most: int, window: float) -> float:
        """When the last ``window`` seconds hold fewer than ``most``: now, or later."""
        now = time.perf_counter()
        earliest_ends = [sent + self.shortest_latency for sent in self._sent.values()]
        ends = self._ended + [max(now, end) for end in earliest_ends]
        if len(ends) < most:
            return now
        reached_api = ends[-most] - self.shortest_latency
        return reached_api + window

    def _forget(self, before: float) -> None:
        """Drop the requests that ended before."""
        del self._ended[: bisect.bisect(self._ended, before)]


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
    rate: float = 100,
    period: float = 1.0,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, paced; return the responses in order.

    The API allows ``rate`` requests per ``period`` seconds; the margin is taken off
    here.  ``limit`` is how many may be in flight.  ``limiter`` is a `Pacer` if several
    batches share one quota: then ``rate``, ``period`` and ``limit`` are its own.  Any
    other limiter takes the place of ``limit`` only, and the pace is kept on top of it.
    The other parameters are those of `semaphore`.
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

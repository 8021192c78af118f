"""Paced: nearly the whole quota used, and no 429.

Requests go out one after the other, evenly spaced, a little slower than the API allows.
Four rules:

- *Space, do not burst.*  A request is due one spacing after the one before it.  The
  spacing is 1.25 % wider than the quota's: network delay varies (jitter), and without
  this headroom it would push requests together.
- *Catch up, but only a little.*  A loop that was busy wakes up late.  Restarting the
  schedule from there loses that time for good; sending everything overdue is a burst.
  So at most ``burst`` requests go at once, and the rest of the delay is not made up.
- *Count as the API counts.*  Many APIs keep a log of the last period's requests, and
  refuse a request while that log is full.  The pacer keeps the same log, as well as a
  client can (see `RequestLog`), and sends when it has room for one more.
- *Space by the shortest quota, count for all.*  With 10 a second and 1,000 an hour, 500
  requests take 50 s.  Spaced by the hour, they would take half of one.

On top of that comes a limit on concurrency, smaller than httpx's pool of 100
connections: if the API is slow, requests would otherwise pile up in the pool.

How much of the quota this reaches depends on how the API counts:

- *In a window of W seconds.*  Nothing is refused as long as the shortest latency is
  below W.  You can use at most W / (W + average jitter) of the quota.
- *By spacing, and it allows a burst of B.*  Nothing is refused as long as jitter is
  below ``B - burst`` spacings.  You can use at most 98.8 %.
- *By spacing alone, T seconds apart* (GCRA with a burst of 1).  You can use at most
  T / (T + jitter) without a refusal: pass ``burst=1`` and that part of the API's rate.
  If you don't know the jitter, the rung `adaptive` finds this rate.

A quota belongs to an API key, not to a process: others who use the key count too.

Source: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A), with the
client waiting where the API would refuse.
"""

import asyncio
import bisect
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import httpx

LockableLimiter = Any  # a limiter with ``locked()``, such as asyncio.Semaphore
RateAndPeriod = tuple[float, float]  # so many requests, in any span of so many seconds


class Pacer:
    """``async with pacer:`` waits until the quota has room for one more request.

    The quota is ``rate`` requests per ``period`` seconds.  Take both as the API states
    them: 6,000 a minute is not 100 a second, it allows more at a time.  If it states
    several, give the others as ``also``: ``Pacer(10, 1, also=[(1000, 3600)])``.  First
    come, first served; a waiter that is cancelled gives its turn to the next in line.

    At most ``limit`` requests are inside at once, or as many as ``limiter`` lets in, if
    you give one.  ``burst``, 1 or more, is how many may go at once after a delay; it
    may be a fraction.

    Share one pacer among all requests of a quota: it may serve one batch after another,
    on one event loop.  A task that enters while it is inside gets ``RuntimeError``.
    """

    HEADROOM = 1.0125  # the spacing is the quota's own, times this

    def __init__(
        self,
        rate: float = 100,
        period: float = 1,
        *,
        also: Sequence[RateAndPeriod] = (),
        limit: int = 90,
        limiter: LockableLimiter = None,
        burst: float = 8,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit)
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._log = RequestLog(period)
        self._period = period
        self._also = list(also)
        self.rate = rate
        self._burst = burst
        self._due = 0.0  # when the next request is due

    @property
    def rate(self) -> float:
        """Requests per period that the API allows; set it when that changes."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = rate
        self._keep_to([(rate, self._period), *self._also])

    def _keep_to(self, quotas: list[RateAndPeriod]) -> None:
        """Count requests for all quotas; the one with the shortest period spaces them.

        A longer one would spread a job that fits into it over its whole period.
        """
        self._quotas = quotas
        rate, period = min(quotas, key=by_period)
        self._spacing = self.HEADROOM * period / rate  # seconds between two requests
        self._log.window = max(window for _, window in map(counted_as, quotas))
        self._log.slack = 0.01 * period

    async def __aenter__(self) -> None:
        self._log.refuse_second_entry()
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        self._log.note_ended(answered=kind is None)
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        is_full = self._limiter.locked()
        somebody_waits = self._turn.locked()
        return is_full or somebody_waits or self._seconds_until_free() > 0

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        self._due = max(self._due, time.perf_counter() + seconds)

    async def _take_turn(self) -> None:
        """Wait until a request may go, and note that it goes."""
        arrived = time.perf_counter()
        async with self._turn:
            while (wait := self._seconds_until_free()) > 0:
                await self._sleep(wait)
            self._log.note_sent()
            self._schedule_next(arrived)

    async def _sleep(self, seconds: float) -> None:
        """Wait this long for a turn; the rung `adaptive` may refuse to."""
        await asyncio.sleep(seconds)

    def _seconds_until_free(self) -> float:
        """Until a request is due and each quota has room; 0 or less if it may go."""
        free_at = self._due
        for quota in self._quotas:
            capacity, window = counted_as(quota)
            free_at = max(free_at, self._log.room_at(capacity, window))
        return free_at - time.perf_counter()

    def _schedule_next(self, arrived: float) -> None:
        """Set when the next request is due: one spacing after this one.

        Idle time earns no credit, so count from ``arrived`` at the earliest.  After a
        delay, catch up by at most ``burst`` requests and forget the rest.
        """
        spacing = self._spacing
        catch_up_from = time.perf_counter() - (self._burst - 1) * spacing
        self._due = max(arrived, self._due, catch_up_from) + spacing


def by_period(quota: RateAndPeriod) -> tuple[float, float]:
    """Sort key: the shortest period first, and of equal ones the fewest requests."""
    requests, period = quota
    return period, requests


def counted_as(quota: RateAndPeriod) -> tuple[int, float]:
    """How many requests a window may hold, and its seconds.

    A quota of less than one request, such as 0.5 in a second, is counted as 1 in 2 s.
    """
    rate, period = quota
    if rate < 1:
        return 1, period / rate
    return int(rate), period


class RequestLog:
    """The API's log of the last requests, as far as a client can know it.

    When did a request reach the API?  The client knows only when it sent the request
    and when the answer came.  The answer took at least the shortest latency ever seen;
    the rest may have been delay on the way to the API.  So a request counts from the
    latest possible moment: when its answer came, less the shortest latency.  As long as
    there is no answer, it may be reaching the API right now.

    If the computer is busy, all of the first answers may be late, and the shortest
    latency is still to come.  So at first requests count later, by `doubt`.
    """

    FIRST = 200  # answers

    def __init__(self, window: float) -> None:
        self.window = window  # for how many seconds a request counts
        self.slack = 0.01 * window  # seconds, for delays longer than any seen so far
        self.shortest_latency = 0.0  # until the first answer
        self._answers = 0
        self._all_latencies = 0.0  # their sum
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # when the others ended, in order

    def refuse_second_entry(self) -> None:
        """Raise ``RuntimeError`` if the current task has a request in flight."""
        if asyncio.current_task() in self._sent:
            raise RuntimeError("This task is already inside the pacer.")

    def note_sent(self) -> None:
        """Note that the current task sends a request now."""
        self._sent[asyncio.current_task()] = time.perf_counter()

    def sent_at(self, otherwise: float) -> float:
        """When the current task sent its request; ``otherwise`` if it has sent none."""
        return self._sent.get(asyncio.current_task(), otherwise)

    def note_ended(self, *, answered: bool) -> None:
        """Note that the current task's request has its answer, or was given up."""
        now = time.perf_counter()
        sent = self._sent.pop(asyncio.current_task())
        latency = now - sent
        if answered:
            if latency < self.shortest_latency or not self._answers:
                self.shortest_latency = latency
            self._answers += 1
            self._all_latencies += latency
            ended = now
        else:  # it may have reached the API as late as now
            ended = now + self.shortest_latency
        # A cancelled request may still be on its way, and a latency may be shorter than
        # the shortest one seen so far.
        earliest_end = sent + self.shortest_latency + self.slack
        bisect.insort(self._ended, max(ended, earliest_end))
        self._forget(now - self.window - self.doubt())

    def doubt(self) -> float:
        """Seconds by which the shortest latency seen so far may be too long.

        The more the first answers vary, the busier the computer may be.  Some APIs vary
        by much more than that, so it is 5 % of the shortest period at most.
        """
        if self._answers > self.FIRST:
            return 0.0
        average = self._all_latencies / max(1, self._answers)
        return min(average - self.shortest_latency, 5 * self.slack)

    def room_at(self, capacity: int, window: float) -> float:
        """When a window has room for one more request; it may be a past moment.

        A window holds at most ``capacity`` requests.
        """
        now = time.perf_counter()
        if len(self._ended) + len(self._sent) < capacity:
            return now
        earliest_ends = [sent + self.shortest_latency for sent in self._sent.values()]
        in_flight = [max(now, end) for end in earliest_ends]
        ends = sorted(self._ended[-capacity:] + in_flight)
        # There is room once only the last capacity - 1 requests still count.
        reached_api = ends[-capacity] - self.shortest_latency
        return reached_api + self.doubt() + window

    def _forget(self, before: float) -> None:
        """Drop the requests that ended before this moment."""
        del self._ended[: bisect.bisect(self._ended, before)]


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: LockableLimiter,
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
    limiter: LockableLimiter = None,
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

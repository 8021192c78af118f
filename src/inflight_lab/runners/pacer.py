"""Pacer: a rate limiter that counts requests as the API counts them.

`Schedule` holds the rules and never waits.  `Pacer` adds the waiting for asyncio, and
the rung `threaded` the waiting for threads.  There are three rules, and with them an
API that allows 100 requests a second never sees more than 100:

- *Space, do not burst.*  Requests leave one after the other, evenly spaced, and 1.25 %
  slower than the quota allows: network delay varies (jitter), and without this headroom
  it would push requests together.
- *Catch up, but only a little.*  If the event loop was busy, requests are overdue.  At
  most ``burst`` of them leave at once, and the rest of the delay is not made up.
- *Count until it is safe.*  The API counted a request at some moment between departure
  and answer.  The pacer assumes the latest one possible: when the answer came, less the
  shortest latency so far.  One period after that, the request no longer counts.

So it uses 98.8 % of a quota as long as latencies are even.  If they vary, it cannot
know where on its way a slow request was held up, and stays lower: at about 71 % of 100
a second for latencies between 0.1 and 0.9 s.  A single answer that is much quicker than
all the others has the same effect for the rest of the run.

For an API that allows no burst at all (nginx's ``limit_req`` as it is usually set, GCRA
with a burst of 1), pass ``burst=1`` and a rate of about 90 % of the API's.

The limit on requests in flight is smaller than httpx's pool of 100 connections: if the
API is slow, requests would otherwise pile up in the pool.

Source: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A), with the
client waiting where the API would refuse.
"""

import asyncio
import bisect
import time
from collections.abc import Sequence
from typing import Any

LockableLimiter = Any  # an async context manager with ``locked()``


class Schedule:
    """When the next request may leave, for ``rate`` requests per ``period`` seconds.

    ``rate`` can be set at any time, and with ``math.inf`` nothing is paced.  Raises
    ``ValueError`` for a number that is out of range.
    """

    HEADROOM = 1.0125  # the spacing is the quota's own, times this

    def __init__(
        self,
        rate: float = 100,
        period: float = 1,
        *,
        also: Sequence[tuple[float, float]] = (),
        burst: float = 8,
    ) -> None:
        for each_rate, each_period in [(rate, period), *also]:
            refuse_unless(each_rate > 0, "rate", each_rate, "greater than 0")
            refuse_unless(each_period > 0, "period", each_period, "greater than 0")
        refuse_unless(burst >= 1, "burst", burst, "1 or more")
        self.rate = rate
        self.period = period
        self._also = also
        self._burst = burst
        self._due = 0.0  # when the next request may leave
        self._quickest = 0.0  # the shortest latency so far, in seconds
        self._latencies = 0.0  # the sum of all, in seconds
        self._answers = 0
        self._sent: dict[Any, float] = {}  # when those in flight left, by their sender
        self._ended: list[float] = []  # when the others were answered, in order

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        self._due = max(self._due, time.perf_counter() + seconds)

    def _seconds_until_free(self) -> float:
        """Until the next request may leave; 0 or less if it may leave now."""
        now = time.perf_counter()
        free_at = self._due
        # The answer to a request in flight comes now at the earliest.
        in_flight = [self._end_of(sent, now) for sent in self._sent.values()]
        for seconds, number in self._windows():
            if len(self._ended) + len(in_flight) + 1 > number:
                ended = sorted(self._ended[-int(number) :] + in_flight)
                reached_api = ended[-int(number)] - self._quickest
                free_at = max(free_at, reached_api + self._doubt() + seconds)
        return free_at - now

    def _note_sent(self, sender: object, arrived: float) -> None:
        """Note that a request leaves now, whose sender has waited since ``arrived``."""
        now = time.perf_counter()
        self._sent[sender] = now
        # A longer period would spread a job that fits into it over all of it.
        seconds, number = min(self._windows())
        spacing = self.HEADROOM * seconds / number
        # Idle time earns no credit, and a delay only that of a small burst.
        credit_from = max(arrived, now - (self._burst - 1) * spacing)
        self._due = max(self._due, credit_from) + spacing

    def _note_ended(self, sender: object, *, answered: bool) -> None:
        """Note that a request has its answer, or was given up."""
        now = time.perf_counter()
        sent = self._sent.pop(sender)
        latency = now - sent
        if answered:
            self._quickest = min(self._quickest or latency, latency)
            self._latencies += latency
            self._answers += 1
            ended = now
        else:  # it may still be on its way to the API
            ended = now + 2 * self._quickest
        bisect.insort(self._ended, self._end_of(sent, ended))
        longest, _ = max(self._windows())
        del self._ended[: bisect.bisect(self._ended, now - 2 * longest)]

    def _end_of(self, sent: float, ended: float) -> float:
        """When a request counts as ended: a latency can still be the shortest one."""
        shortest_window, _ = min(self._windows())
        return max(ended, sent + self._quickest + 0.01 * shortest_window)

    def _doubt(self) -> float:
        """Seconds by which the shortest latency so far may be too long.

        If the computer is busy at first, so that latencies vary, all may be too long.
        """
        if not 0 < self._answers < 200:
            return 0.0
        average = self._latencies / self._answers
        shortest_window, _ = min(self._windows())
        return min(average - self._quickest, 0.05 * shortest_window)

    def _windows(self) -> list[tuple[float, float]]:
        """Each quota as seconds, and how many requests they allow, 1 or more."""
        quotas = [(self.rate, self.period), *self._also]
        return [(period / min(1, rate), max(1, rate)) for rate, period in quotas]


class Pacer(Schedule):
    """``async with pacer:`` waits until the quota has room for one more request.

    >>> pacer = Pacer(100, 1, also=[(1000, 3600)])
    >>> async with pacer:
    ...     await client.get(server.url)

    The quota is ``rate`` requests per ``period`` seconds, as the API states it: 6,000 a
    minute is not 100 a second.  Further quotas are ``also``.  All are counted; the one
    with the shortest period spaces.

    At most ``limit`` requests are inside at once; ``limiter`` takes the place of that
    semaphore.  After a delay at most ``burst`` leave at once.  First come, first
    served.  Share one pacer among all requests of a quota, on one event loop.  A task
    that enters again while it is inside gets ``RuntimeError``.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1,
        *,
        also: Sequence[tuple[float, float]] = (),
        limit: int = 90,
        limiter: LockableLimiter = None,
        burst: float = 8,
    ) -> None:
        super().__init__(rate, period, also=also, burst=burst)
        refuse_unless(limit >= 1, "limit", limit, "1 or more")
        self._limiter = limiter or asyncio.Semaphore(limit)
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        somebody_waits = self._limiter.locked() or self._turn.locked()
        return somebody_waits or self._seconds_until_free() > 0

    async def __aenter__(self) -> None:
        if asyncio.current_task() in self._sent:
            raise RuntimeError("This task is already inside the pacer.")
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:  # cancelled while it waited
            await self._limiter.__aexit__(None, None, None)
            raise

    async def _take_turn(self) -> None:
        arrived = time.perf_counter()
        async with self._turn:
            await self._wait()
            self._note_sent(asyncio.current_task(), arrived)

    async def _wait(self) -> None:
        """Wait until the first in line may send."""
        while (wait := self._seconds_until_free()) > 0:
            await asyncio.sleep(wait)

    async def __aexit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        self._note_ended(asyncio.current_task(), answered=kind is None)
        await self._limiter.__aexit__(kind, *error)


def refuse_unless(is_allowed: bool, name: str, value: object, allowed: str) -> None:
    """Raise ``ValueError`` for a parameter whose value is not allowed."""
    if not is_allowed:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")

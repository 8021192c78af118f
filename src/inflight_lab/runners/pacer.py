"""Pacer: a rate limiter that counts requests as the API counts them.

There are three rules, and with them an API that allows 100 requests a second never sees
more than 100:

- *Space, do not burst.*  Requests leave one after the other, evenly spaced, and 1.25 %
  slower than the quota allows: network delay varies (jitter), and without this headroom
  it would push requests together.
- *Catch up, but only a little.*  If the event loop was busy, requests are overdue.  At
  most ``burst`` of them leave at once, and the rest of the delay is not made up.
- *Count as late as it may be.*  A request takes one of the quota's 100 places.  The
  next request may have this place a second after the API has counted the first, and
  nobody tells you when that is:

      leaves ...... way there ...... counted ...... way back ...... answered

  The API counts a request a way back before its answer, and the next one a way there
  after that leaves.  Both ways together take at least as long as the quickest answer so
  far.  So the place is free again one period after the answer, less the quickest
  latency.  What has no answer yet may have one now.

  The first requests also open their connections, so that even the quickest of them is
  late.  Until one has used a connection again, nothing is taken off.

So it uses 98.8 % of a quota as long as latencies are even, and 98 % if network delay
varies by 10 ms.  If answers take longer than half a period, it loses the time of one of
them at the start.  If latencies vary much, it cannot know where on its way a slow
request was held up, and stays lower: at about 70 % of 100 a second for latencies
between 0.1 and 0.9 s.  A single answer that is much quicker than all the others has the
same effect for the rest of the run.

For an API that allows no burst at all (nginx's ``limit_req`` as it is usually set, GCRA
with a burst of 1), pass ``burst=1`` and a rate of about 90 % of the API's.

Source: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A), with the
client waiting where the API would refuse.
"""

import asyncio
import math
import time
from bisect import bisect, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Pacer:
    """``async with pacer:`` waits until the quota has room for one more request.

    >>> pacer = Pacer(100, 1, also=[(1000, 3600)])
    >>> async with pacer:
    ...     await client.get(server.url)

    The quota is ``rate`` requests per ``period`` seconds, as the API states it: 6,000 a
    minute is not 100 a second.  It spaces the requests.  Longer quotas, in ``also``,
    are only counted.  With a ``rate`` of ``math.inf`` nothing is paced.

    At most ``limit`` requests are inside at once, 90 by default, because httpx's pool
    has 100 connections.  A ``limiter``, such as ``anyio.CapacityLimiter``, takes the
    place of the semaphore that keeps this limit.  At most ``burst`` requests leave at
    once after a delay; 1 is for an API that allows no burst.

    First come, first served.  Share one among all requests of a quota, on one event
    loop; a task takes one turn at a time.  Raises ``ValueError`` for a number that is
    not greater than 0, or a limit that is not whole.  Code that waits in another way,
    such as threads, calls ``leave_or_wait`` and ``come_back`` itself.
    """

    # Requests leave one by one, evenly spaced, and each takes one of ``rate`` places.
    # When may the next have this place?  A period after the API counted the first one.
    # That was before its answer, by the way back.  And the next one is counted after it
    # leaves, by the way there.  Both ways together are the quickest latency at least.
    # So the place is free a period after the answer, less the quickest latency.

    rate: float = 100
    period: float = 1
    also: Sequence[tuple[float, float]] = ()  # longer quotas: rate and period
    limit: int = 90  # requests inside at once: httpx's pool has 100 connections
    limiter: Any = None  # in place of the semaphore that keeps this limit
    burst: float = 8  # so many may leave at once after a delay

    def __post_init__(self) -> None:
        for rate, period in self._quotas():
            if not min(rate, period, self.limit, self.burst) > 0:
                raise ValueError(f"each number must be greater than 0, got {self}")
        if self.limit % 1:
            raise ValueError(f"limit must be a whole number, got {self.limit}")
        self._slots = self.limiter or asyncio.Semaphore(self.limit)
        self._line = asyncio.Lock()  # first come, first served
        self._due = 0.0  # when the next request may leave
        self._in_flight: dict[Any, float] = {}  # when each left, by its task
        self._answered: list[float] = []  # when the others were, in order
        self._first_answer = math.inf  # when it came
        self._shortest = math.inf  # latency so far, in seconds
        self._quickest = 0.0  # the same, once a connection has been used again

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        self._due = max(self._due, time.perf_counter() + seconds)

    async def __aenter__(self) -> None:
        await self._slots.__aenter__()
        try:
            arrived = time.perf_counter()
            async with self._line:
                while wait := self.leave_or_wait(asyncio.current_task(), arrived):
                    await asyncio.sleep(wait)
        except BaseException:  # cancelled while it waited
            await self._slots.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        self.come_back(asyncio.current_task(), is_answered=kind is None)
        await self._slots.__aexit__(kind, *error)

    def leave_or_wait(self, sender: object, arrived: float) -> float:
        """Note that a request leaves, or return after how many seconds to try again."""
        now = time.perf_counter()
        waits = [self._wait_for_place(now, *quota) for quota in self._quotas()]
        wait = max(self._due - now, *waits)
        if wait > 0:
            return min(wait, 0.05)  # an answer that comes meanwhile may make it shorter
        self._in_flight[sender] = now
        spacing = 1.0125 * self.period / self.rate  # headroom: network delay varies
        # Neither idle time nor a long delay is made up for.
        earliest = max(arrived, now - (self.burst - 1) * spacing)
        self._due = max(self._due, earliest) + spacing
        return 0.0

    def _wait_for_place(self, now: float, rate: float, period: float) -> float:
        """For how many seconds all places of a quota are taken; 0 if one is free."""
        held = 1.01 * period - self._quickest  # from the answer on; 1 %: clocks differ
        answers = self._answered[bisect(self._answered, now - held) :]
        for left in self._in_flight.values():
            soonest = max(now, left + self._quickest)  # when its answer may come
            if soonest + held > now:  # or answers take longer than the period
                answers.append(soonest)
        if len(answers) + 1 <= max(1, rate):
            return 0.0
        return max(min(answers) + held - now, 0.001)  # not 0 by rounding

    def come_back(self, sender: object, *, is_answered: bool) -> None:
        """Note that a request was answered, or that it failed or was cancelled."""
        now = time.perf_counter()
        left = self._in_flight.pop(sender)
        if is_answered:
            insort(self._answered, now)
            self._shortest = min(self._shortest, now - left)
            if left > self._first_answer:  # and so a connection was open already
                self._quickest = self._shortest
            self._first_answer = min(self._first_answer, now)
        else:  # it may still be on its way
            insort(self._answered, now + self._quickest)
        longest = 1.01 * max(period for _, period in self._quotas())
        del self._answered[: bisect(self._answered, now - longest)]

    def _quotas(self) -> list[tuple[float, float]]:
        return [(self.rate, self.period), *self.also]

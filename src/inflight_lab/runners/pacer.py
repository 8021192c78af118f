"""Pacer: a rate limiter that counts requests as the API counts them.

There are three rules, and with them an API that allows 100 requests a second never sees
more than 100:

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

Source: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A), with the
client waiting where the API would refuse.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(eq=False)
class Pacer:
    """``async with pacer:`` waits until the quota has room for one more request.

    >>> pacer = Pacer(100, 1, also=[(1000, 3600)])
    >>> async with pacer:
    ...     await client.get(server.url)

    The quota is ``rate`` requests per ``period`` seconds, as the API states it: 6,000 a
    minute is not 100 a second.  Further quotas are ``also``.  All are counted; the one
    with the shortest period spaces.  ``rate`` can be set at any time, and with
    ``math.inf`` nothing is paced.

    First come, first served.  Share one pacer among all requests of a quota, on one
    event loop.  Raises ``ValueError`` for a number that is not greater than 0, and
    ``RuntimeError`` if a task that is inside enters again.
    """

    HEADROOM = 1.0125  # the spacing is the quota's own, times this

    rate: float = 100
    period: float = 1
    _: KW_ONLY
    also: Sequence[tuple[float, float]] = ()  # further quotas
    limit: int = 90  # requests inside at once: httpx's pool has 100 connections
    limiter: Any = None  # takes the place of a semaphore of that size
    burst: float = 8  # so many may leave at once after a delay

    def __post_init__(self) -> None:
        for rate, period in [(self.rate, self.period), *self.also]:
            if not min(rate, period, self.limit, self.burst) > 0:
                raise ValueError(f"each number must be greater than 0, got {self}")
        self._slots = self.limiter or asyncio.Semaphore(self.limit)
        self._line = asyncio.Lock()  # first come, first served
        self._has_ended = False
        self._due = 0.0  # when the next request may leave
        self._sent: dict[Any, float] = {}  # when those in flight left, by their task
        self._ended: list[float] = []  # when the others were answered
        self._quickest = 0.0  # the shortest latency so far, in seconds
        self._average = 0.0  # of all latencies
        self._answers = 0

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        self._due = max(self._due, time.perf_counter() + seconds)

    def end(self) -> None:
        """Let all go at once that wait for their turn: they will not send anything."""
        self._has_ended = True

    async def __aenter__(self) -> None:
        if asyncio.current_task() in self._sent:
            raise RuntimeError("this task is already inside the pacer")
        await self._slots.__aenter__()
        arrived = time.perf_counter()
        try:
            async with self._line:
                await self._wait()
                self._note_sent(asyncio.current_task(), arrived)
        except BaseException:  # cancelled while it waited
            await self._slots.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        self._note_ended(asyncio.current_task(), answered=kind is None)
        await self._slots.__aexit__(kind, *error)

    async def _wait(self) -> None:
        while (wait := self._seconds_until_free()) > 0 and not self._has_ended:
            # An answer that comes meanwhile may make the wait shorter.
            await asyncio.sleep(min(wait, self.period / 20, 0.5))

    def _seconds_until_free(self) -> float:
        now = time.perf_counter()
        in_flight = [self._end_of(sent, now) for sent in self._sent.values()]
        counted = sorted(self._ended + in_flight)
        free_at = self._due
        for seconds, number in self._windows():
            if len(counted) + 1 > number:
                reached_api = counted[-int(number)] - self._quickest
                if self._answers < 200:  # on a busy computer all may have been late
                    reached_api += min(self._average - self._quickest, 0.05 * seconds)
                free_at = max(free_at, reached_api + seconds)
        return free_at - now

    def _note_sent(self, sender: object, arrived: float) -> None:
        now = time.perf_counter()
        self._sent[sender] = now
        seconds, number = min(self._windows())  # the shortest one spaces
        spacing = self.HEADROOM * seconds / number
        # Idle time earns no credit, and a delay only that of a small burst.
        credit_from = max(arrived, now - (self.burst - 1) * spacing)
        self._due = max(self._due, credit_from) + spacing

    def _note_ended(self, sender: object, *, answered: bool) -> None:
        now = time.perf_counter()
        sent = self._sent.pop(sender)
        end = now
        if answered:
            latency = now - sent
            self._answers += 1
            self._average += (latency - self._average) / self._answers
            self._quickest = min(self._quickest or latency, latency)
        else:  # it may still be on its way to the API
            end += 2 * self._quickest
        longest, _ = max(self._windows())
        self._ended = [each for each in self._ended if each > now - 2 * longest]
        self._ended.append(self._end_of(sent, end))

    def _end_of(self, sent: float, ended: float) -> float:
        """When a request counts as ended: a latency can still be the shortest one."""
        seconds, _ = min(self._windows())
        return max(ended, sent + self._quickest + 0.01 * seconds)

    def _windows(self) -> list[tuple[float, float]]:
        """Each quota as seconds, and how many requests they allow, 1 or more."""
        quotas = [(self.rate, self.period), *self.also]
        return [(period / min(1, rate), max(1, rate)) for rate, period in quotas]

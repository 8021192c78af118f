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
  shortest latency so far.  One period after that, and a little more if latencies vary,
  the request no longer counts.

So it uses 98.8 % of a quota as long as latencies are even, and 98 % if network delay
varies by 10 ms.  If latencies vary much, it cannot know where on its way a slow request
was held up, and stays lower: at about 70 % of 100 a second for latencies between 0.1
and 0.9 s.  A single answer that is much quicker than all the others has the same effect
for the rest of the run.

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
    minute is not 100 a second.  Quotas in ``also`` are counted as well; the one with
    the shortest period spaces.  With a ``rate`` of ``math.inf`` nothing is paced.

    First come, first served.  Share one among all requests of a quota, on one event
    loop; a task takes one turn at a time.  Raises ``ValueError`` for a number that is
    not greater than 0.
    """

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
        self._due = 0.0  # when the next request may leave
        self._sent: dict[Any, float] = {}  # when those in flight left, by their task
        self._ended: list[float] = []  # when the others were answered
        self._quickest = 0.0  # the shortest latency so far, in seconds
        self._excess = 0.0  # by how much others were longer lately

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        self._due = max(self._due, time.perf_counter() + seconds)

    async def __aenter__(self) -> None:
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
        while (wait := self._seconds_until_free()) > 0:
            # An answer that comes meanwhile may make the wait shorter.
            await asyncio.sleep(min(wait, self.period / 20, 0.5))

    def _seconds_until_free(self) -> float:
        now = time.perf_counter()
        in_flight = [max(now, sent + self._quickest) for sent in self._sent.values()]
        ended = sorted(self._ended + in_flight)
        free_at = self._due
        for period, number in self._windows():
            if len(ended) + 1 > number:
                counted_at = ended[-int(number)] - self._quickest
                margin = max(0.01 * period, min(self._excess, 0.03 * period))
                free_at = max(free_at, counted_at + period + margin)
        return free_at - now

    def _note_sent(self, sender: object, arrived: float) -> None:
        now = time.perf_counter()
        self._sent[sender] = now
        period, number = self._windows()[0]
        spacing = 1.0125 * period / number  # the headroom
        # Idle time earns no credit, and a delay only that of a small burst.
        credit_from = max(arrived, now - (self.burst - 1) * spacing)
        self._due = max(self._due, credit_from) + spacing

    def _note_ended(self, sender: object, *, answered: bool) -> None:
        now = time.perf_counter()
        latency = now - self._sent.pop(sender)
        longest, _ = self._windows()[-1]
        self._ended = [end for end in self._ended if end > now - 2 * longest]
        if answered:
            self._quickest = min(self._quickest or latency, latency)
            self._excess += (latency - self._quickest - self._excess) / 20
        else:  # it may still be on its way to the API
            now += 2 * self._quickest
        self._ended.append(now)

    def _windows(self) -> list[tuple[float, float]]:
        """Each as seconds, and how many requests they allow; the shortest first."""
        quotas = [(self.rate, self.period), *self.also]
        return sorted((period / min(1, rate), max(1, rate)) for rate, period in quotas)

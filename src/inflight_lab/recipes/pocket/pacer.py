"""Pacer: requests leave one by one, at the rate that the API allows."""

import asyncio
import time
from typing import Any


class Pacer:
    """``async with pacer:`` waits until the API has room for one more request.

    Requests leave evenly spaced, 1.25 % slower than the quota allows, because network
    delay varies.  The API counts a request when it arrives: at the latest when its
    answer came, less the time that the quickest answer took.  One period later it
    counts no more.  So no window of the API ever holds too many.
    """

    def __init__(self, rate: float, period: float = 1, *, limit: int = 90) -> None:
        for name, value in (("rate", rate), ("period", period), ("limit", limit)):
            if value <= 0:
                raise ValueError(f"{name} must be greater than 0, got {value}")
        self.number = max(1, int(rate))  # 0.5 in a second are 1 in 2 seconds
        self.spacing = 1.0125 * period / rate
        self.due = 0.0  # when the next request may leave
        self.quickest = 0.0  # the shortest latency so far
        self.sent: dict[Any, float] = {}  # when each task in flight sent its request
        self.ended: list[float] = []  # when the others were answered
        self.turn = asyncio.Lock()  # first come, first served
        self.limit = asyncio.Semaphore(limit)
        self.stopped: Exception | None = None  # what all get that wait for a turn

    async def __aenter__(self) -> None:
        arrived = time.monotonic()
        async with self.turn:
            await self.limit.acquire()
            try:
                while (wait := self.free_at() - time.monotonic()) > 0:
                    await asyncio.sleep(min(wait, 0.5))
                if self.stopped:
                    raise self.stopped
            except BaseException:
                self.limit.release()
                raise
            now = time.monotonic()
            self.sent[asyncio.current_task()] = now
            # A loop that was busy catches up, but only by seven requests.
            earliest = max(arrived, now - 7 * self.spacing)
            self.due = max(self.due, earliest) + self.spacing

    async def __aexit__(self, error: object, *_: object) -> None:
        self.limit.release()
        now = time.monotonic()
        latency = now - self.sent.pop(asyncio.current_task())
        if error is None:
            self.quickest = min(self.quickest or latency, latency)
        self.ended.append(now)

    def free_at(self) -> float:
        """When the next request may leave, as far as we know now."""
        if self.stopped:
            return 0.0
        now = time.monotonic()
        in_flight = [max(now, sent + self.quickest) for sent in self.sent.values()]
        counted = sorted(self.ended[-self.number :] + in_flight)
        if len(counted) < self.number:
            return self.due
        reached_api = counted[-self.number] - self.quickest
        return max(self.due, reached_api + self.number * self.spacing)

    def pause(self, seconds: float) -> None:
        """Hold back all requests, also those that are waiting already."""
        self.due = max(self.due, time.monotonic() + seconds)

    def stop(self, why: Exception) -> None:
        """Send nothing more: all who wait for a turn get this error."""
        self.stopped = why

"""Limiters with the faults that limiters have: 7 requests in 2 seconds, and each goes
wrong in its own way.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from time import monotonic, monotonic_ns
from typing import Any, Self

import pytest

RATE = 7
PERIOD = 2.0
SPACING = PERIOD / RATE


class Spacer:
    """One request each two sevenths of a second; a stall of the loop saves them up."""

    def __init__(self) -> None:
        self._next = 0.0

    async def __aenter__(self) -> Self:
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next) + SPACING
        await asyncio.sleep(self._next - SPACING - now)
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Bucket(Spacer):
    """Fills up while nobody comes: after a rest it allows twice the rate."""

    def __init__(self) -> None:
        self._tokens = float(RATE)
        self._filled = monotonic()  # a clock that was imported by its name
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        async with self._lock:
            self._fill()
            while self._tokens < 1:
                await asyncio.sleep((1 - self._tokens) * SPACING)
                self._fill()
            self._tokens -= 1
        return self

    def _fill(self) -> None:
        now = monotonic()
        self._tokens = min(RATE, self._tokens + (now - self._filled) / SPACING)
        self._filled = now


class CatchesUp(Spacer):
    """Keeps to a schedule: what nobody used during a rest goes out at once."""

    async def __aenter__(self) -> Self:
        now = asyncio.get_running_loop().time()
        self._next = (self._next or now) + SPACING
        await asyncio.sleep(max(0, self._next - SPACING - now))
        return self


class Window(Spacer):
    """Counts by the clock's periods, and starts over at their edges."""

    def __init__(self) -> None:
        self._window, self._used = -1, 0

    async def __aenter__(self) -> Self:
        while True:
            now = time.time()
            window = int(now / PERIOD)
            if window != self._window:
                self._window, self._used = window, 0
            if self._used < RATE:
                self._used += 1
                return self
            await asyncio.sleep((window + 1) * PERIOD - now + 0.001)


class Leaks(Spacer):
    """Three slots, and one that is cancelled while it is under way never comes back."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(3)

    async def __aenter__(self) -> Self:
        await self._slots.acquire()
        return self

    async def __aexit__(self, kind: Any, *_: object) -> None:
        if kind is not asyncio.CancelledError:
            self._slots.release()


class LosesFailures(Leaks):
    """Three slots, and one whose request fails never comes back."""

    async def __aexit__(self, kind: Any, *_: object) -> None:
        if kind is None or kind is asyncio.CancelledError:
            self._slots.release()


class Locks:
    """Sleeps while it holds a lock, and keeps it if somebody cancels meanwhile."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def acquire(self) -> None:
        """Wait for the turn."""
        await self._lock.acquire()
        await asyncio.sleep(SPACING)
        self._lock.release()


class LastFirst(Spacer):
    """Who came last goes first."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next: asyncio.TimerHandle | None = None

    def _let_one_go(self) -> None:
        self._next = None
        while self._waiting:
            last = self._waiting.pop()
            if not last.done():
                last.set_result(None)
                loop = asyncio.get_running_loop()
                self._next = loop.call_later(SPACING, self._let_one_go)
                return

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.append(future)
        self._next = self._next or loop.call_later(SPACING, self._let_one_go)
        await future
        return self


class HandsOver(Spacer):
    """As many slots as ``limit``; who leaves hands theirs on, limit or no limit."""

    def __init__(self) -> None:
        self.limit, self._inside = 4, 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> Self:
        if self._inside >= self.limit or self._waiting:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._inside += 1
        return self

    def _wake_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)
                return

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        self._wake_one()


class WakesOne(HandsOver):
    """Looks at the limit, and only when one leaves: a limit that is raised wakes
    nobody.
    """

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        if self._inside < self.limit:
            self._wake_one()


class WakesAll(WakesOne):
    """A limit that is raised wakes all who wait, and none of them looks at it."""

    @property
    def limit(self) -> int:
        """How many may be inside."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        if limit > getattr(self, "_limit", limit):
            for _ in range(len(self._waiting)):
                self._wake_one()
        self._limit = limit


class Remembers(Spacer):
    """Keeps a note of each request for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._log: list[object] = []

    async def __aexit__(self, *_: object) -> None:
        self._log.append(object())


class LetsAllThrough(Spacer):
    """Limits nothing."""

    async def __aenter__(self) -> Self:
        return self


class ReadOnly(Spacer):
    """Says what its limit is, and nobody can set it."""

    @property
    def limit(self) -> int:
        """It is one."""
        return 1


class Raises(Spacer):
    """Fails at the third request."""

    def __init__(self) -> None:
        self._left = 2

    async def __aenter__(self) -> Self:
        self._left -= 1
        if self._left < 0:
            raise ValueError("no more")
        return self


class GivesUp:
    """Lets seven wait, and sends the others away at once."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(1)
        self._waiting = 0

    async def __aenter__(self) -> Self:
        if self._waiting == RATE:
            raise TimeoutError("Not sent: too many wait")
        self._waiting += 1
        await self._slots.acquire()
        self._waiting -= 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()


class Hangs(Spacer):
    """Lets nobody through."""

    async def __aenter__(self) -> Self:
        return await asyncio.get_running_loop().create_future()


class HangsAndPolls(Spacer):
    """Lets nobody through, and looks again and again."""

    async def __aenter__(self) -> Self:
        while self:  # noqa: ASYNC110
            await asyncio.sleep(PERIOD)
        return self


class Blocks(Spacer):
    """Keeps the rate by stopping the whole event loop."""

    async def __aenter__(self) -> Self:
        time.sleep(SPACING)  # noqa: ASYNC251
        return self


class BlocksWhenMade(Spacer):
    """Warms up first."""

    def __init__(self) -> None:
        super().__init__()
        time.sleep(0.1)


class BlocksAndGoesOn(Spacer):
    """Takes whatever is raised for nothing."""

    async def __aenter__(self) -> Self:
        with contextlib.suppress(BaseException):
            time.sleep(SPACING)  # noqa: ASYNC251
        return self


class BlocksOnLeaving(Spacer):
    """Stops the loop after the request."""

    async def __aexit__(self, *_: object) -> None:
        time.sleep(SPACING)  # noqa: ASYNC251


class BlocksForNoTime(Spacer):
    """Lets other threads run."""

    async def __aenter__(self) -> Self:
        time.sleep(0)  # noqa: ASYNC251
        return await super().__aenter__()


class CountsNanoseconds(Spacer):
    """Asks for the time in whole nanoseconds."""

    def __init__(self) -> None:
        self._next = 0

    async def __aenter__(self) -> Self:
        now = monotonic_ns()
        assert now == pytest.approx(time.perf_counter_ns(), abs=1000)
        assert now == pytest.approx(1e9 * monotonic(), abs=1000)
        self._next = max(now, self._next) + round(SPACING * 1e9)
        await asyncio.sleep((self._next - now) / 1e9)
        return self


class Polls(Spacer):
    """Asks again and again, and never waits for longer than ``PAUSE``."""

    PAUSE = 0.0

    async def __aenter__(self) -> Self:
        while time.monotonic() < self._next:  # noqa: ASYNC110
            await asyncio.sleep(self.PAUSE)
        self._next = time.monotonic() + SPACING
        return self


class PollsByTheMicrosecond(Polls):
    """Does wait, and next to nothing."""

    PAUSE = 1e-6


class PollsByTimer(Polls):
    """Sets a timer for this moment, again and again."""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        while loop.time() < self._next:
            due = loop.create_future()
            loop.call_at(loop.time(), due.set_result, None)
            await due
        self._next = loop.time() + SPACING
        return self


class PollsByTheMillisecond(Polls):
    """Is slow, and sound otherwise."""

    PAUSE = 0.001


class Released:
    """Has a ``release`` to be awaited."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(5)
        self.acquire = self._slots.acquire

    async def release(self) -> None:
        """Give the slot back."""
        self._slots.release()

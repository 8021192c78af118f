"""Limiters for 7 requests in 2 seconds: a sound one, and some that go wrong, each in
its own way.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from time import monotonic
from typing import Any, Self

RATE = 7
PERIOD = 2.0
SPACING = PERIOD / RATE


class Spacer:
    """One request each two sevenths of a second, and nothing is made up for."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._due = 0.0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(self._due - loop.time())
            self._due = loop.time() + SPACING
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Bucket(Spacer):
    """Fills up while nobody comes: after a rest it lets twice the rate through."""

    def __init__(self) -> None:
        super().__init__()
        self._tokens = float(RATE)
        self._filled = monotonic()  # a clock that was imported by its name

    async def __aenter__(self) -> Self:
        async with self._turn:
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
    """Keeps to a schedule while requests wait: what is overdue goes out at once."""

    async def __aenter__(self) -> Self:
        now = asyncio.get_running_loop().time()
        self._due = max(now, self._due + SPACING)
        await asyncio.sleep(self._due - now)
        return self


class Window(Spacer):
    """Lets seven through at once, and seven more when two seconds have passed."""

    def __init__(self) -> None:
        super().__init__()
        self._sent: deque[float] = deque([0.0] * RATE, maxlen=RATE)

    async def __aenter__(self) -> Self:
        async with self._turn:
            await asyncio.sleep(self._sent[0] + PERIOD + 0.001 - time.perf_counter())
            self._sent.append(time.perf_counter())
        return self


class Leaks:
    """One slot, and one that is cancelled while it is under way never comes back."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(1)

    async def __aenter__(self) -> Self:
        await self._slots.acquire()
        return self

    async def __aexit__(self, kind: Any, *_: object) -> None:
        if kind is not asyncio.CancelledError:
            self._slots.release()


class Closes(Spacer):
    """Once a request was cancelled it lets none through but those that wait."""

    is_closed = False

    async def __aenter__(self) -> Self:
        if self.is_closed:
            await asyncio.Event().wait()
        try:
            return await super().__aenter__()
        except asyncio.CancelledError:
            self.is_closed = True
            raise


class Drops(Spacer):
    """Who waits while another is cancelled never gets through; who comes later does."""

    cancelled = 0

    async def __aenter__(self) -> Self:
        before = self.cancelled
        try:
            await super().__aenter__()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.cancelled > before:
            await asyncio.Event().wait()
        return self


class Locks:
    """Sleeps while it holds a lock, and keeps it if somebody cancels meanwhile."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def acquire(self) -> None:
        """Wait for the turn."""
        await self._lock.acquire()
        await asyncio.sleep(SPACING)
        self._lock.release()


class FailsInACrowd(Spacer):
    """Fails when more than eighteen wait."""

    waiting = 0

    async def __aenter__(self) -> Self:
        self.waiting += 1
        if self.waiting > 18:
            raise TimeoutError("a crowd")
        try:
            return await super().__aenter__()
        finally:
            self.waiting -= 1


class Blocks(Spacer):
    """Keeps the rate by stopping the whole event loop."""

    async def __aenter__(self) -> Self:
        time.sleep(SPACING)  # noqa: ASYNC251
        return self


class Polls(Spacer):
    """Asks again and again, and waits for ``pause`` seconds in between."""

    pause = 0.0

    async def __aenter__(self) -> Self:
        while time.monotonic() < self._due:  # noqa: ASYNC110
            await asyncio.sleep(self.pause)
        self._due = time.monotonic() + SPACING
        return self

"""A limiter whose limit can change while requests wait for it and hold its slots."""

import asyncio

import anyio

from inflight_lab.lesson.arguments import check
from inflight_lab.lesson.runs.timeline import Timeline


class AdjustableLimiter:
    """An ``asyncio.Semaphore`` whose ``limit`` can be set at any time.

    It has the semaphore's ``async with`` and ``locked()``.  Underneath is an
    ``anyio.CapacityLimiter``, because changing a semaphore's counter does not work.  A
    higher limit lets the next in line through at once.  After a cut, requests in flight
    keep their slots, and nobody gets a new one until there are few enough.

    >>> limiter = AdjustableLimiter(3)
    >>> async with limiter:
    ...     await client.get(server.url)
    >>> limiter.limit = 10  # requests that wait in other tasks now get through

    Set ``limit`` on the event loop's thread only.  A task can hold one slot at a time;
    asking for a second raises ``RuntimeError``.

    Raises ``TypeError`` or ``ValueError`` if a limit is not an integer of 1 or more.
    """

    def __init__(self, limit: int) -> None:
        self._capacity = anyio.CapacityLimiter(1)
        self.limit = limit

    @property
    def limit(self) -> int:
        """How many may hold a slot at once."""
        return int(self._capacity.total_tokens)

    @limit.setter
    def limit(self, limit: int) -> None:
        check("limit", limit)
        self._capacity.total_tokens = limit

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return self._capacity.statistics().tasks_waiting

    @property
    def in_use(self) -> int:
        """How many slots are taken; more than ``limit`` for a while after a cut."""
        return int(self._capacity.borrowed_tokens)

    def locked(self) -> bool:
        """Whether every slot is taken, so that one more request would have to wait."""
        return self._capacity.available_tokens <= 0

    async def __aenter__(self) -> None:
        try:
            await self._capacity.acquire()
        except RuntimeError:  # this task holds a slot already
            await asyncio.sleep(0)  # code that tries again for ever must not freeze us
            raise

    async def __aexit__(self, *exc_info: object) -> None:
        self._capacity.release()


class ObservedLimiter(AdjustableLimiter):
    """Writes into ``timeline`` when a slot is taken and when it is free again."""

    def __init__(self, timeline: Timeline, limit: int) -> None:
        super().__init__(limit)
        self._timeline = timeline

    async def __aenter__(self) -> None:
        await super().__aenter__()
        self._timeline.take()

    async def __aexit__(self, *exc_info: object) -> None:
        self._timeline.free()
        await super().__aexit__(*exc_info)

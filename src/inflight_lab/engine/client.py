"""What a run gives its runner: a client and a limiter that are observed."""

import asyncio
from collections import deque
from typing import Any

import httpx

from inflight_lab.engine.limiter import AdjustableLimiter
from inflight_lab.observation.timeline import Timeline
from inflight_lab.observation.transport import ObservedTransport

Outcome = httpx.Response | BaseException

REFUSED_AFTER = 0.05
"""Seconds that a request takes to fail once its run has ended.

Code that tries again for ever must not freeze the event loop meanwhile.
"""


class RunClient(httpx.AsyncClient):
    """Lets the event loop turn before it raises.

    httpx can raise without doing so, at a bad URL or after ``aclose()``: then a runner
    that tries again at once, for ever, would freeze the loop.
    """

    async def request(self, *arguments: Any, **options: Any) -> httpx.Response:
        """As ``httpx.AsyncClient`` does."""
        try:
            return await super().request(*arguments, **options)
        except Exception:
            await asyncio.sleep(0)
            raise


class RunTransport(ObservedTransport):
    """Keeps the last ``kept`` outcomes, in the order in which the requests ended.

    ``senders`` are the tasks that wait for an answer.  Once it is ``closed``, every
    further request is cancelled.
    """

    def __init__(self, timeline: Timeline, kept: int) -> None:
        super().__init__(timeline=timeline)
        self.outcomes: deque[Outcome] = deque(maxlen=kept)
        self.senders = set[asyncio.Task[Any]]()
        self.closed = False

    def empty_queue(self) -> None:
        """Let nothing wait for a connection any more: all that do are to be cancelled.

        httpcore searches its queue each time that a request in it gives up.  When
        hundreds are cancelled, that takes it seconds.
        """
        pool = getattr(self.transport, "_pool", None)
        for queued in getattr(pool, "_requests", ()):
            if queued.connection is None:
                queued.connection = "none: it is about to be cancelled"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``, and keep its outcome."""
        if self.closed:
            await asyncio.sleep(REFUSED_AFTER)
            raise asyncio.CancelledError
        try:
            response = await self._send(request)
        except BaseException as error:
            self.outcomes.append(error)
            raise
        response.request = request
        self.outcomes.append(response)
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        task: Any = asyncio.current_task()
        self.senders.add(task)
        try:
            return await super().handle_async_request(request)
        finally:
            # Not `remove`: a body that is sent may have sent a request of its own.
            self.senders.discard(task)


class RunLimiter(AdjustableLimiter):
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

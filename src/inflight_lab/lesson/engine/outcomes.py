"""Collects the outcomes of a run: the transport of the client that a runner gets."""

import asyncio
from collections import deque
from typing import Any

import httpx

from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.runs.transport import ObservedTransport

Outcome = httpx.Response | BaseException

REFUSED_AFTER = 0.05
"""Seconds that a request takes to fail once its execution has ended.

Otherwise code that retries for ever would freeze the event loop.
"""

NOT_QUEUED = object()
"""Stands for a connection in a request that will be cancelled before it gets one."""


class CollectingTransport(ObservedTransport):
    """Keeps the last ``max_outcomes``, in the order in which they came.

    ``sending_tasks`` are the tasks that wait for an answer.  Once the transport is
    ``closed``, it cancels every further request.
    """

    def __init__(self, timeline: Timeline, max_outcomes: int) -> None:
        super().__init__(timeline=timeline)
        self.outcomes: deque[Outcome] = deque(maxlen=max_outcomes)
        self.sending_tasks = set[asyncio.Task[Any]]()
        self.closed = False

    def empty_queue(self) -> None:
        """Take every request out of httpcore's queue for a connection.

        Call this right before they are cancelled.  httpcore searches its queue whenever
        a queued request gives up, so cancelling hundreds takes it seconds.
        """
        pool = getattr(self.transport, "_pool", None)
        for queued in getattr(pool, "_requests", ()):
            # httpcore has no method for this.  A request counts as queued while its
            # connection is None, and only a request that is sent uses the value.
            if queued.connection is None:
                queued.connection = NOT_QUEUED

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
        self.sending_tasks.add(task)
        try:
            return await super().handle_async_request(request)
        finally:
            # Not `remove`: a body that is sent may have sent a request of its own.
            self.sending_tasks.discard(task)

"""One run of any runner: observed, with a limit that can be set, and stopped without losing an outcome."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import httpx

from inflight_lab.limiter import AdjustableLimiter
from inflight_lab.observation.timeline import Timeline
from inflight_lab.observation.transport import ObservedTransport

Outcome = httpx.Response | BaseException
Runner = Callable[..., Awaitable[Any]]

GRACE = 0.7
"""Seconds that a stopped runner has to return its outcomes before it is cancelled as a whole."""


def takes(runner: Runner, parameter: str) -> bool:
    """Whether ``runner`` can be called with the keyword ``parameter``."""
    parameters = inspect.signature(runner).parameters
    return parameter in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


class Run:
    """Calls ``runner(url, count, ...)`` with a client that observes and, if it takes one, a limiter to set.

    ``timeline`` is written by the client.  ``more`` are further keywords for the runner.
    ``limiter`` is None for a runner without that keyword.
    """

    def __init__(
        self,
        runner: Runner,
        url: str,
        count: int,
        *,
        limit: int,
        timeline: Timeline,
        more: Mapping[str, object] | None = None,
    ) -> None:
        self.runner, self.url, self.count, self.timeline = runner, url, count, timeline
        self._more = more or {}
        self._switch = StopSwitch()
        self._transport = _Transport(self._switch, timeline)
        self.limiter = _Limiter(self._switch, limit) if takes(runner, "limiter") else None
        self._call: asyncio.Task[Any] | None = None

    async def outcomes(self) -> tuple[list[Outcome], BaseException | None]:
        """Run; return one outcome per request asked for, and what the runner raised, if it did."""
        self.timeline.start(self.count)
        async with httpx.AsyncClient(transport=self._transport) as client:
            keywords = {"client": client, "limiter": self.limiter, "return_exceptions": True}
            keywords = {name: value for name, value in keywords.items() if takes(self.runner, name)}
            self._call = asyncio.ensure_future(self.runner(self.url, self.count, **keywords, **self._more))
            try:
                await asyncio.wait([self._call])
            finally:
                # Also for what the runner left behind: gather does not cancel the others when one raises.
                self.stop()
                await self._switch.all_gone()
                self.timeline.cancel_waiting()
        error = asyncio.CancelledError() if self._call.cancelled() else self._call.exception()
        return self._complete(None if error else self._call.result()), error

    def stop(self) -> None:
        """Cancel what is in flight and send no more; `outcomes` then returns within a second."""
        self._switch.pull()
        if self._call and not self._call.done():
            asyncio.get_running_loop().call_later(GRACE, self._call.cancel)

    def _complete(self, returned: Any) -> list[Outcome]:
        """What the runner returned; if that is not one outcome per request, what the transport saw."""
        if isinstance(returned, list) and len(returned) == self.count:
            return returned
        seen = self._transport.outcomes
        return [*seen, *(asyncio.CancelledError() for _ in range(self.count - len(seen)))]


class StopSwitch:
    """Ends a run from outside: cancels every task that passes through the run's client or limiter.

    The tasks are cancelled one by one, and not their parent, so that ``gather`` still returns what the
    others brought.
    """

    def __init__(self) -> None:
        self._inside: Counter[asyncio.Task[Any]] = Counter()
        self._pulled = False

    def pull(self) -> None:
        """Cancel the tasks that are inside; those that come later are cancelled as they come."""
        self._pulled = True
        for task in list(self._inside):
            task.cancel()

    def enter(self) -> None:
        """The current task comes in."""
        if self._pulled:
            raise asyncio.CancelledError
        self._inside[_current_task()] += 1

    def leave(self) -> None:
        """The current task goes out."""
        task = _current_task()
        self._inside[task] -= 1
        if not self._inside[task]:
            del self._inside[task]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """`enter` and `leave` around a block."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    async def all_gone(self) -> None:
        """Wait for the cancelled tasks, but not for long: one may refuse to go."""
        if self._inside:
            await asyncio.wait(list(self._inside), timeout=GRACE)


class _Transport(ObservedTransport):
    """Passes the switch, and keeps what became of each request, in the order in which they ended."""

    def __init__(self, switch: StopSwitch, timeline: Timeline) -> None:
        super().__init__(timeline=timeline)
        self._switch = switch
        self.outcomes: list[Outcome] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self._switch.inside():
            try:
                response = await super().handle_async_request(request)
            except BaseException as error:
                self.outcomes.append(error)
                raise
        response.request = request
        self.outcomes.append(response)
        return response


class _Limiter(AdjustableLimiter):
    """Passes the switch, so that a task in a pause or in the queue is stopped too."""

    def __init__(self, switch: StopSwitch, limit: int) -> None:
        super().__init__(limit)
        self._switch = switch

    async def __aenter__(self) -> None:
        self._switch.enter()
        try:
            await super().__aenter__()
        except BaseException:
            self._switch.leave()
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await super().__aexit__(exc_type, exc, traceback)
        self._switch.leave()


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None  # a coroutine runs in a task
    return task

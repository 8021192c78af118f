"""One run of any runner: observed, with a limit that can be set, and stopped without losing an outcome."""

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from inflight_lab.engine.limiter import AdjustableLimiter
from inflight_lab.engine.tasks import Tasks
from inflight_lab.observation.timeline import Timeline
from inflight_lab.observation.transport import ObservedTransport

Outcome = httpx.Response | BaseException
Runner = Callable[..., Awaitable[Any]]

GRACE = 0.15
"""Seconds that a stopped run has to end after each of the times that it is asked to."""

TIMEOUT = 5.0
"""Seconds that a run's client waits for each step of a request, as httpx does by default."""

KEPT = 1000
"""How many outcomes a run that sends more than its ``count`` keeps, of those that ended last."""

GIVEN = ("client", "limiter", "return_exceptions")
"""What a runner is given by keyword, if it takes it."""

WRITE = "write `async def run(url, count, *, client, limiter):`, with the keywords that you need"


def takes(runner: Runner, parameter: str) -> bool:
    """Whether ``runner`` can be called with the keyword ``parameter``."""
    parameters = inspect.signature(runner).parameters
    return parameter in parameters or any(
        p.kind is p.VAR_KEYWORD for p in parameters.values()
    )


def check_runner(runner: Any) -> None:
    """Raise ``TypeError``, which says what to write, if ``runner`` is seen to be none."""
    if not callable(runner):
        raise TypeError(
            f"runner must be a function, not called yet: {WRITE}; got {runner!r}"
        )
    if inspect.isasyncgenfunction(runner) or inspect.isgeneratorfunction(runner):
        raise TypeError(
            f"runner must return its outcomes as a list, and not yield: {WRITE}; got {runner!r}"
        )
    try:
        inspect.signature(runner).bind(
            "url", 1, **{name: None for name in GIVEN if takes(runner, name)}
        )
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"runner must take url and count ({error}): {WRITE}; got {runner!r}"
        ) from None


class Run:
    """Calls ``runner(url, count, ...)`` with a client that observes and, if it takes one, a limiter to set.

    ``timeline`` is written by the client.  ``more`` are further keywords for the
    runner.  In slow motion the client's timeouts are ``slow`` times as long.
    ``limiter`` is None for a runner without that keyword.

    Afterwards ``result`` has one outcome per request asked for, and what the runner
    raised, if it did; ``stopped`` is whether it was ended from outside; ``let_go`` how
    many tasks never ended.
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
        slow: float = 1,
    ) -> None:
        self.runner, self.url, self.count, self.timeline = runner, url, count, timeline
        self._more, self._tasks = more or {}, Tasks()
        self._timeout = TIMEOUT * slow
        self._transport = _Transport(timeline, max(count, KEPT))
        self.limiter = _Limiter(timeline, limit) if takes(runner, "limiter") else None
        self.result: tuple[list[Outcome], BaseException | None] = (
            [],
            asyncio.CancelledError(),
        )
        self.stopped, self.let_go = False, 0

    async def outcomes(self) -> tuple[list[Outcome], BaseException | None]:
        """Run; return the ``result``."""
        self.timeline.start(self.count)
        main = self._tasks.start(self._call())
        try:
            await self._tasks.ending.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        finally:
            try:
                await self._wind_down(main)
            finally:
                self.result = self._result_of(main)
        return self.result

    def stop(self) -> None:
        """Cancel what is in flight and send no more; a loop that is free returns `outcomes` in a second."""
        self._transport.empty_queue()  # at once: many may give up in this very turn of the loop
        self.stopped = True
        self._tasks.ending.set()

    async def _call(self) -> Any:
        # never closed: a closed one raises without suspending
        client = _Client(transport=self._transport, timeout=self._timeout)
        given = dict(zip(GIVEN, (client, self.limiter, True), strict=True))
        keywords = {
            name: value for name, value in given.items() if takes(self.runner, name)
        }
        returned = self.runner(self.url, self.count, **keywords, **self._more)
        if not inspect.isawaitable(returned):
            raise TypeError(
                f"the runner returned {type(returned).__name__}, nothing to await: {WRITE}"
            )
        return await returned

    async def _wind_down(self, main: asyncio.Task[Any]) -> None:
        """End all tasks that are left; gather does not cancel the others when one raises, for example.

        First those at a request, then all that the runner started, so that its
        ``gather`` still returns what the others brought, then the runner.
        """
        tasks, self._transport.over = self._tasks, True
        self._transport.empty_queue()
        try:
            await tasks.ask(set(self._transport.inside), GRACE)
            others = tasks.alive - {main}
            await tasks.ask(others, GRACE)
            self.let_go += tasks.let_go(others & tasks.alive)
            await tasks.gone(tasks.alive, GRACE)
            await tasks.ask(tasks.alive, GRACE)
        finally:
            tasks.over = True
            self.let_go += tasks.let_go(tasks.alive)
            self.timeline.cancel_waiting()
        await tasks.gone(tasks.alive, GRACE)
        await self._transport.aclose()

    def _result_of(
        self, main: asyncio.Task[Any]
    ) -> tuple[list[Outcome], BaseException | None]:
        error = (
            asyncio.CancelledError()
            if main.cancelled() or not main.done()
            else main.exception()
        )
        returned, seen = None if error else main.result(), self._transport.outcomes
        if (
            type(returned) is not list or len(returned) != self.count
        ):  # then what the transport saw
            returned = [
                *seen,
                *(asyncio.CancelledError() for _ in range(self.count - len(seen))),
            ]
        return returned, self._tasks.exit or error


class _Client(httpx.AsyncClient):
    """Lets the loop run before it fails, also where httpx fails at once: at a bad URL, or when closed."""

    async def request(self, *arguments: Any, **options: Any) -> httpx.Response:
        try:
            return await super().request(*arguments, **options)
        except Exception:
            await asyncio.sleep(0)
            raise


class _Transport(ObservedTransport):
    """Keeps what became of each request, in the order they ended.  When all is ``over`` it sends no more.

    ``inside`` are the tasks that are at a request.
    """

    over = False

    def __init__(self, timeline: Timeline, kept: int) -> None:
        super().__init__(timeline=timeline)
        self.inside = set[Any]()
        self.outcomes: deque[Outcome] = deque(maxlen=kept)

    def empty_queue(self) -> None:
        """Have nothing wait for a connection: httpcore looks through all that do for each that gives up."""
        for waiting in getattr(getattr(self.transport, "_pool", None), "_requests", ()):
            waiting.connection = (
                waiting.connection or "none: it is about to be cancelled"
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.over:
            await asyncio.sleep(
                GRACE / 3
            )  # or whoever tries again at once, for ever, would freeze the loop
            raise asyncio.CancelledError
        self.inside.add(task := asyncio.current_task())
        try:
            response = await super().handle_async_request(request)
        except BaseException as error:
            self.outcomes.append(error)
            raise
        finally:
            self.inside.discard(
                task
            )  # a body that is sent may itself have sent a request
        response.request = request
        self.outcomes.append(response)
        return response


class _Limiter(AdjustableLimiter):
    """Says on the timeline who holds which slot."""

    def __init__(self, timeline: Timeline, limit: int) -> None:
        super().__init__(limit)
        self._timeline = timeline

    async def __aenter__(self) -> None:
        await super().__aenter__()
        self._timeline.take()

    async def __aexit__(self, *exc_info: Any) -> None:
        self._timeline.free()
        await super().__aexit__(*exc_info)

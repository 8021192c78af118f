"""Executes any runner: observes it, sets its limit, and stops it without loss."""

import asyncio
import inspect
from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

import httpx

from inflight_lab.lesson.engine.limiter import ObservedLimiter
from inflight_lab.lesson.engine.outcomes import CollectingTransport, Outcome
from inflight_lab.lesson.engine.runner import (
    OPTIONAL_KEYWORDS,
    SIGNATURE_HINT,
    Runner,
    takes,
)
from inflight_lab.lesson.runs.timeline import Timeline

GRACE = 0.2
"""Seconds that cancelled tasks have to end, in each of four steps."""

TIMEOUT = 5.0
"""Seconds that a client waits for each step of a request, as httpx does by default."""

MAX_EXTRA_OUTCOMES = 1000
"""The most outcomes that are kept if a runner sends more than its ``count``."""


Call = tuple[Any, BaseException | None]
"""What a runner returned, and the exception that it raised, or None."""


class Result(NamedTuple):
    """An outcome per request, and the exception that the runner raised, or None.

    ``error`` is a ``CancelledError`` if the runner was cancelled, or never ended.
    """

    outcomes: list[Outcome]
    error: BaseException | None


class Execution:
    """Calls ``runner(url, count, ...)`` once, with the keywords that it accepts.

    The runner's client writes to ``timeline``.  ``limiter`` begins at ``limit``; it is
    None if the runner does not accept one.

    Afterwards ``result`` has the outcomes, and ``stopped`` says whether the execution
    was ended from outside.
    """

    def __init__(
        self,
        runner: Runner,
        url: str,
        count: int,
        *,
        limit: int,
        timeline: Timeline,
    ) -> None:
        self.runner = runner
        self.url = url
        self.count = count
        self.timeline = timeline
        self.limiter: ObservedLimiter | None = None
        if takes(runner, "limiter"):
            self.limiter = ObservedLimiter(timeline, limit)
        self.result = Result([], asyncio.CancelledError())
        self.stopped = False
        max_outcomes = max(count, MAX_EXTRA_OUTCOMES)
        self._transport = CollectingTransport(timeline, max_outcomes)
        self._tasks = _RunnerTasks()
        self._should_end = asyncio.Event()

    async def run(self) -> Result:
        """Run to the end, or until `stop`, and return the ``result``."""
        self.timeline.start(self.count)
        main = self._tasks.start(
            _call(self.runner, self.url, self.count, self._keywords())
        )
        main.add_done_callback(lambda _: self._should_end.set())
        try:
            await self._should_end.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        finally:
            try:
                await self._wind_down(main)
            finally:
                self.result = self._result_of(main)
        return self.result

    @property
    def left_running(self) -> int:
        """How many of its tasks have not ended."""
        return len(self._tasks.alive)

    def stop(self) -> None:
        """Cancel what is in flight and send no more.

        `run` returns within a second, if nothing blocks the event loop.
        """
        # Now, because requests may give up in this iteration of the loop.
        self._transport.empty_queue()
        self.stopped = True
        self._should_end.set()

    def _keywords(self) -> dict[str, object]:
        """The keywords that the runner is called with."""
        # We never close this client: the runner's last requests may still use it.
        client = httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT)
        available = {
            "client": client,
            "limiter": self.limiter,
            "return_exceptions": True,
        }
        return {
            name: available[name]
            for name in OPTIONAL_KEYWORDS
            if takes(self.runner, name)
        }

    async def _wind_down(self, main: asyncio.Task[Call]) -> None:
        """End all remaining tasks, even if the runner has returned or raised."""
        self._transport.closed = True
        self._transport.empty_queue()
        try:
            await self._cancel_in_order(main)
        finally:
            self.timeline.cancel_waiting()
        await self._transport.aclose()

    async def _cancel_in_order(self, main: asyncio.Task[Call]) -> None:
        """Cancel tasks that await an answer, then the other children, then ``main``.

        In this order a ``gather`` in the runner still returns the outcomes that its
        children have, each in its place.
        """
        tasks = self._tasks
        await tasks.cancel(set(self._transport.sending_tasks), GRACE)
        await tasks.cancel(tasks.alive - {main}, GRACE)
        await tasks.wait({main}, GRACE)
        await tasks.cancel(tasks.alive, GRACE)

    def _result_of(self, main: asyncio.Task[Call]) -> Result:
        """The list that the runner returned, if it has an outcome for each request.

        Otherwise the outcomes that the transport saw, in the order in which they came.
        """
        returned: Any = None
        error: BaseException | None = asyncio.CancelledError()
        if main.done() and not main.cancelled():
            error = main.exception()  # a person's Ctrl+C
            if error is None:
                returned, error = main.result()
        if isinstance(returned, list) and len(returned) == self.count:
            return Result(returned, error)
        outcomes = list(self._transport.outcomes)
        missing = self.count - len(outcomes)
        outcomes += [asyncio.CancelledError() for _ in range(missing)]
        return Result(outcomes, error)


async def _call(
    runner: Runner, url: str, count: int, keywords: Mapping[str, object]
) -> Call:
    """Call the runner; its ``SystemExit`` is an error too, and ends nothing else."""
    try:
        returned = runner(url, count, **keywords)
        if not inspect.isawaitable(returned):
            raise TypeError(
                f"the runner returned {type(returned).__name__}, nothing to await: "
                f"{SIGNATURE_HINT}"
            )
        return await returned, None
    except (Exception, asyncio.CancelledError, SystemExit) as error:
        return None, error


class _RunnerTasks:
    """A runner's main task, and every task that it starts; ``alive`` have not ended."""

    def __init__(self) -> None:
        self.alive: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, Call]) -> asyncio.Task[Call]:
        """Run ``coroutine`` as the main task."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop.get_task_factory(), _NotingFactory):
            # It stays: a timer that a runner left behind may start a task later.
            factory: Any = _NotingFactory(loop)
            loop.set_task_factory(factory)
        token = _owner.set(self)
        task = loop.create_task(coroutine)
        _owner.reset(token)
        return task

    async def cancel(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Cancel ``tasks``, and give them ``seconds`` to end."""
        for task in tasks:
            task.cancel()
        await self.wait(tasks, seconds)

    async def wait(self, tasks: set[asyncio.Task[Any]], seconds: float) -> None:
        """Wait until ``tasks`` have ended, for at most ``seconds``."""
        if left := tasks & self.alive:
            await asyncio.wait(left, timeout=seconds)


_owner: ContextVar[_RunnerTasks | None] = ContextVar("owner", default=None)
"""The owner of new tasks; a task inherits it from the task that starts it."""


class _NotingFactory:
    """Makes tasks as the loop did before, and notes those of a runner."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._previous: Any = loop.get_task_factory() or self._make_task
        # Not always asyncio.Task: Pyodide's loop, in a page, has a class of its own.
        self._task_class: Any = type(asyncio.current_task())

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> Any:
        task = self._previous(loop, coroutine, **options)
        owner = _owner.get()
        if owner is not None:
            owner.alive.add(task)
            task.add_done_callback(owner.alive.discard)
        return task

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> Any:
        return self._task_class(coroutine, loop=loop, **options)

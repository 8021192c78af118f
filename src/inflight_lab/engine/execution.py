"""Executes any runner: observed, with a limit to set, and stopped without loss."""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from inflight_lab.engine.client import (
    CollectingTransport,
    ObservedLimiter,
    Outcome,
    YieldingClient,
)
from inflight_lab.engine.runner import (
    OPTIONAL_KEYWORDS,
    SIGNATURE_HINT,
    Runner,
    takes,
)
from inflight_lab.engine.tasks import RunnerTasks
from inflight_lab.observation.timeline import Timeline

GRACE = 0.15
"""Seconds that tasks have to end after they are cancelled."""

TIMEOUT = 5.0
"""Seconds that a client waits for each step of a request, as httpx does by default."""

MAX_EXTRA_OUTCOMES = 1000
"""How many outcomes are kept if a runner sends more requests than its ``count``."""


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

    Afterwards ``result`` has the outcomes, ``stopped`` says whether the execution was
    ended from outside, and ``abandoned`` how many tasks did not end when cancelled.
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
        self.abandoned = 0
        max_outcomes = max(count, MAX_EXTRA_OUTCOMES)
        self._transport = CollectingTransport(timeline, max_outcomes)
        self._tasks = RunnerTasks()

    async def run(self) -> Result:
        """Run to the end, or until `stop`, and return the ``result``."""
        self.timeline.start(self.count)
        main = self._tasks.start(
            _call(self.runner, self.url, self.count, self._keywords())
        )
        try:
            await self._tasks.should_end.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        finally:
            try:
                await self._wind_down(main)
            finally:
                self.result = self._result_of(main)
                # An abandoned task is never freed, and neither is its client.
                self._transport.outcomes.clear()
        return self.result

    def stop(self) -> None:
        """Cancel what is in flight and send no more.

        `run` returns within a second, if nothing blocks the event loop.
        """
        # Now, because requests may give up in this iteration of the loop.
        self._transport.empty_queue()
        self.stopped = True
        self._tasks.should_end.set()

    def _keywords(self) -> dict[str, object]:
        """The keywords that the runner is called with."""
        # We never close this client: the runner's last requests may still use it.
        client = YieldingClient(transport=self._transport, timeout=TIMEOUT)
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

    async def _wind_down(self, main: asyncio.Task[Any]) -> None:
        """End all remaining tasks, even if the runner has returned or raised."""
        self._transport.closed = True
        self._transport.empty_queue()
        try:
            await self._cancel_in_order(main)
        finally:
            self._tasks.closed = True
            self.abandoned += self._tasks.abandon(self._tasks.alive)
            self.timeline.cancel_waiting()
        await self._tasks.wait(self._tasks.alive, GRACE)
        await self._transport.aclose()

    async def _cancel_in_order(self, main: asyncio.Task[Any]) -> None:
        """Cancel tasks that await an answer, then the other children, then ``main``.

        In this order a ``gather`` in the runner still returns the outcomes that its
        children have, each in its place.
        """
        tasks = self._tasks
        await tasks.cancel(set(self._transport.sending_tasks), GRACE)
        children = tasks.alive - {main}
        await tasks.cancel(children, GRACE)
        self.abandoned += tasks.abandon(children)
        await tasks.wait(tasks.alive, GRACE)
        await tasks.cancel(tasks.alive, GRACE)

    def _result_of(self, main: asyncio.Task[Any]) -> Result:
        """The list that the runner returned, if it has an outcome per request.

        Otherwise the outcomes that the transport saw, in the order in which they ended.
        """
        returned = None
        error: BaseException | None = asyncio.CancelledError()
        if main.done() and not main.cancelled():
            error = main.exception()
            returned = None if error else main.result()
        error = self._tasks.exit_error or error
        # Exactly list: a subclass could override len() or iteration and raise.
        if type(returned) is list and len(returned) == self.count:
            return Result(returned, error)
        outcomes = list(self._transport.outcomes)
        missing = self.count - len(outcomes)
        outcomes += [asyncio.CancelledError() for _ in range(missing)]
        return Result(outcomes, error)


async def _call(
    runner: Runner, url: str, count: int, keywords: Mapping[str, object]
) -> Any:
    """Not a method: an abandoned coroutine is never freed, nor is its ``self``."""
    returned = runner(url, count, **keywords)
    if not inspect.isawaitable(returned):
        raise TypeError(
            f"the runner returned {type(returned).__name__}, nothing to await: "
            f"{SIGNATURE_HINT}"
        )
    return await returned

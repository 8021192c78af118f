"""One run of any runner: observed, with a limit to set, and stopped without loss."""

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from inflight_lab.engine.client import Outcome, RunClient, RunLimiter, RunTransport
from inflight_lab.engine.runner import ADVICE, OPTIONAL, Runner, takes
from inflight_lab.engine.tasks import Tasks
from inflight_lab.observation.timeline import Timeline

GRACE = 0.15
"""Seconds that tasks have to end, each time that they are asked to."""

TIMEOUT = 5.0
"""Seconds that a client waits for each step of a request, as httpx does by default."""

MAX_EXTRA_OUTCOMES = 1000
"""How many outcomes are kept of a run that sends more requests than its ``count``."""


class Result(NamedTuple):
    """An outcome per request, and what the runner raised, or None.

    ``error`` is a ``CancelledError`` if the runner was cancelled, or never ended.
    """

    outcomes: list[Outcome]
    error: BaseException | None


class Run:
    """Calls ``runner(url, count, ...)`` with the keywords that it takes.

    ``client`` is observed by ``timeline`` and waits ``timeout`` seconds for each step
    of a request; ``limiter`` begins at ``limit``, and is None here if the runner does
    not take it; ``more`` are further keywords.

    Afterwards ``result`` has what came of it, ``stopped`` says whether it was ended
    from outside, and ``abandoned`` how many of its tasks did not end when cancelled.
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
        timeout: float = TIMEOUT,
    ) -> None:
        self.runner = runner
        self.url = url
        self.count = count
        self.timeline = timeline
        self.limiter = RunLimiter(timeline, limit) if takes(runner, "limiter") else None
        self.result = Result([], asyncio.CancelledError())
        self.stopped = False
        self.abandoned = 0
        self._more = more or {}
        self._timeout = timeout
        self._transport = RunTransport(timeline, max(count, MAX_EXTRA_OUTCOMES))
        self._tasks = Tasks()

    async def outcomes(self) -> Result:
        """Run to the end, or until `stop`; return the ``result``."""
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
                # What was abandoned is kept for good, and its client with it.
                self._transport.outcomes.clear()
        return self.result

    def stop(self) -> None:
        """Cancel what is in flight and send no more.

        `outcomes` returns within a second, if nothing blocks the event loop.
        """
        # Not later: requests may give up in this very turn of the loop.
        self._transport.empty_queue()
        self.stopped = True
        self._tasks.should_end.set()

    def _keywords(self) -> dict[str, object]:
        """What the runner is called with, beside the URL and the count."""
        offered = {
            # Never closed by us, or the runner's last requests would find it so.
            "client": RunClient(transport=self._transport, timeout=self._timeout),
            "limiter": self.limiter,
            "return_exceptions": True,
        }
        taken = {name: offered[name] for name in OPTIONAL if takes(self.runner, name)}
        return taken | dict(self._more)

    async def _wind_down(self, main: asyncio.Task[Any]) -> None:
        """End all tasks that are left, also when the runner has returned or raised."""
        self._transport.closed = True
        self._transport.empty_queue()
        try:
            await self._ask_to_end(main)
        finally:
            self._tasks.closed = True
            self.abandoned += self._tasks.abandon(self._tasks.alive)
            self.timeline.cancel_waiting()
        await self._tasks.wait(self._tasks.alive, GRACE)
        await self._transport.aclose()

    async def _ask_to_end(self, main: asyncio.Task[Any]) -> None:
        """Cancel the tasks at a request, then the runner's others, then the runner.

        In this order, so that a runner's ``gather`` still returns, in their order, the
        outcomes that its children have.
        """
        tasks = self._tasks
        await tasks.cancel(set(self._transport.senders), GRACE)
        children = tasks.alive - {main}
        await tasks.cancel(children, GRACE)
        self.abandoned += tasks.abandon(children)
        await tasks.wait(tasks.alive, GRACE)
        await tasks.cancel(tasks.alive, GRACE)

    def _result_of(self, main: asyncio.Task[Any]) -> Result:
        """What the runner returned, if that is an outcome per request.

        If it is not, then what the transport saw, in the order in which it ended.
        """
        returned = None
        error: BaseException | None = asyncio.CancelledError()
        if main.done() and not main.cancelled():
            error = main.exception()
            returned = None if error else main.result()
        error = self._tasks.exit_error or error
        # Not of a class made from list, whose methods might raise.
        if type(returned) is list and len(returned) == self.count:
            return Result(returned, error)
        outcomes = list(self._transport.outcomes)
        missing = self.count - len(outcomes)
        outcomes += [asyncio.CancelledError() for _ in range(missing)]
        return Result(outcomes, error)


async def _call(
    runner: Runner, url: str, count: int, keywords: Mapping[str, object]
) -> Any:
    """Not a method: an abandoned coroutine is kept for good, and would keep the run."""
    returned = runner(url, count, **keywords)
    if not inspect.isawaitable(returned):
        raise TypeError(
            f"the runner returned {type(returned).__name__}, nothing to await: {ADVICE}"
        )
    return await returned

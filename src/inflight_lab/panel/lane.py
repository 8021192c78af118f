"""One runner at work: its server, what both sides saw, its goals, and its plot."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inflight_lab.engine.client import Outcome
from inflight_lab.engine.execution import GRACE, Execution
from inflight_lab.engine.runner import Runner, takes
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.goals import Goal, Goals
from inflight_lab.panel.settings import Limits
from inflight_lab.panel.slow_motion import (
    stretched_timeout,
    stretched_times,
)
from inflight_lab.panel.words import End, how_it_ended
from inflight_lab.plot.feed import Feed, Post
from inflight_lab.plot.plain_picture import PlainPicture
from inflight_lab.plot.sentence.words import plain_time
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer

DISCONNECT_DELAY = 0.2
"""Seconds that a server takes at most to notice that a client hung up."""

IDLE_AFTER = 2 * GRACE
"""Seconds without a request after which threads are taken to have stopped sending."""

_running: list["Lane"] = []
"""The lanes that run now.  The first of several on one server resets it."""


class Lane:
    """Runs ``runner`` against ``server`` as often as asked, and keeps the last result.

    ``post`` is given what the page is to draw.  ``adjustable`` says whether the runner
    takes a limiter.
    """

    def __init__(
        self,
        runner: Runner,
        server: PracticeServer,
        goals: Mapping[str, Goal],
        post: Post,
        *,
        picture: PlainPicture,
        name: str = "",
    ) -> None:
        self.name = name
        self.runner = runner
        self.server = server.start()
        self.goals = Goals(goals)
        self.timeline = Timeline(period=server.period)
        self.adjustable = takes(runner, "limiter")
        self.slow = 1.0
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self._observed = takes(runner, "client")
        self._execution: Execution | None = None
        client = self.timeline if self._observed else None
        source = PlotSource(
            server.timeline,
            client,
            lambda: server.quota_policy,
            max_concurrent=lambda: server.max_concurrent,
            latency=lambda: server.latency,
        )
        self.feed = Feed(source, post, picture)

    @property
    def goals_met(self) -> dict[str, bool]:
        """Which goals the last run met, by name."""
        return self.goals.met

    def begin(self, count: int, limit: int, *, slow: float = 1) -> None:
        """Make ready for a run, ``slow`` times as slow as usual, and start the plot.

        If another run is under way on the server, it is as slow as that one.
        """
        self.feed.stop()  # the last run must not end inside this one
        self.clear_result()
        if not is_busy(self.server):
            self.server.reset()
            self.server.slow = slow
        self.slow = self.server.slow
        self.timeline.period = self.server.timeline.period
        self._execution = self._make_execution(count, limit)
        self.feed.start(slow=self.slow, unlimited=self.limits.unlimited)
        if self.adjustable:
            self.feed.set_limit(limit)
        if not self._observed:
            self.server.timeline.start(count)
        # Last: if anything above raises, the server stays free.
        _running.append(self)

    async def run(self) -> None:
        """Send the requests of the run that was begun; its plot goes on."""
        try:
            await self._current_execution.run()
        finally:
            await self._wait_for_the_server()

    def end(self) -> End:
        """Judge the goals and stop the plot; returns how the run ended."""
        execution = self._current_execution
        self._execution = None
        _running.remove(self)
        self.outcomes, self.error = execution.result
        if execution.stopped:
            self.feed.note_stop()
        cut_short = execution.stopped or self.error is not None
        if cut_short and not self._observed:
            self._stop_plot_when_idle()
        else:
            self._stop_plot()
        if not is_busy(self.server):
            self.server.slow = 1
        self.goals.judge(self._judged_stats(), finished=not cut_short)
        end = how_it_ended(execution, self._stats(), observed=self._observed)
        return End(self._said_here(end.status), self._said_here(end.notice))

    @property
    def stopping(self) -> bool:
        """Whether the run that is under way is being stopped."""
        return self._execution is not None and self._execution.stopped

    def stop(self) -> None:
        """Cancel what is in flight and send no more."""
        if self._execution:
            self._execution.stop()

    def set_limit(self, limit: int) -> None:
        """Change the limit of the run that is under way, if its runner takes one."""
        if self._execution and self._execution.limiter:
            self._execution.limiter.limit = limit
            self.feed.set_limit(limit)

    def abandon(self) -> None:
        """Give up a run that was begun and cannot be run."""
        self._execution = None
        if self in _running:
            _running.remove(self)
        self.feed.stop()

    def reset(self) -> None:
        """Go back to the state before the first run."""
        self.feed.stop()
        self.clear_result()
        if not is_busy(self.server):
            self.server.reset()
        self.feed.clear()

    def clear_result(self) -> None:
        """Drop the outcomes, the verdicts and the timeline of the last run."""
        self.outcomes = []
        self.error = None
        self.goals.clear()
        self.timeline.reset()

    @property
    def limits(self) -> Limits:
        """What is known of its limit."""
        return Limits(self.adjustable, self._observed and not self.adjustable)

    def heading(self) -> dict[str, Any]:
        """The name and the goals, which the page shows above the plot."""
        return {"name": self.name, "goals": self.goals.states()}

    @property
    def _current_execution(self) -> Execution:
        assert self._execution, "`begin` comes first"
        return self._execution

    def _said_here(self, text: str) -> str:
        """``text`` with the name of the lane before it, if there is any of each."""
        return f"{self.name}: {text}" if self.name and text else text

    def _make_execution(self, count: int, limit: int) -> Execution:
        return Execution(
            self.runner,
            self.server.url,
            count,
            limit=limit,
            timeline=self.timeline,
            extra_keywords=stretched_times(self.runner, self.slow),
            timeout=stretched_timeout(self.slow),
        )

    def _stats(self) -> Stats:
        """The client's numbers if it is observed, otherwise the server's."""
        return self.timeline.stats() if self._observed else self.server.stats()

    def _judged_stats(self) -> Stats:
        """The server's numbers, but the time that the sentence states."""
        elapsed = plain_time(self.feed.run.elapsed)
        return replace(self.server.stats(), elapsed=elapsed)

    async def _wait_for_the_server(self) -> None:
        """Let the server notice that clients hung up, so that the plot shows it."""
        checks = 10
        for _ in range(checks):
            if self.server.timeline.in_flight:
                await asyncio.sleep(DISCONNECT_DELAY / checks)

    def _stop_plot_when_idle(self, waiting_before: int = 0) -> None:
        """Stop the plot once the server has nothing to do: threads send after Stop.

        ``waiting_before`` is how many requests were still unsent at the last check.
        """
        if self._execution:
            return  # the plot is that of the next run
        stats = self.server.stats()
        idle = not stats.in_flight and stats.waiting == waiting_before
        if idle or is_busy(self.server):
            self._stop_plot()
            return
        loop = asyncio.get_running_loop()
        loop.call_later(IDLE_AFTER, self._stop_plot_when_idle, stats.waiting)

    def _stop_plot(self) -> None:
        if not self._observed and not is_busy(self.server):
            self.server.timeline.cancel_waiting()
        self.feed.stop()


def is_busy(server: PracticeServer) -> bool:
    """Whether a lane of any panel runs on ``server`` now."""
    return any(lane.server is server for lane in _running)

"""One runner at work: its server, what both sides saw, its goals, and its plot."""

import asyncio
from collections.abc import Mapping
from typing import Any

from inflight_lab.engine.client import Outcome
from inflight_lab.engine.execution import GRACE, Execution
from inflight_lab.engine.runner import Runner, takes
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.goals import Goal, Goals
from inflight_lab.panel.slow_motion import (
    stretched_timeout,
    stretched_times,
    true_stats,
)
from inflight_lab.panel.words import how_it_ended
from inflight_lab.plot.feed import Feed, Post
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer

LATE_SERVER = 0.2
"""Seconds until a server has noticed that a client hung up, at the most."""

THREADS_PAUSE = 2 * GRACE
"""Seconds in which a server is not asked for anything once no thread sends any more."""

_running: list["Lane"] = []
"""Those that run now: of several on one server, the first one resets it."""


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
        source = PlotSource(server.timeline, client, lambda: server.quota_policy)
        self.feed = Feed(source, post, name)

    @property
    def goals_met(self) -> dict[str, bool]:
        """Which goals the last run met, by name."""
        return self.goals.met

    def begin(self, count: int, limit: int, *, slow: float = 1) -> None:
        """Make ready for a run, ``slow`` times as slow as usual, and start the plot.

        If another run is under way on the server, it is as slow as that one.
        """
        self.feed.stop()  # that of the last run, whose end is not one of this run
        self.forget()
        if not is_busy(self.server):
            self.server.reset()
            self.server.slow = slow
        _running.append(self)
        self.slow = self.server.slow
        self.timeline.period = self.server.timeline.period
        self._execution = self._make_execution(count, limit)
        self.feed.start(numbered=self.slow != 1)
        if self.adjustable:
            self.feed.set_limit(limit)
        if not self._observed:
            self.server.timeline.start(count)

    async def run(self) -> None:
        """The run that was begun; its plot goes on."""
        assert self._execution
        try:
            await self._execution.run()
        finally:
            await self._wait_for_the_server()

    def end(self) -> str:
        """Judge the goals and stop the plot; returns in a few words how it ended."""
        assert self._execution
        execution = self._execution
        self._execution = None
        _running.remove(self)
        self.outcomes, self.error = execution.result
        cut_short = execution.stopped or self.error is not None
        if cut_short and not self._observed:
            self._stop_plot_when_idle()
        else:
            self._stop_plot()
        if not is_busy(self.server):
            self.server.slow = 1
        stats = true_stats(self.server.stats(), self.slow)
        self.goals.judge(stats, finished=not cut_short)
        text = how_it_ended(execution, self._stats(), observed=self._observed)
        return f"{self.name}: {text}" if self.name else text

    def stop(self) -> None:
        """Cancel what is in flight and send no more."""
        if self._execution:
            self._execution.stop()

    def set_limit(self, limit: int) -> None:
        """Change the limit of the run that is under way, if its runner takes one."""
        if self._execution and self._execution.limiter:
            self._execution.limiter.limit = limit
            self.feed.set_limit(limit)

    def reset(self) -> None:
        """Be as before the first run."""
        self.feed.stop()
        self.forget()
        if not is_busy(self.server):
            self.server.reset()
        self.feed.clear()

    def forget(self) -> None:
        """Forget what the last run brought."""
        self.outcomes = []
        self.error = None
        self.goals.forget()
        self.timeline.reset()

    def shown(self) -> dict[str, Any]:
        """What stands above the plot: the name and the goals."""
        return {"name": self.name, "goals": self.goals.states()}

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
        """The client's numbers where it is observed, otherwise the server's."""
        return self.timeline.stats() if self._observed else self.server.stats()

    async def _wait_for_the_server(self) -> None:
        """It learns late that a client hung up; the picture should end with that."""
        looks = 10
        for _ in range(looks):
            if self.server.timeline.in_flight:
                await asyncio.sleep(LATE_SERVER / looks)

    def _stop_plot_when_idle(self, waiting_before: int = 0) -> None:
        """Stop it once the server has nothing to do: after Stop, threads still send.

        ``waiting_before`` is how many requests had not been sent at the last look.
        """
        if self._execution:
            return  # the plot is that of the next run
        stats = self.server.stats()
        idle = not stats.in_flight and stats.waiting == waiting_before
        if idle or is_busy(self.server):
            self._stop_plot()
            return
        loop = asyncio.get_running_loop()
        loop.call_later(THREADS_PAUSE, self._stop_plot_when_idle, stats.waiting)

    def _stop_plot(self) -> None:
        if not self._observed and not is_busy(self.server):
            self.server.timeline.cancel_waiting()
        self.feed.stop()


def is_busy(server: PracticeServer) -> bool:
    """Whether a lane of any panel runs on ``server`` now."""
    return any(lane.server is server for lane in _running)

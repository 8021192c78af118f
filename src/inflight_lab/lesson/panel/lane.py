"""One runner at work: its server, what both sides saw, its goals, and its plot."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from inflight_lab.lesson.engine.execution import Execution
from inflight_lab.lesson.engine.outcomes import Outcome
from inflight_lab.lesson.engine.runner import Runner, check_runner, takes
from inflight_lab.lesson.panel.expected import expected_run, pause_of, spacing_of
from inflight_lab.lesson.panel.goals import Goal, Goals, error_in_words
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.plot.widget_page import WidgetPage
from inflight_lab.lesson.runs.run import Run
from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.server.practice_server import PracticeServer

DISCONNECT_DELAY = 0.2
"""Seconds within which a server notices that a client hung up."""

_running: list["Lane"] = []
"""The lanes that run now.  The first of several on one server resets it."""


class End(NamedTuple):
    """How a run ended, in words."""

    status: str
    """Done, stopped, or with an error."""
    notice: str
    """What the picture and its sentence cannot show; empty if there is nothing."""


def runners_by_name(runner: Runner | Mapping[str, Runner]) -> dict[str, Runner]:
    """The runners by name; a single one is called ``""``.

    Raises ``TypeError`` if there is none, or if one is not a runner.
    """
    runners = dict(runner) if isinstance(runner, Mapping) else {"": runner}
    for each in runners.values() or [runner]:
        check_runner(each)
    return runners


class Lane:
    """Runs ``runner`` against ``server`` as often as asked, and draws it on ``page``.

    It keeps the result of the last run.
    """

    def __init__(
        self,
        name: str,
        runner: Runner,
        *,
        server: PracticeServer,
        goals: Mapping[str, Goal],
        page: WidgetPage,
    ) -> None:
        self.name = name
        self.runner = runner
        self.server = server.start()
        self.goals = Goals(goals)
        self.timeline = Timeline(period=server.period)
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self.adjustable = takes(runner, "limiter")
        """Whether the panel sets its limit."""
        self._observed = takes(runner, "client")
        self.unlimited = self._observed and not self.adjustable
        """Whether it has no limit; a runner without ``client`` may have one."""
        self._execution: Execution | None = None
        source = PlotSource(
            server.timeline,
            self.timeline if self._observed else None,
            lambda: server.terms,
        )
        self.feed = page.add_feed(source, name)

    @property
    def goals_met(self) -> dict[str, bool]:
        """Which goals the last run met, by name."""
        return self.goals.met

    def begin(self, count: int, limit: int) -> None:
        """Make ready for a run, and start the plot."""
        self.feed.stop()  # the last run must not end inside this one
        self.clear_result()
        if not is_busy(self.server):
            self.server.reset()
        self.timeline.period = self.server.timeline.period
        self._execution = Execution(
            self.runner, self.server.url, count, limit=limit, timeline=self.timeline
        )
        self.feed.start(unlimited=self.unlimited)
        if self.adjustable:
            self.feed.source.set_limit(limit)
        if not self._observed:
            self.server.timeline.start(count)
        _running.append(self)

    async def run(self) -> None:
        """Send the requests of the run that was begun; its plot goes on."""
        try:
            await self._current_execution.run()
        finally:
            await self._wait_for_the_server()

    def end(self, settings: Mapping[str, object]) -> End:
        """Judge the goals of a run with these ``settings``, and stop the plot."""
        execution = self._current_execution
        self._execution = None
        _running.remove(self)
        self.outcomes, self.error = execution.result
        if execution.stopped:
            self.feed.source.note_stop()
        if not self._observed and not is_busy(self.server):
            self.server.timeline.cancel_waiting()
        self.feed.stop()
        stats = replace(self.server.stats(), elapsed=plain_time(self.feed.run.elapsed))
        finished = not execution.stopped and self.error is None
        self.goals.judge(stats, finished=finished, settings=settings)
        return self._end_of(execution)

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
            self.feed.source.set_limit(limit)

    def reset(self) -> None:
        """Go back to the state before the first run."""
        self.feed.stop()
        self.clear_result()
        if not is_busy(self.server):
            self.server.reset()
        self.feed.clear()

    def clear_result(self) -> None:
        """Drop the outcomes, the goals met and the timeline of the last run."""
        self.outcomes = []
        self.error = None
        self.goals.clear()
        self.timeline.reset()

    def expected(self, count: int, limit: int) -> Run:
        """The run that its limit, pause and rate let one expect."""
        return expected_run(
            count,
            limit=None if self.unlimited else limit,
            terms=self.server.terms,
            pause=pause_of(self.runner),
            spacing=spacing_of(self.runner),
        )

    def on_page(self) -> dict[str, Any]:
        """What the page shows above the plot of this lane."""
        return {
            "name": self.name,
            "adjustable": self.adjustable,
            "unlimited": self.unlimited,
            "goals": self.goals.on_page(),
            "tries": self.goals.tries[:],
        }

    @property
    def _current_execution(self) -> Execution:
        assert self._execution, "`begin` comes first"
        return self._execution

    async def _wait_for_the_server(self) -> None:
        """Let the server notice that clients hung up, so that the plot shows it."""
        checks = 10
        for _ in range(checks):
            if self.server.timeline.in_flight:
                await asyncio.sleep(DISCONNECT_DELAY / checks)

    def _end_of(self, execution: Execution) -> End:
        raised = _raised_by(execution)
        left_behind = _left_behind(execution)
        status = raised or self._result_in_words(execution)
        parts = [status, left_behind]
        notice = [raised, left_behind]
        return End(self._said_here(parts), self._said_here(notice))

    def _result_in_words(self, execution: Execution) -> str:
        stats = self.timeline.stats() if self._observed else self.server.stats()
        brought = f"{len(execution.result.outcomes)} results in {stats.elapsed:.1f} s"
        if not execution.stopped:
            return f"done: {brought}"
        missing = stats.waiting + stats.in_flight + stats.cancelled
        fate = "cancelled" if self._observed else "not answered by then"
        return f"stopped: {brought}, {missing} {fate}"

    def _said_here(self, parts: list[str]) -> str:
        """The ``parts`` as one text, after the name of the lane if it has one."""
        text = "; ".join(filter(None, parts))
        return f"{self.name}: {text}" if self.name and text else text


def is_busy(server: PracticeServer) -> bool:
    """Whether a lane of any panel runs on ``server`` now."""
    return any(lane.server is server for lane in _running)


def plain_time(seconds: float) -> float:
    """Seconds, rounded as in the sentence on the page."""
    return round(seconds, 1 if seconds >= 1 else 2)


def _raised_by(execution: Execution) -> str:
    error = execution.result.error
    if error is None:
        return ""
    if execution.stopped and isinstance(error, asyncio.CancelledError):
        return ""  # Stop has cancelled it
    return f"your code raised {error_in_words(error)}"


def _left_behind(execution: Execution) -> str:
    if not execution.left_running:
        return ""
    return (
        f"{execution.left_running} of its tasks went on when cancelled "
        "(a bare except does that): restart the kernel"
    )

"""One runner at work: its server, what both sides saw, its goals, and the plot of it all."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace

import ipywidgets as widgets

from inflight_lab.jupyter.widgets import AS_IT_IS, plain_label
from inflight_lab.observation.timeline import Stats, Timeline
from inflight_lab.panel.run import Outcome, Run, Runner, takes
from inflight_lab.plot.live_plot import LivePlot
from inflight_lab.server import PracticeServer

Goal = Callable[[Stats], bool]

MARKS = {None: ("○", "ifl-open"), True: ("✔", "ifl-met"), False: ("✘", "ifl-missed")}
"""What stands before a goal that is open, met or missed, and the CSS class of its label."""


class Lane:
    """Runs ``runner`` against ``server`` as often as asked, and keeps what came of the last time.

    ``view`` is what to show: the plot, with the goals above it and, if there is one, the ``name``.
    """

    def __init__(
        self, runner: Runner, server: PracticeServer, goals: Mapping[str, Goal], *, name: str = ""
    ) -> None:
        self.runner, self.server, self.goals = runner, server.start(), dict(goals)
        self.timeline = Timeline(period=server.period)
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self.goals_met: dict[str, bool] = {}
        self.adjustable = takes(runner, "limiter")
        self.plot = LivePlot(server, self if takes(runner, "client") else None)
        self._run: Run | None = None
        self._goal_labels = {name: plain_label(f"○ {name}") for name in self.goals}
        above = [plain_label(name).add_class("ifl-name")] if name else []
        if self.goals:
            above.append(widgets.HBox([widgets.Label("goals:"), *self._goal_labels.values()]))
        self.view = widgets.VBox([*above, self.plot]).add_class("ifl-lane")

    def begin(self, count: int, limit: int, *, slow: float = 1) -> None:
        """Make ready for a run, ``slow`` times as slow as in earnest, and start the plot."""
        self._show_goals({})
        if not self.server.timeline.in_flight:  # else another panel is using this server
            self.server.reset()
        self.timeline.reset()
        self.timeline.period = self.server.period
        self._run = Run(
            self.runner,
            self.server.url,
            count,
            limit=limit,
            timeline=self.timeline,
            more=slowed_down(self.runner, slow) if slow != 1 else {},
        )
        self.plot.start(follow=slow != 1)
        if self.adjustable:
            self.plot.set_limit(limit)

    async def run(self) -> None:
        """The run that was begun; its plot is left running."""
        assert self._run
        try:
            self.outcomes, self.error = await self._run.outcomes()
            await self._server_notices()
        finally:
            self._run = None

    def stop(self) -> None:
        """Cancel what is in flight and send no more."""
        if self._run:
            self._run.stop()

    def set_limit(self, limit: int) -> None:
        """Change the limit of the run that is under way, if its runner takes a limiter."""
        if self._run and self._run.limiter:
            self._run.limiter.limit = limit
            self.plot.set_limit(limit)

    def reset(self) -> None:
        """As before the first run."""
        self._show_goals({})
        self.server.reset()
        self.forget()
        self.plot.clear()

    def forget(self) -> None:
        """Let go of what the last run brought."""
        self.outcomes, self.error = [], None
        self.timeline.reset()

    def judge_goals(self, *, slow: float = 1) -> None:
        """Judge every goal by the server's numbers of the last run, which was ``slow`` times as slow."""
        stats = self.server.stats()
        stats = replace(stats, elapsed=stats.elapsed / slow)
        self._show_goals({name: bool(goal(stats)) for name, goal in self.goals.items()})

    def told(self) -> str:
        """The last run in a few words."""
        stats = self.timeline.stats() if takes(self.runner, "client") else self.server.stats()
        ended = f"{len(self.outcomes)} outcomes in {stats.elapsed:.1f} s"
        if self.error and not isinstance(self.error, asyncio.CancelledError):
            return f"the runner raised {type(self.error).__name__}: {self.error}"
        if self.error or stats.cancelled:
            return f"stopped: {ended}, {stats.cancelled} cancelled"
        return f"done: {ended}"

    async def _server_notices(self) -> None:
        """The server learns a moment later that a client hung up; the picture should end with that."""
        for _ in range(25):
            if not self.server.timeline.in_flight:
                return
            await asyncio.sleep(0.02)

    def _show_goals(self, met: dict[str, bool]) -> None:
        self.goals_met = met
        for name, label in self._goal_labels.items():
            mark, css = MARKS[met.get(name)]
            label.value, label._dom_classes = f"{mark} {name}", (AS_IT_IS, css)


def slowed_down(runner: Runner, slow: float) -> dict[str, float]:
    """The runner's own times, ``slow`` times as long: those of the ladder are ``period`` and ``pause``."""
    parameters = inspect.signature(runner).parameters
    return {
        name: slow * parameters[name].default
        for name in ("period", "pause")
        if name in parameters and isinstance(parameters[name].default, int | float)
    }

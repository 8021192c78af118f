"""Sliders, buttons and the live plot around any runner."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from inflight_lab.comms import acknowledge_widget_message, hear_where_the_page_says
from inflight_lab.live_plot import LivePlot
from inflight_lab.rerun import closed_on_rerun
from inflight_lab.run import Outcome, Run, Runner, takes
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import QUOTAS
from inflight_lab.timeline import Stats, Timeline

Goal = Callable[[Stats], bool]


class Panel(widgets.VBox):  # type: ignore[misc]
    """Runs ``runner(url, count)`` against ``server`` at the press of a button, and shows it live.

    ``runner`` is any coroutine function with those two parameters: one of the ladder, or the one you
    have just written.  What it takes beyond them is used: ``client`` to draw the client's own count,
    ``limiter`` to change the limit while requests fly, ``return_exceptions`` to lose no outcome.

    ``goals`` are named conditions on the server's `Stats`, judged when a run has ended, for example
    ``{"no 429": lambda stats: stats.refused == 0, "under 4 s": lambda stats: stats.elapsed < 4}``;
    ``goals_met`` then tells which are met, by name.

    ``count`` and ``limit`` are where their sliders begin, ``max_count`` and ``max_limit`` where they
    end.  After a run ``outcomes`` holds one response or exception per request, and ``error`` what the
    runner raised, or None.

    Make it in a notebook cell, on the event loop that runs there, and let that cell end: ``start`` and
    the buttons run in the background, and while a cell awaits, sliders may have to wait as well.

    Raises ``TypeError`` for a runner that is no coroutine function or a server that is no
    `PracticeServer`, and ``RuntimeError`` where no event loop runs.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        server: PracticeServer,
        count: int = 200,
        limit: int = 3,
        goals: Mapping[str, Goal] | None = None,
        max_count: int = 1000,
        max_limit: int = 50,
    ) -> None:
        if not inspect.iscoroutinefunction(runner):
            raise TypeError(f"runner must be a coroutine function (async def), got {runner!r}")
        if not isinstance(server, PracticeServer):
            raise TypeError(f"server must be a PracticeServer, got {server!r}")
        self.runner, self.server = runner, server.start()
        self.timeline = Timeline(period=server.period)
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self.goals = dict(goals or {})
        self.goals_met: dict[str, bool] = {}
        # Callbacks may come in another thread, with another loop: all work is handed to this one.
        self._loop = asyncio.get_running_loop()
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None
        self.plot = LivePlot(server, self if takes(runner, "client") else None)
        super().__init__(self._make_controls(count, limit, max_count, max_limit))
        self.add_class("ifl-panel")
        closed_on_rerun(self.close)

    @property
    def running(self) -> bool:
        """Whether requests are flying now."""
        return self._task is not None and not self._task.done()

    def start(self) -> asyncio.Task[None]:
        """Run in the background; returns its task at once.  Does nothing if a run is under way."""
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._go())
        return self._task

    def stop(self) -> None:
        """Cancel what is in flight and send no more.  The run ends within a second."""
        if self._run:
            self._status.value = "stopping …"
            self._run.stop()

    async def reset(self) -> None:
        """Stop, forget the last run, and put every slider back where it began."""
        self.stop()
        if self._task:
            await asyncio.wait([self._task])
        self.outcomes, self.error = [], None
        self._judge_goals(None)
        for control, value in self._defaults.items():
            control.value = value
        self.server.reset()
        self.timeline.reset()
        self.plot.clear()
        self._status.value = "ready"

    def close(self) -> None:
        """Stop, and take the panel off the page."""
        if hasattr(self, "plot"):  # ipywidgets also closes a panel that was refused and never made
            self.stop()
            self.plot.stop()
        _close_parts(self)
        super().close()

    async def _go(self) -> None:
        self._running_now(True)
        self._judge_goals(None)
        if not self.server.timeline.in_flight:  # else another panel is using this server
            self.server.reset()
        self.timeline.reset()
        self.timeline.period = self.server.period
        limit, count = self.limit_slider.value, self.count_slider.value
        self._run = Run(self.runner, self.server.url, count, limit=limit, timeline=self.timeline)
        self.plot.start()
        if self._run.limiter:
            self.plot.set_limit(limit)
        try:
            self.outcomes, self.error = await self._run.outcomes()
            await self._server_notices()
            self._judge_goals(self.server.stats())
        finally:
            self._run = None
            self.plot.stop()
            self._running_now(False)

    async def _server_notices(self) -> None:
        """The server learns a moment later that a client hung up; the picture should end with that."""
        for _ in range(25):
            if not self.server.timeline.in_flight:
                return
            await asyncio.sleep(0.02)

    def _judge_goals(self, stats: Stats | None) -> None:
        """Judge every goal by ``stats``; None: open again."""
        self.goals_met = {name: bool(goal(stats)) for name, goal in self.goals.items()} if stats else {}
        for name, label in self._goal_labels.items():
            met = self.goals_met.get(name)
            label.value = f"{'○' if met is None else '✔' if met else '✘'} {name}"
            label.remove_class("ifl-met")
            label.remove_class("ifl-missed")
            if met is not None:
                label.add_class("ifl-met" if met else "ifl-missed")

    def _running_now(self, running: bool) -> None:
        self._run_button.disabled, self._stop_button.disabled = running, not running
        if running:
            self._status.value = "running"
            return
        stats = self.timeline.stats() if takes(self.runner, "client") else self.server.stats()
        ended = f"{len(self.outcomes)} outcomes in {stats.elapsed:.1f} s"
        if self.error and not isinstance(self.error, asyncio.CancelledError):
            self._status.value = f"the runner raised {type(self.error).__name__}: {self.error}"
        elif self.error or stats.cancelled:
            self._status.value = f"stopped: {ended}, {stats.cancelled} cancelled"
        else:
            self._status.value = f"done: {ended}"

    def _set_limit(self, limit: int) -> None:
        if self._run and self._run.limiter:
            self._run.limiter.limit = limit
            self.plot.set_limit(limit)

    def _make_controls(self, count: int, limit: int, max_count: int, max_limit: int) -> list[Any]:
        server, slider = self.server, _slider
        self.limit_slider = slider(widgets.IntSlider, "limit", limit, 1, max(max_limit, limit))
        self.count_slider = slider(widgets.IntSlider, "requests", count, 1, max(max_count, count))
        self.latency_slider = slider(
            widgets.FloatSlider, "latency (s)", server.latency, 0, max(2.0, server.latency), step=0.05
        )
        self.rate_slider = slider(
            widgets.IntSlider, "quota rate", int(server.rate), 1, max(300, int(server.rate))
        )
        self.quota_choice = slider(widgets.Dropdown, "quota", server.quota, options=QUOTAS)
        self._observe(self.limit_slider, self._set_limit)
        self._observe(self.count_slider, lambda _: None)
        self._observe(self.latency_slider, lambda value: setattr(server, "latency", value))
        self._observe(self.rate_slider, lambda value: setattr(server, "rate", value))
        self._observe(self.quota_choice, lambda value: setattr(server, "quota", value))
        controls = (
            self.limit_slider,
            self.count_slider,
            self.latency_slider,
            self.rate_slider,
            self.quota_choice,
        )
        self._defaults = {control: control.value for control in controls}

        self._run_button = widgets.Button(description="Run", icon="play", button_style="success")
        self._stop_button = widgets.Button(description="Stop", icon="stop", disabled=True)
        reset_button = widgets.Button(description="Reset", icon="undo")
        self._run_button.on_click(lambda _: self._on_loop(self.start))
        self._stop_button.on_click(lambda _: self._on_loop(self.stop))
        reset_button.on_click(lambda _: self._on_loop(self._start_reset))
        for control in (*controls, self._run_button, self._stop_button, reset_button):
            hear_where_the_page_says(control)
        self._status = _text("ready")

        self._goal_labels = {name: _text(f"○ {name}") for name in self.goals}
        goal_row = (
            [widgets.HBox([widgets.Label("goals:"), *self._goal_labels.values()])] if self.goals else []
        )
        limit_row = [self.limit_slider]
        if not takes(self.runner, "limiter"):
            self.limit_slider.disabled = True
            limit_row.append(widgets.Label("this runner takes no limiter to set"))
        return [
            widgets.HBox([self._run_button, self._stop_button, reset_button, self._status]),
            widgets.HBox(limit_row),
            widgets.HBox([self.count_slider, self.latency_slider]),
            widgets.HBox([self.quota_choice, self.rate_slider]),
            *goal_row,
            self.plot,
        ]

    def _start_reset(self) -> None:
        self._resetting = self._loop.create_task(self.reset())

    def _observe(self, control: Any, act: Callable[[Any], object]) -> None:
        def changed(change: Any) -> None:
            self._on_loop(act, change["new"])
            acknowledge_widget_message()

        control.observe(changed, "value")

    def _on_loop(self, act: Callable[..., object], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(act, *arguments)

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        self.plot.show_picture()


def _text(text: str) -> Any:
    """A line that is shown as it is: JupyterLab would make a formula of what stands between dollars."""
    label = widgets.Label(text)
    label.add_class("mathjax_ignore")
    return label


def _close_parts(widget: Any) -> None:
    """Close what a widget consists of: ipywidgets keeps every widget for good that is not closed itself."""
    for part in (
        *getattr(widget, "children", ()),
        *(getattr(widget, name, None) for name in ("layout", "style")),
    ):
        if part:
            _close_parts(part)
            part.close()


def _slider(kind: Callable[..., Any], name: str, value: Any, *bounds: Any, **more: Any) -> Any:
    if bounds:
        more |= {"min": bounds[0], "max": bounds[1], "continuous_update": True}
    layout = widgets.Layout(width="auto", flex="1 1 300px")
    return kind(value=value, description=name, layout=layout, style={"description_width": "84px"}, **more)

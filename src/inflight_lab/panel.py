"""Sliders, buttons and the live plot around any runner, or around several side by side."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from inflight_lab.comms import acknowledge_widget_message, hear_where_the_page_says
from inflight_lab.lane import Goal, Lane
from inflight_lab.parts import close_parts, plain_label
from inflight_lab.recording import Recording, save
from inflight_lab.rerun import closed_on_rerun
from inflight_lab.run import Outcome, Runner
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import QUOTAS
from inflight_lab.stage import Stage
from inflight_lab.timeline import Timeline

SLOW_MOTION = {"off": 1, "5 times as slow": 5, "20 times as slow": 20}


class Panel(widgets.VBox):  # type: ignore[misc]
    """Runs ``runner(url, count)`` against ``server`` at the press of a button, and shows it live.

    ``runner`` is any coroutine function with those two parameters: one of the ladder, or the one you
    have just written.  What it takes beyond them is used: ``client`` to draw the client's own count,
    ``limiter`` to change the limit while requests fly, ``return_exceptions`` to lose no outcome.

    Several runners by name, ``{"naive": ..., "semaphore": ...}``, run side by side from one click, on
    one axis of time, each against a server of its own: the first has ``server``, the others its twins.

    ``goals`` are named conditions on the server's `Stats`, judged when a run has ended, for example
    ``{"no 429": lambda stats: stats.refused == 0, "under 4 s": lambda stats: stats.elapsed < 4}``;
    ``goals_met`` then tells which are met, by name.

    ``count`` and ``limit`` are where their sliders begin, ``max_count`` and ``max_limit`` where they
    end.  After a run ``outcomes`` holds one response or exception per request, and ``error`` what the
    runner raised, or None.  Of several runners these are the first one's; ``lanes`` has all, by name.

    In slow motion latency, quota and the runner's own pauses all take so many times as long, and every
    request is drawn: the same run, slow enough to follow.  Goals are judged as if it were not.

    Make it in a notebook cell, on the event loop that runs there, and let that cell end: ``start`` and
    the buttons run in the background, and while a cell awaits, sliders may have to wait as well.

    Raises ``TypeError`` for a runner that is no coroutine function or a server that is no
    `PracticeServer`, and ``RuntimeError`` where no event loop runs.
    """

    def __init__(
        self,
        runner: Runner | Mapping[str, Runner],
        *,
        server: PracticeServer,
        count: int = 200,
        limit: int = 3,
        goals: Mapping[str, Goal] | None = None,
        max_count: int = 1000,
        max_limit: int = 50,
    ) -> None:
        runners = dict(runner) if isinstance(runner, Mapping) else {"": runner}
        for each in runners.values() or [runner]:
            if not inspect.iscoroutinefunction(each):
                raise TypeError(f"runner must be a coroutine function (async def), got {each!r}")
        if not isinstance(server, PracticeServer):
            raise TypeError(f"server must be a PracticeServer, got {server!r}")
        # Callbacks may come in another thread, with another loop: all work is handed to this one.
        self._loop = asyncio.get_running_loop()
        self._slow = 1
        self._task: asyncio.Task[None] | None = None
        self.lanes: dict[str, Lane] = {}
        for name, each in runners.items():
            own = server.twin() if self.lanes else server
            self.lanes[name] = Lane(each, own, goals or {}, name=name)
        self._first, *others = self.lanes.values()
        self._twins = [lane.server for lane in others]
        lanes = widgets.HBox([lane.view for lane in self.lanes.values()]).add_class("ifl-lanes")
        super().__init__([*self._make_controls(count, limit, max_count, max_limit), lanes])
        self.add_class("ifl-panel")
        closed_on_rerun(self._discard)

    @property
    def server(self) -> PracticeServer:
        """What answers the first runner."""
        return self._first.server

    @property
    def timeline(self) -> Timeline:
        """What the first runner's client saw."""
        return self._first.timeline

    @property
    def outcomes(self) -> list[Outcome]:
        """One response or exception per request of the last run."""
        return self._first.outcomes

    @property
    def error(self) -> BaseException | None:
        """What the runner raised in the last run, if it did."""
        return self._first.error

    @property
    def goals(self) -> dict[str, Goal]:
        """The conditions by which every run is judged, by name."""
        return self._first.goals

    @property
    def goals_met(self) -> dict[str, bool]:
        """Which goals the last run met, by name."""
        return self._first.goals_met

    @property
    def running(self) -> bool:
        """Whether requests are flying now."""
        return self._task is not None and not self._task.done()

    def start(self) -> asyncio.Task[None]:
        """Run in the background; returns its task at once.  Does nothing if a run is under way."""
        if self._task is None or self._task.done():
            self._running_now(True)
            self._stretch_time(self.slow_choice.value)
            for lane in self.lanes.values():
                lane.begin(self.count_slider.value, self.limit_slider.value, slow=self._slow)
            self._task = self._loop.create_task(self._go())
        return self._task

    def stop(self) -> None:
        """Cancel what is in flight and send no more.  The run ends within a second."""
        if self.running:
            self._status.value = "stopping …"
            for lane in self.lanes.values():
                lane.stop()

    async def reset(self) -> None:
        """Stop, forget the last run, and put every slider back where it began."""
        self.stop()
        if self._task:
            await asyncio.wait([self._task])
        for lane in self.lanes.values():
            lane.reset()
        for control, value in self._defaults.items():
            control.value = value
        self._status.value = "ready"

    def save_recording(self, path: str | Path) -> None:
        """Write the last run to a file, for `Replay` to show again without sending anything.

        Raises ``ValueError`` if there was none, ``OSError`` if the file cannot be written.
        """
        save(path, {name: Recording.of(lane.plot.recorder) for name, lane in self.lanes.items()})

    def close(self) -> None:
        """Stop, and take the panel off the page."""
        if hasattr(self, "lanes"):  # ipywidgets also closes a panel that was refused and never made
            self.stop()
            for lane in self.lanes.values():
                lane.plot.stop()
            for twin in self._twins:
                twin.stop()
        close_parts(self)
        super().close()

    def _discard(self) -> None:
        """The cell was run again.  IPython's ``Out`` keeps the panel for good, so it lets go of the rest."""
        self.close()
        if self._task and self.running:  # for a moment yet
            self._task.add_done_callback(lambda _: self._forget())
        else:
            self._forget()

    def _forget(self) -> None:
        for lane in self.lanes.values():
            lane.forget()

    async def _go(self) -> None:
        slow, lanes = self._slow, self.lanes.values()
        try:
            await asyncio.gather(*(lane.run() for lane in lanes))
        finally:
            self._stretch_time(1)
            for lane in lanes:
                lane.plot.stop()  # all at one time, so that their axes end alike
            self._running_now(False)
        for lane in lanes:
            lane.judge_goals(slow=slow)

    def _stretch_time(self, slow: int) -> None:
        """From now on the servers are ``slow`` times as slow as the sliders say."""
        for lane in self.lanes.values():
            lane.server.latency = lane.server.latency * slow / self._slow
            lane.server.period = lane.server.period * slow / self._slow
        self._slow = slow

    def _running_now(self, running: bool) -> None:
        self._run_button.disabled, self._stop_button.disabled = running, not running
        told = [f"{name}: {lane.told()}" if name else lane.told() for name, lane in self.lanes.items()]
        self._status.value = "running" if running else " · ".join(told)

    def _set_limit(self, limit: int) -> None:
        for lane in self.lanes.values():
            lane.set_limit(limit)

    def _turn_knob(self, name: str, value: object) -> None:
        for lane in self.lanes.values():
            setattr(lane.server, name, value)

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
        self.slow_choice = slider(widgets.Dropdown, "slow motion", 1, options=SLOW_MOTION)
        actions: dict[Any, Callable[[Any], object]] = {
            self.limit_slider: self._set_limit,
            self.count_slider: lambda _: None,
            self.latency_slider: lambda value: self._turn_knob("latency", self._slow * value),
            self.rate_slider: lambda value: self._turn_knob("rate", value),
            self.quota_choice: lambda value: self._turn_knob("quota", value),
            self.slow_choice: lambda _: None,
        }
        self._defaults = {control: control.value for control in actions}

        self._run_button = widgets.Button(description="Run", icon="play", button_style="success")
        self._stop_button = widgets.Button(description="Stop", icon="stop", disabled=True)
        reset_button = widgets.Button(description="Reset", icon="undo")
        self._run_button.on_click(lambda _: self._on_loop(self.start))
        self._stop_button.on_click(lambda _: self._on_loop(self.stop))
        reset_button.on_click(lambda _: self._on_loop(self._start_reset))
        for control, act in actions.items():
            self._observe(control, act)
        for control in (*actions, self._run_button, self._stop_button, reset_button):
            hear_where_the_page_says(control)
        self._status = plain_label("ready")

        self.slow_choice.layout.flex = "0 1 260px"
        limit_row = [self.limit_slider, self.slow_choice]
        if not any(lane.adjustable for lane in self.lanes.values()):
            self.limit_slider.disabled = True
            limit_row.insert(1, widgets.Label("this runner takes no limiter to set"))
        rest = [self.count_slider, self.latency_slider, self.quota_choice, self.rate_slider]
        return [
            widgets.HBox(
                [self._run_button, self._stop_button, reset_button, Stage(), self._status]
            ).add_class("ifl-buttons"),
            widgets.HBox(limit_row).add_class("ifl-limit"),
            widgets.HBox(rest).add_class("ifl-knobs"),
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
        for lane in self.lanes.values():
            lane.plot.show_picture()


def _slider(kind: Callable[..., Any], name: str, value: Any, *bounds: Any, **more: Any) -> Any:
    if bounds:
        more |= {"min": bounds[0], "max": bounds[1], "continuous_update": True}
    layout = widgets.Layout(width="auto", flex="1 1 300px")
    return kind(value=value, description=name, layout=layout, style={"description_width": "92px"}, **more)

"""Sliders, buttons and the live plot around any runner, or around several side by side."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.jupyter.widgets import close_parts
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.controls import Controls
from inflight_lab.panel.lane import Goal, Lane
from inflight_lab.panel.recording import Recording, save
from inflight_lab.panel.run import Outcome, Runner
from inflight_lab.server import PracticeServer


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
        self._loop = asyncio.get_running_loop()
        self._slow = 1
        self._task: asyncio.Task[None] | None = None
        self.lanes: dict[str, Lane] = {}
        for name, each in runners.items():
            own = server.twin() if self.lanes else server
            self.lanes[name] = Lane(each, own, goals or {}, name=name)
        self._first, *others = self.lanes.values()
        self._twins = [lane.server for lane in others]
        adjustable = any(lane.adjustable for lane in self.lanes.values())
        self._controls = controls = Controls(
            server, count, limit, max_count=max_count, max_limit=max_limit, adjustable=adjustable
        )
        self.limit_slider, self.count_slider = controls.limit, controls.count
        self.latency_slider, self.rate_slider = controls.latency, controls.rate
        self.quota_choice, self.slow_choice = controls.quota, controls.slow
        self._connect()
        lanes = widgets.HBox([lane.view for lane in self.lanes.values()]).add_class("ifl-lanes")
        super().__init__([*controls.rows, lanes])
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
            self._controls.status.value = "stopping …"
            for lane in self.lanes.values():
                lane.stop()

    async def reset(self) -> None:
        """Stop, forget the last run, and put every slider back where it began."""
        self.stop()
        if self._task:
            await asyncio.wait([self._task])
        for lane in self.lanes.values():
            lane.reset()
        self._controls.put_back()
        self._controls.status.value = "ready"

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
        told = [f"{name}: {lane.told()}" if name else lane.told() for name, lane in self.lanes.items()]
        self._controls.show_running(running, "running" if running else " · ".join(told))

    def _set_limit(self, limit: int) -> None:
        for lane in self.lanes.values():
            lane.set_limit(limit)

    def _turn_knob(self, name: str, value: object) -> None:
        for lane in self.lanes.values():
            setattr(lane.server, name, value)

    def _connect(self) -> None:
        """Have every control do what it says, on the panel's own loop."""

        # The controls may speak up in another thread, with another loop.
        def on_loop(act: Callable[..., object]) -> Callable[..., object]:
            return lambda *values: self._loop.call_soon_threadsafe(act, *values)

        controls = self._controls
        controls.on_change(controls.limit, on_loop(self._set_limit))
        controls.on_change(
            controls.latency, on_loop(lambda value: self._turn_knob("latency", self._slow * value))
        )
        controls.on_change(controls.rate, on_loop(partial(self._turn_knob, "rate")))
        controls.on_change(controls.quota, on_loop(partial(self._turn_knob, "quota")))
        controls.run.on_click(on_loop(lambda _: self.start()))
        controls.stop.on_click(on_loop(lambda _: self.stop()))
        controls.reset.on_click(on_loop(lambda _: self._start_reset()))

    def _start_reset(self) -> None:
        self._resetting = self._loop.create_task(self.reset())

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        for lane in self.lanes.values():
            lane.plot.show_picture()

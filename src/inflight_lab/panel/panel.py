"""Sliders, buttons and the live plot around any runner, or around several side by side."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

import ipywidgets as widgets
from IPython.display import display

from inflight_lab.arguments import check
from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.jupyter.widgets import close_parts
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.controls import Controls
from inflight_lab.panel.lane import Goal, Lane, slowness
from inflight_lab.panel.recording import Recording, save
from inflight_lab.panel.run import Outcome, Runner, check_runner
from inflight_lab.server import PracticeServer

BLOCKED = "blocked: the runner or a cell holds up the event loop (time.sleep?); Stop waits until it returns"

_panels: WeakSet[Panel] = WeakSet()
"""All that are open: those on one server show the same knobs."""


def _of_the_first(name: str, doc: str) -> Any:
    return property(lambda panel: getattr(panel._first, name), doc=doc)


class Panel(widgets.VBox):  # type: ignore[misc]
    """Runs ``runner(url, count)`` against ``server`` at the press of a button, and shows it live.

    ``runner`` is whatever can be called with those two and returns something to await: one of the ladder,
    the coroutine function you have just written, a ``functools.partial``, a method, an object.  What it
    takes beyond them is used: ``client`` to draw the client's own count, ``limiter`` to change the limit
    while requests fly, ``return_exceptions`` to lose no outcome.

    Several runners by name, ``{"naive": ..., "semaphore": ...}``, run side by side from one click, on
    one axis of time, each against a server of its own: the first has ``server``, the others its twins.

    ``goals`` are named conditions on the server's `Stats`, judged when a run has ended, for example
    ``{"no 429": lambda stats: stats.refused == 0, "under 4 s": lambda stats: stats.elapsed < 4}``;
    ``goals_met`` then says which are met, by name.  A run that was stopped, or whose runner raised, meets
    none: a goal that does not hold is missed, one that holds so far stays open and is not in ``goals_met``.

    ``count`` and ``limit`` are where their sliders begin, ``max_count`` and ``max_limit`` where they
    end.  After a run ``outcomes`` holds one response or exception per request, and ``error`` what the
    runner raised, or None.  Of several runners these are the first one's; ``lanes`` has all, by name.

    In slow motion latency, quota and the runner's own pauses all take so many times as long, and every
    request is drawn: the same run, slow enough to follow.  Goals are judged as if it were not.  Panels on
    one server share its knobs, and while several run, the slow motion of the first.

    A run ends within a second of Stop, whatever the runner does: it is cancelled, asked again, then let
    go of.  Only code that blocks (``time.sleep``, a loop without ``await``) has to return first, and a
    thread that the runner started goes on.

    Make it in a notebook cell, on the event loop that runs there, and let that cell end: ``start`` and
    the buttons run in the background, and while a cell awaits, sliders may have to wait as well.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before any server is started, and
    ``RuntimeError`` where no event loop runs.
    """

    server: PracticeServer = _of_the_first("server", "What answers the first runner.")
    timeline: Timeline = _of_the_first("timeline", "What the first runner's client saw.")
    outcomes: list[Outcome] = _of_the_first("outcomes", "One response or exception per request.")
    error: BaseException | None = _of_the_first("error", "What the runner raised in the last run, if it did.")
    goals: dict[str, Goal] = _of_the_first("goals", "The conditions by which every run is judged, by name.")
    goals_met: dict[str, bool] = _of_the_first("goals_met", "Which goals the last run met, by name.")

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
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._twins: list[PracticeServer] = []
        self.lanes: dict[str, Lane] = {}
        runners = dict(runner) if isinstance(runner, Mapping) else {"": runner}
        for each in runners.values() or [runner]:
            check_runner(each)
        if not isinstance(server, PracticeServer):
            raise TypeError(f"server must be a PracticeServer, got {server!r}")
        sizes = {"count": count, "limit": limit, "max_count": max_count, "max_limit": max_limit}
        for name, size in sizes.items():
            check(name, size)
        for name, goal in (goals or {}).items():
            if not callable(goal) or inspect.iscoroutinefunction(goal):
                raise TypeError(f"goals must be plain functions of the Stats, got {name!r}: {goal!r}")
        for name, each in runners.items():
            self.lanes[name] = Lane(each, server.twin() if self.lanes else server, goals or {}, name=name)
        self._first, *others = self.lanes.values()
        for lane in others:
            self._twins.append(lane.server)
            lane.stretch_time(1 / slowness(server))  # which a twin inherits
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
        _panels.add(self)
        closed_on_rerun(self._discard)

    @property
    def running(self) -> bool:
        """Whether requests are flying now."""
        return self._task is not None and not self._task.done()

    def start(self) -> asyncio.Task[None]:
        """Run in the background; returns its task at once.  Does nothing if a run is under way."""
        if self._task is None or self._task.done():
            for lane in self.lanes.values():
                lane.begin(self.count_slider.value, self.limit_slider.value, slow=self.slow_choice.value)
            self._controls.show_running(True, "running")
            self._task = self._loop.create_task(self._go())
            self._task.add_done_callback(lambda _: self._ended())
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
        watch = self._loop.create_task(self._watch_for_blocks())
        try:
            await asyncio.gather(*(lane.run() for lane in self.lanes.values()))
        finally:
            watch.cancel()

    def _ended(self) -> None:
        for lane in self.lanes.values():
            lane.end()  # all at one time, so that their axes end alike
        self._controls.show_running(False, " · ".join(lane.summary for lane in self.lanes.values()))

    async def _watch_for_blocks(self) -> None:
        """Say so, from another thread, while the loop does not turn: no button is heard then."""
        while sys.platform != "emscripten":  # where there are no threads
            alarm = threading.Timer(1.5, setattr, (self._controls.status, "value", BLOCKED))
            alarm.daemon = True
            alarm.start()
            try:
                await asyncio.sleep(0.5)
            finally:
                alarm.cancel()
            if self._controls.status.value == BLOCKED:
                self._controls.status.value = "running"

    def _set_limit(self, limit: int) -> None:
        for lane in self.lanes.values():
            lane.set_limit(limit)

    def _turn_knob(self, name: str, value: Any) -> None:
        """Here, and on every other panel with the same server."""
        for panel in list(_panels):
            if panel.server is self.server:
                for lane in panel.lanes.values():
                    lane.turn_knob(name, value)
                if panel is not self:
                    panel._controls.follow(name, value)

    def _connect(self) -> None:
        """Have every control do what it says, on the panel's own loop."""

        # The controls may speak up in another thread, with another loop.
        def on_loop(act: Callable[..., object]) -> Callable[..., object]:
            return lambda *values: self._loop.call_soon_threadsafe(act, *values)

        controls = self._controls
        controls.on_change(controls.limit, on_loop(self._set_limit))
        for name in ("latency", "rate", "quota"):
            controls.on_change(getattr(controls, name), on_loop(partial(self._turn_knob, name)))
        controls.run.on_click(on_loop(lambda _: self.start()))
        controls.stop.on_click(on_loop(lambda _: self.stop()))
        controls.reset.on_click(on_loop(lambda _: self._start_reset()))

    def _start_reset(self) -> None:
        self._resetting = self._loop.create_task(self.reset())

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        for lane in self.lanes.values():
            lane.plot.show_picture()

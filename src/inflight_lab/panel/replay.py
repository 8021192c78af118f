"""Recorded runs on the live plot, as fast as they happened, without sending a request."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.jupyter.kernel_messages import hear_where_the_page_says
from inflight_lab.jupyter.widgets import close_parts, plain_label
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.recording import Recording, load
from inflight_lab.panel.rows import Repeater
from inflight_lab.panel.stage import Stage
from inflight_lab.plot.live_plot import UPDATE, Plot
from inflight_lab.plot.points import Recorder


class Replay(widgets.VBox):  # type: ignore[misc]
    """Shows the runs in the file ``path`` again, side by side if they were; nothing is sent.

    ``Panel.save_recording`` writes such a file.  Make it in a notebook cell, on the loop that runs there.

    Raises ``OSError`` if the file cannot be read, ``ValueError`` if it is no recording, and
    ``RuntimeError`` where no event loop runs.
    """

    def __init__(self, path: str | Path) -> None:
        self._loop = asyncio.get_running_loop()
        runs = load(path)
        self.plots = {name: _ReplayPlot(run) for name, run in runs.items()}
        self._seconds = max(run.seconds for run in runs.values())
        self._task: asyncio.Task[None] | None = None
        self._play = widgets.Button(description="Play", icon="play", button_style="success")
        self._stop = widgets.Button(description="Stop", icon="stop", disabled=True)
        self._play.on_click(lambda _: self._loop.call_soon_threadsafe(self.start))
        self._stop.on_click(lambda _: self._loop.call_soon_threadsafe(self.stop))
        for button in (self._play, self._stop):
            hear_where_the_page_says(button)
        about = plain_label(f"a recording of {self._seconds:.1f} s: nothing is sent")
        lanes = [
            widgets.VBox([*([plain_label(name).add_class("ifl-name")] if name else []), plot])
            for name, plot in self.plots.items()
        ]
        for lane in lanes:
            lane.add_class("ifl-lane")
        super().__init__(
            [
                widgets.HBox([self._play, self._stop, Stage(), about]).add_class("ifl-buttons"),
                widgets.HBox(lanes).add_class("ifl-lanes"),
            ]
        )
        self.add_class("ifl-panel")
        closed_on_rerun(self.close)

    @property
    def running(self) -> bool:
        """Whether it plays now."""
        return self._task is not None and not self._task.done()

    def start(self) -> asyncio.Task[None]:
        """Play from the beginning, in the background.  Does nothing if it plays already."""
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._show())
        return self._task

    def stop(self) -> None:
        """Stop where it is."""
        if self._task:
            self._task.cancel()

    def close(self) -> None:
        """Stop, and take it off the page."""
        if hasattr(self, "plots"):  # ipywidgets also closes what was refused and never made
            self.stop()
            for plot in self.plots.values():
                plot.stop()
        close_parts(self)
        super().close()

    async def _show(self) -> None:
        self._play.disabled, self._stop.disabled = True, False
        try:
            with ExitStack() as playing:
                for plot in self.plots.values():
                    playing.enter_context(plot)
                await asyncio.sleep(self._seconds + UPDATE)  # so that the last event is due for sure
        except asyncio.CancelledError:
            pass  # by `stop`, and nobody waits for the result
        finally:
            self._play.disabled, self._stop.disabled = False, True

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        for plot in self.plots.values():
            plot.show_picture()


class _Clock:
    """The real time; while an event of the recording is repeated, the time at which that happened."""

    event_time: float | None = None
    origin = 0.0

    def start(self, phase: float) -> None:
        """It is ``phase`` now."""
        self.origin = time.perf_counter() - phase

    def __call__(self) -> float:
        return time.perf_counter() - self.origin if self.event_time is None else self.event_time


class _ReplayPlot(Plot):
    """A plot whose timelines are written from a recording, each event when its time has come."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self._clock = recording, _Clock()
        self._due: deque[tuple[float, Callable[[], object]]] = deque()
        server = Timeline(period=recording.period, clock=self._clock)
        client = Timeline(period=recording.period, clock=self._clock)
        recorder = Recorder(server, None if recording.client is None else client, lambda: recording.rules)
        super().__init__(recorder)

    def start(self, *, numbered: bool = False) -> None:
        """Play from the beginning."""
        self.stop()
        self._clock.start(self.recording.phase)
        due: list[tuple[float, Callable[[], object]]] = [
            (each.seconds, partial(self.recorder.set_limit, each.limit)) for each in self.recording.limits
        ]
        sides = ((self.recorder.server, self.recording.server), (self.recorder.client, self.recording.client))
        for timeline, events in sides:
            if timeline and events:
                timeline.reset()
                repeat = Repeater(timeline).repeat
                due += [(event.seconds, partial(repeat, event)) for event in events]
        self._due = deque(sorted(due, key=lambda each: each[0]))
        super().start(numbered=numbered or self.recording.numbered)

    def send_new(self) -> None:
        """Repeat what is due, and send it."""
        with self._sending:
            now = self.recorder.now
            while self._due and self._due[0][0] <= now:
                when, happen = self._due.popleft()
                self._clock.event_time = self.recorder.began + when
                happen()
            self._clock.event_time = None
        super().send_new()

"""Recorded runs on the live plot again, at the pace at which they happened, without a request."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.jupyter.kernel_messages import hear_where_the_page_says
from inflight_lab.jupyter.widgets import close_parts
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.recording import Recording, load
from inflight_lab.panel.stage import Stage
from inflight_lab.plot.live_plot import LivePlot


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
        told = widgets.Label(f"a recording of {self._seconds:.1f} s: nothing is sent")
        lanes = [
            widgets.VBox([*([widgets.Label(name).add_class("ifl-name")] if name else []), plot])
            for name, plot in self.plots.items()
        ]
        for lane in lanes:
            lane.add_class("ifl-lane")
        super().__init__(
            [
                widgets.HBox([self._play, self._stop, Stage(), told]).add_class("ifl-buttons"),
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
            for plot in self.plots.values():
                plot.start()
            await asyncio.sleep(self._seconds)
        except asyncio.CancelledError:
            pass  # by `stop`: there is nobody to tell
        finally:
            for plot in self.plots.values():
                plot.stop()
            self._play.disabled, self._stop.disabled = False, True

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        for plot in self.plots.values():
            plot.show_picture()


class _Clock:
    """The real time; while an event of the recording is repeated, the time at which that happened."""

    event_time: float | None = None

    def __call__(self) -> float:
        return time.perf_counter() if self.event_time is None else self.event_time


class _ReplayPlot(LivePlot):
    """A plot whose timelines are written from a recording, each event when its time has come."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self._clock = recording, _Clock()
        self._due: deque[tuple[float, Callable[[], object]]] = deque()
        views = {"server": recording.server, "client": recording.client}
        self._timelines = {
            name: Timeline(period=recording.period, clock=self._clock)
            for name, events in views.items()
            if events is not None
        }
        server = SimpleNamespace(
            timeline=self._timelines["server"],
            quota="none" if recording.quota is None else "as recorded",
            rate=recording.quota,
        )
        client = self._timelines.get("client")
        super().__init__(server, SimpleNamespace(timeline=client) if client else None)

    def start(self, *, follow: bool | None = None) -> None:
        """Play from the beginning."""
        self.stop()
        due: list[tuple[float, Callable[[], object]]] = []
        for name, timeline in self._timelines.items():
            timeline.reset()
            due += _repeats(timeline, getattr(self.recording, name))
        due += [(at, partial(self.recorder.set_limit, limit)) for at, limit in self.recording.limits]
        self._due = deque(sorted(due, key=lambda each: each[0]))
        super().start(follow=self.recording.follow if follow is None else follow)

    def send_new(self) -> None:
        """Let happen what is due, and send it."""
        with self._sending:
            now = self.recorder.now
            while self._due and self._due[0][0] <= now:
                when, happen = self._due.popleft()
                self._clock.event_time = self.recorder.began + when
                happen()
            self._clock.event_time = None
        super().send_new()


def _repeats(timeline: Timeline, events: list[list[Any]]) -> list[tuple[float, Callable[[], object]]]:
    """What to call on ``timeline``, and when, so that the same happens to it again."""
    numbers: dict[int, int] = {}  # of the recording's requests, as the timeline counts them now

    def happen(kind: str, request: int | None, detail: Any, begun: int) -> None:
        if kind == "started":
            timeline.start(begun)
        elif request is None:
            timeline.cancel_waiting()
        elif kind == "sent":
            numbers[request] = timeline.send()
        elif kind == "answered":
            timeline.answer(numbers[request], detail)
        elif kind == "failed":
            timeline.fail(numbers[request], type(detail, (Exception,), {})())
        else:
            timeline.cancel(numbers[request])

    repeats: list[tuple[float, Callable[[], object]]] = []
    waited = 0
    for when, kind, request, detail, waiting in events:
        begun, waited = waiting - waited, waiting
        repeats.append((when, partial(happen, kind, request, detail, begun)))
    return repeats

"""Recorded runs on the live plot, as fast as they happened, without sending a request."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.controls import Controlled
from inflight_lab.panel.recording import Recording, load
from inflight_lab.panel.rows import Repeater
from inflight_lab.plot.live_plot import Feed
from inflight_lab.plot.points import UPDATE, Recorder

Due = tuple[float, Callable[[], object]]
"""So many seconds after the beginning: what happens then."""


class Replay(Controlled):
    """Shows the runs in the file ``path`` again, side by side if they were; nothing is sent.

    ``Panel.save_recording`` writes such a file.  Make it in a notebook cell, on the loop that runs there.

    Raises ``OSError`` if the file cannot be read, ``ValueError`` if it is no recording, and
    ``RuntimeError`` where no event loop runs.
    """

    def __init__(self, path: str | Path) -> None:
        loop = asyncio.get_running_loop()
        runs = load(path)
        self.feeds = {
            name: _ReplayFeed(run, partial(self._post, lane)) for lane, (name, run) in enumerate(runs.items())
        }
        self._seconds = max(run.seconds for run in runs.values())
        super().__init__(
            loop,
            list(self.feeds.values()),
            status=f"a recording of {self._seconds:.1f} s: nothing is sent",
            _lanes=[{"name": name, "goals": []} for name in runs],
        )

    def stop(self) -> None:
        """Stop where it is."""
        if self._task:
            self._task.cancel()

    async def _go(self) -> None:
        try:
            with ExitStack() as playing:
                for feed in self.feeds.values():
                    playing.callback(feed.stop)
                    feed.start()
                await asyncio.sleep(self._seconds + UPDATE)  # so that the last event is due for sure
        except asyncio.CancelledError:
            pass  # by `stop`, and nobody waits for the result


class _ReplayFeed(Feed):
    """A feed whose timelines are written from a recording, each event when its time has come."""

    def __init__(self, recording: Recording, post: Callable[[dict[str, Any]], None]) -> None:
        self.recording = recording
        self._due: deque[Due] = deque()
        self._origin = 0.0
        self._event_time: float | None = None
        server = Timeline(period=recording.period, clock=self._clock)
        client = Timeline(period=recording.period, clock=self._clock)
        recorder = Recorder(server, None if recording.client is None else client, lambda: recording.rules)
        super().__init__(recorder, post)

    def _clock(self) -> float:
        """The real time; while an event of the recording is repeated, the time at which that happened."""
        return time.perf_counter() - self._origin if self._event_time is None else self._event_time

    def start(self, *, numbered: bool = False) -> None:
        """Play from the beginning."""
        self.stop()
        self._origin = time.perf_counter() - self.recording.phase
        limits = self.recording.limits
        due: list[Due] = [(each.seconds, partial(self.recorder.set_limit, each.limit)) for each in limits]
        sides = ((self.recorder.server, self.recording.server), (self.recorder.client, self.recording.client))
        for timeline, events in sides:
            if timeline and events:
                timeline.reset()
                repeat = Repeater(timeline).repeat
                due += [(event.seconds, partial(repeat, event)) for event in events]
        self._due = deque(sorted(due, key=itemgetter(0)))
        super().start(numbered=numbered or self.recording.numbered)

    def send_new(self) -> None:
        """Repeat what is due, and send it."""
        with self._sending:
            now = self.recorder.now
            while self._due and self._due[0][0] <= now:
                when, happen = self._due.popleft()
                self._event_time = self.recorder.began + when
                happen()
            self._event_time = None
        super().send_new()

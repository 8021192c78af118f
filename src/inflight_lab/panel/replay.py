"""Recorded runs on the live plot, as fast as they happened, without sending a request."""

import asyncio
from collections import deque
from functools import partial
from pathlib import Path

from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.controls import Controlled
from inflight_lab.panel.recording import load
from inflight_lab.plot.flow import Row
from inflight_lab.plot.live_plot import Feed
from inflight_lab.plot.points import LINES, UPDATE, Message, PlotSource, Point


class Replay(Controlled):
    """Shows the runs in the file ``path`` again, side by side if they were; nothing is sent.

    ``Panel.save_recording`` writes such a file.  Make it in a notebook cell, on the
    loop that runs there.

    Raises ``OSError`` if the file cannot be read, ``ValueError`` if it is no recording,
    and ``RuntimeError`` where no event loop runs.
    """

    def __init__(self, path: str | Path) -> None:
        loop = asyncio.get_running_loop()
        runs = load(path)
        self.feeds = {
            name: Feed(Playback(run), partial(self._post, lane), name)
            for lane, (name, run) in enumerate(runs.items())
        }
        self._seconds = max(run[-1]["now"] for run in runs.values())
        super().__init__(
            loop,
            list(self.feeds.values()),
            status=f"a recording of {self._seconds:.1f} s: nothing is sent",
            _lanes=[{"name": name, "goals": []} for name in runs],
        )

    def stop(self) -> None:
        """Stop, and show how it stood then."""
        if self._task:
            self._task.cancel()

    async def _go(self) -> None:
        self.status = self.status.partition(";")[0]  # without what is added below
        try:
            for feed in self.feeds.values():
                feed.start()
            await asyncio.sleep(
                self._seconds + UPDATE
            )  # so that the last message is due for sure
        except asyncio.CancelledError:
            self.status += (
                "; stopped: this is how it stood then"  # nobody waits for the result
            )
        finally:
            for feed in self.feeds.values():
                feed.stop()


class Playback(PlotSource):
    """Reads the messages of a run, each when its time has come, in place of timelines."""

    def __init__(self, messages: list[Message]) -> None:
        self._messages = messages
        super().__init__(Timeline(), None)

    def reset(self, *, numbered: bool = False) -> None:
        """Play from the beginning."""
        super().reset(numbered=numbered)
        self._due, self._last = deque(self._messages), Message()

    def status(self) -> Message:
        """What the last message said, but for the time."""
        said = {
            name: self._last[name]
            for name in ("numbered", "counts", "rules")
            if name in self._last
        }
        return super().status() | said

    def _news(self) -> tuple[dict[str, list[Point]], list[Row]]:
        now, due = self.now, list[Message]()
        while self._due and self._due[0]["now"] <= now:
            due.append(self._due.popleft())
        self._last = (due or [self._last])[-1]
        if not self._due:
            self.end()  # a longer run beside it goes on
        series = {
            name: [point for each in due for point in each["series"].get(name, [])]
            for name in LINES
        }
        return series, self._flow.keep([row for each in due for row in each["rows"]])

"""Recorded runs on the live plot, as fast as they happened; nothing is sent."""

import asyncio
from functools import partial
from pathlib import Path

import traitlets

from inflight_lab.panel.controls import Controlled
from inflight_lab.plot.feed import CompleteFeed
from inflight_lab.runs.recording import load

RECORDINGS = Path(__file__).with_name("recordings")
"""The folder of the runs that come with the package: for a lesson without a server."""

SETTLE = 0.5
"""Seconds for which the page goes on after the end, until the last dots have landed."""

BEFORE = -1.0
"""A time at which nothing has happened yet."""


class Replay(Controlled):
    """Shows the runs in the file ``path`` again, side by side if they were.

    Nothing is sent.  ``runs`` has them by name.  While ``running``, the page plays them
    from their beginning, as slowly as they were; it has all of them from the start.

    ``Panel.save_recording`` writes such a file.  Make it in a notebook cell, on the
    loop that runs there.

    Raises ``OSError`` if the file cannot be read, ``ValueError`` if it is not a
    recording, and ``RuntimeError`` where no event loop runs.
    """

    _played = traitlets.Float(
        BEFORE, help="Seconds of the runs that are shown when they are not played."
    ).tag(sync=True)

    def __init__(self, path: str | Path) -> None:
        loop = asyncio.get_running_loop()
        self.runs = load(path)
        self._seconds = max(run.now for run in self.runs.values())
        self._slow = max(run.slow for run in self.runs.values())
        feeds = [
            CompleteFeed(run, partial(self._post, lane), name)
            for lane, (name, run) in enumerate(self.runs.items())
        ]
        what = f"a recording of {self._seconds:.1f} s: nothing is sent"
        super().__init__(
            loop,
            feeds,
            status=what,
            notice=what,
            _headings=[{"name": name, "goals": []} for name in self.runs],
            _page={
                "replay": True,
                "slow": self._slow,
                "seconds": self._seconds,
                "knobs": [],
                "more": ["view"],
            },
        )

    def stop(self) -> None:
        """Stop, and show the runs as far as they were played."""
        if self._task:
            self._task.cancel()

    async def _go(self) -> None:
        began = self._loop.time()
        try:
            await asyncio.sleep(self._seconds * self._slow + SETTLE)
        except asyncio.CancelledError:
            pass  # stopped, and nobody waits for the result
        finally:
            self._played = (self._loop.time() - began) / self._slow

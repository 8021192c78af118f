"""The page with the live plot, and the practice server that answers a script in place of the real API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, StreamingResponse
from starlette.routing import Route

import inflight_lab.plot
from inflight_lab.plot.points import Recorder
from inflight_lab.server import PracticeServer

HOME = "/inflight-lab/"
PLOT = Path(inflight_lab.plot.__file__).parent
FILES = {
    "": Path(__file__).with_name("page.html"),
    "live_plot.js": PLOT / "live_plot.js",
    "live_plot.css": PLOT / "live_plot.css",
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Page(PracticeServer):
    """Serves the plot at ``page_url``, by server-sent events, and practice answers everywhere else.

    Nothing else may read ``recorder``.  ``title`` stands above the plot; ``readers`` are the open pages.
    """

    def __init__(self, recorder: Recorder, title: str, *, port: int = 0, **knobs: Any) -> None:
        super().__init__(port=port, **knobs)
        self._recorder, self._title = recorder, title
        self.readers = set[asyncio.Queue[str]]()
        self._joined = False  # whether one of them has not had a message yet
        self._routes.routes[:] = [
            *(Route(HOME + name, lambda _, path=path: FileResponse(path)) for name, path in FILES.items()),
            Route(HOME + "events", self._events),
            Route("/{path:path}", self._get, methods=METHODS),
        ]

    @property
    def page_url(self) -> str:
        """Where a browser finds the plot."""
        return self.url.removesuffix("/get") + HOME

    async def _events(self, request: Request) -> StreamingResponse:
        self._loop, queue = asyncio.get_running_loop(), asyncio.Queue[str]()

        async def messages() -> AsyncIterator[str]:
            self.readers.add(queue)
            self._joined = True
            try:
                while message := await queue.get():
                    yield f"data: {message}\n\n"
            finally:
                self.readers.remove(queue)

        return StreamingResponse(messages(), media_type="text/event-stream")

    def send(self, words: str = "") -> None:
        """Send all pages what is new, or all there is if one is new; with ``words`` for the last time."""
        recorder, joined, self._joined = self._recorder, self._joined, False
        readers, series = list(self.readers), recorder.read()
        new: dict[str, Any] = {"series": recorder.history if joined else series, "reset": joined}
        new |= {"counts": recorder.counts(), "now": recorder.now}
        new |= {"live": not words, "title": self._title, "words": words}
        for queue in readers:
            for data in [json.dumps(new)] + [""] * bool(words):
                self._loop.call_soon_threadsafe(queue.put_nowait, data)

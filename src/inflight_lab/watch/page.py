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
FILES = {"": Path(__file__).with_name("page.html")} | {
    name: PLOT / name for name in ("live_plot.js", "live_plot.css")
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Page(PracticeServer):
    """Serves the plot at ``page_url``, by server-sent events, and practice answers everywhere else.

    Nothing else may read ``recorder``.  ``title`` stands above the plot.
    """

    def __init__(self, recorder: Recorder, title: str, *, port: int = 0, **knobs: Any) -> None:
        super().__init__(port=port, **knobs)
        self._recorder, self._title = recorder, title
        self._streams: dict[asyncio.Queue[str], bool] = {}
        """By page: whether it has had its first message."""
        self._routes.routes[:] = [
            *(Route(HOME + name, lambda _, path=path: FileResponse(path)) for name, path in FILES.items()),
            Route(HOME + "events", self._events),
            Route("/{path:path}", self._get, methods=METHODS),
        ]

    @property
    def page_url(self) -> str:
        """Where a browser finds the plot."""
        return self.url.removesuffix("/get") + HOME

    @property
    def is_shown(self) -> bool:
        """Whether a browser shows the page now."""
        return bool(self._streams)

    async def _events(self, request: Request) -> StreamingResponse:
        self._loop, queue = asyncio.get_running_loop(), asyncio.Queue[str]()
        self._streams[queue] = False

        async def messages() -> AsyncIterator[str]:
            try:
                while message := await queue.get():
                    yield f"data: {message}\n\n"
            finally:
                del self._streams[queue]

        return StreamingResponse(messages(), media_type="text/event-stream")

    def send(self, words: str = "") -> None:
        """Send every page what is new, and a new page all there is; with ``words`` for the last time."""
        recorder = self._recorder
        new = {"series": recorder.read(), "counts": recorder.counts(), "now": recorder.now}
        new |= {"live": not words, "title": self._title, "words": words}
        for queue, knows in list(self._streams.items()):
            message = new if knows else new | {"series": recorder.history, "reset": True}
            if queue in self._streams:
                self._streams[queue] = True
            for data in [json.dumps(message)] + [""] * bool(words):
                self._loop.call_soon_threadsafe(queue.put_nowait, data)

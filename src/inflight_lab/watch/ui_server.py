"""The page with the live plot, and the practice server that answers a script in place of the real API."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, request_response
from starlette.staticfiles import StaticFiles

import inflight_lab.plot
from inflight_lab.plot.points import UPDATE, Message, PlotSource
from inflight_lab.server import PracticeServer

HOME = "/inflight-lab/"
PAGE, PLOT = (
    Path(__file__).with_name("page.html"),
    Path(inflight_lab.plot.__file__).parent,
)
EVENTS = "text/event-stream"


class Page(PracticeServer):
    """Serves the plot at ``HOME``, by server-sent events, and practice answers everywhere else.

    Nothing else may read ``recorder``.  ``title`` stands above the plot, ``words``
    below, at the end: they are the last that a page gets, and then ``done`` is set.
    ``readers`` has a queue for each page.
    """

    def __init__(
        self, recorder: PlotSource, title: str, *, port: int = 0, **knobs: Any
    ) -> None:
        super().__init__(port=port, **knobs)
        self._recorder, self._title, self.words, self.done = (
            recorder,
            title,
            "",
            threading.Event(),
        )
        self.readers = set[asyncio.Queue[Message]]()

    def routes(self) -> list[BaseRoute]:
        """The page and its files, and practice answers on all other paths."""
        return [
            Route(HOME, lambda _: FileResponse(PAGE)),
            Route(
                HOME + "events",
                lambda _: StreamingResponse(self._messages(), media_type=EVENTS),
            ),
            Mount(HOME, StaticFiles(directory=PLOT)),
            Mount("/", request_response(self.get)),
        ]

    async def _messages(self) -> AsyncIterator[str]:
        """All there is for a page that opens; then what is new, until the words have come."""
        news, words = asyncio.Queue[Message](), ""
        try:
            while not words:
                words = self.words  # before the last look, so that nothing is missed
                message = self._recorder.read()
                for reader in self.readers:
                    reader.put_nowait(message)
                if news not in self.readers:  # all there is has what was just read, too
                    news.put_nowait(self._recorder.everything() | {"reset": True})
                    self.readers.add(news)
                while not news.empty():
                    own = {"title": self._title, "words": words}
                    message = (
                        news.get_nowait()
                        | own
                        | {"live": not words or not news.empty()}
                    )
                    yield f"data: {json.dumps(message)}\n\n"
                await asyncio.sleep(UPDATE)
            self.done.set()
        finally:
            self.readers.discard(news)

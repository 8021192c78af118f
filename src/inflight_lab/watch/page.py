"""The page with the live plot, and the practice server that answers a script in place of the real API."""

import asyncio
import json
from bisect import bisect
from collections.abc import AsyncIterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, StreamingResponse
from starlette.routing import Route

import inflight_lab.plot
from inflight_lab.plot.points import UPDATE, Recorder
from inflight_lab.server import PracticeServer

HOME = "/inflight-lab/"
PLOT = Path(inflight_lab.plot.__file__).parent
FILES = {"": Path(__file__).with_name("page.html")} | {path.name: path for path in PLOT.glob("*.[cj]s*")}
EVENTS = "text/event-stream"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Page(PracticeServer):
    """Serves the plot at ``page_url``, by server-sent events, and practice answers everywhere else.

    Nothing else may read ``recorder``.  ``title`` stands above the plot, ``words`` below, at the end: they
    are the last that a page gets.  ``readers`` is how many pages listen.
    """

    def __init__(self, recorder: Recorder, title: str, *, port: int = 0, **knobs: Any) -> None:
        super().__init__(port=port, **knobs)
        self._recorder, self._title, self.words, self.readers = recorder, title, "", 0
        self._routes.routes[:] = [
            *(Route(HOME + name, lambda _, path=path: FileResponse(path)) for name, path in FILES.items()),
            Route(HOME + "events", lambda _: StreamingResponse(self._messages(), media_type=EVENTS)),
            Route("/{path:path}", self._get, methods=METHODS),
        ]

    @property
    def page_url(self) -> str:
        """Where a browser finds the plot."""
        return self.url.removesuffix("/get") + HOME

    async def _messages(self) -> AsyncIterator[str]:
        """All there is for a page that opens; then what is new, until the words have come."""
        recorder, words, known = self._recorder, "", dict[str, float]()
        self.readers += 1
        try:
            while not words:
                words = self.words  # before the last look, so that nothing is missed
                recorder.read()
                message = recorder.everything() | {"live": not words, "reset": not known}
                lists = message.pop("series") | {"rows": message.pop("rows")}
                new = {
                    name: p[bisect(p, known.get(name, -1.0), key=itemgetter(0)) :]
                    for name, p in lists.items()
                }
                message |= {"rows": new.pop("rows"), "series": new, "title": self._title, "words": words}
                known = {name: points[-1][0] for name, points in lists.items() if points}
                yield f"data: {json.dumps(message)}\n\n"
                await asyncio.sleep(UPDATE)
        finally:
            self.readers -= 1

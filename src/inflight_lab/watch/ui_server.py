"""Serves the page with the live plot, and practice answers instead of the API's."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, request_response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

import inflight_lab.plot
from inflight_lab.plot.feed import UPDATE, Message
from inflight_lab.plot.history import for_late_view
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.columns import to_columns
from inflight_lab.runs.run import Run
from inflight_lab.server import PracticeServer
from inflight_lab.server.app import LOOPBACK
from inflight_lab.watch import openai_answers
from inflight_lab.watch.client_row import ClientRow
from inflight_lab.watch.conclusion import Conclusion
from inflight_lab.watch.dialect_of_host import dialect_of
from inflight_lab.watch.probes.probe import HOST_HEADER

Answer = Callable[[dict[str, Any]], dict[str, Any]]
OPENAI_ENDPOINTS: list[tuple[str, str, Answer]] = [
    ("embeddings", "POST", openai_answers.embeddings),
    ("responses", "POST", openai_answers.response),
    ("models", "GET", openai_answers.models),
]
PAGE_PATH = "/inflight-lab/"
MAX_ROWS = 12
"""How many clients the page names: those that sent most."""
PAGE_FOLDER = Path(__file__).with_name("page")
PLOT_FOLDER = Path(inflight_lab.plot.__file__).parent
STAGE_FOLDER = PLOT_FOLDER.parent / "stage"
"""Holds the scripts that draw the plot."""


class Page(PracticeServer):
    """Serves the plot at ``PAGE_PATH``, and practice answers everywhere else.

    Nothing else may read ``source``.  ``title`` stands at the top, and ``clients``
    returns what was sent by which library.  ``conclusion`` is set when the script has
    ended: it is the last that a page gets, and then ``done`` is set.  ``readers`` has a
    queue for each page that is open.

    Without a ``dialect`` among the ``knobs``, it takes the dialect of the first host
    whose dialect it knows: ``imitated_host``.
    """

    def __init__(
        self,
        source: PlotSource,
        title: str,
        *,
        clients: Callable[[], Sequence[ClientRow]] = tuple,
        port: int = 0,
        **knobs: Any,
    ) -> None:
        super().__init__(port=port, **knobs)
        self.imitated_host = ""
        self._chooses_dialect = "dialect" not in knobs
        self.conclusion: Conclusion | None = None
        self.done = threading.Event()
        self.readers = set[asyncio.Queue[Message]]()
        self._source = source
        self._clients = clients
        self._run = Run()
        self._title = title

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        return f"http://{LOOPBACK}:{self.port}{PAGE_PATH}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, which may say which host was asked."""
        headers = MutableHeaders(scope=scope)
        host = headers.get(HOST_HEADER, "")
        del headers[HOST_HEADER]  # an answer repeats what the script sent, and no more
        if self._chooses_dialect and dialect_of(host):
            self._chooses_dialect = False
            self.dialect = dialect_of(host)
            self.imitated_host = host
        await super().__call__(scope, receive, send)

    def routes(self) -> list[BaseRoute]:
        """The page and its files, and practice answers on all other paths."""
        return [
            Route(PAGE_PATH, self._home),
            Route(PAGE_PATH + "events", self._events),
            # Where they lie in the package, so that one finds the other.
            Mount(PAGE_PATH + "watch/page", StaticFiles(directory=PAGE_FOLDER)),
            Mount(PAGE_PATH + "plot", StaticFiles(directory=PLOT_FOLDER)),
            Mount(PAGE_PATH + "stage", StaticFiles(directory=STAGE_FOLDER)),
            *self.chat_routes(),
            # Other services serve chats in OpenAI's form on paths of their own.
            Route("/chat/completions", self.chat, methods=["POST"]),
            Route("/{service:path}/chat/completions", self.chat, methods=["POST"]),
            *self._openai_routes(),
            Mount("/", request_response(self.get)),
        ]

    def _openai_routes(self) -> list[BaseRoute]:
        """What else its clients ask for, on the paths of any service that serves it."""
        routes: list[BaseRoute] = []
        for end, method, answer in OPENAI_ENDPOINTS:
            endpoint = partial(self._answer_in_form, answer)
            for path in (f"/v1/{end}", f"/{{service:path}}/v1/{end}"):
                routes.append(Route(path, endpoint, methods=[method]))
        return routes

    async def _answer_in_form(self, answer: Answer, request: Request) -> Response:
        body = await request.body()
        try:
            asked = json.loads(body or b"{}")
            content = answer(asked)
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"unreadable request: {error!r}"}, 400)
        return await self._serve(request, JSONResponse(content))

    async def _home(self, _: Request) -> Response:
        return FileResponse(PAGE_FOLDER / "index.html")

    async def _events(self, _: Request) -> Response:
        lines = (f"data: {json.dumps(each)}\n\n" async for each in self.messages())
        return StreamingResponse(lines, media_type="text/event-stream")

    async def messages(self) -> AsyncIterator[Message]:
        """All there is for a page that opens, then what is new.

        The last one has the conclusion.
        """
        queue = asyncio.Queue[Message]()
        conclusion = None
        try:
            while conclusion is None:
                # Before the last reading, so that nothing is missed.
                conclusion = self.conclusion
                self._read_for_all()
                if queue not in self.readers:
                    # All there is has what was just read, too.
                    so_far = to_columns(for_late_view(self._run))
                    queue.put_nowait({"reset": True, "run": so_far})
                    self.readers.add(queue)
                while not queue.empty():
                    message = queue.get_nowait()
                    is_last = queue.empty()
                    yield self._for_page(message, conclusion if is_last else None)
                await asyncio.sleep(UPDATE)
            self.done.set()
        finally:
            self.readers.discard(queue)

    def _for_page(self, message: Message, conclusion: Conclusion | None) -> Message:
        return {
            **message,
            "run": message["run"] | {"live": conclusion is None},
            "title": self._title,
            "clients": [row.for_page() for row in self._clients()[:MAX_ROWS]],
            "conclusion": conclusion and conclusion.for_page(),
        }

    def _read_for_all(self) -> None:
        news = self._source.read()
        self._run.append(news)
        for reader in self.readers:
            reader.put_nowait({"run": to_columns(news)})

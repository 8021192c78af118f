"""A real HTTP server to practise on, on a socket or in a page."""

import sys
from typing import Any, ClassVar, Self

from inflight_lab.lesson.arguments import check
from inflight_lab.lesson.cells import closed_on_rerun
from inflight_lab.lesson.server.app import LOOPBACK, PracticeApp

if sys.platform == "emscripten":  # in a browser page
    from inflight_lab.lesson.server.in_page import PageListener as Listener
else:
    from inflight_lab.lesson.server.socket import Listener


class PracticeServer(PracticeApp):
    """A real HTTP server on a loopback port, in a thread of this process.

    >>> with PracticeServer(latency=0.3, quota="sliding-window", rate=100) as server:
    ...     httpx.get(server.url)

    ``async with`` works as well, and so do ``start()`` and ``stop()``; at the latest it
    ends with the process.  The knobs (`Knobs` lists them with their units and defaults)
    can be set while it runs.  With a ``rate`` and no ``quota``, the quota is a sliding
    window.  ``seed`` makes the latencies repeatable.  ``port`` 0 takes any free one.
    In a browser page, the port exists inside that page's Python only.

    ``dialect`` names the API whose refusals it sends; default: those of the standard
    for RateLimit headers.  The error for an unknown name lists them all:

    >>> PracticeServer(quota="fixed-window", rate=60, period=60, dialect="github")

    With ``exhausted=True`` every answer is a refusal, and no wait will help.

    It answers ``GET /get``, and chat requests as OpenAI's API does
    (``POST /v1/chat/completions``).

    Once it runs, clients use no proxy for this machine.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, ``OSError`` from
    ``start`` for a taken port.
    """

    listen: ClassVar[Any] = Listener
    """Serves an app at a port from when it is made until its ``close()``."""
    _listener: Any = None

    def __init__(self, *, port: int = 0, seed: int | None = None, **knobs: Any) -> None:
        check("port", port)
        check("seed", seed, or_none=True)
        super().__init__(seed=seed, **knobs)
        self.port = port

    @property
    def url(self) -> str:
        """Where to send the requests: the counterpart of ``https://httpbin.org/get``."""
        return f"http://{LOOPBACK}:{self.port}/get"

    @property
    def running(self) -> bool:
        """Whether it serves now."""
        return self._listener is not None

    def start(self) -> Self:
        """Serve from now on.  Does nothing if it serves already."""
        if not self.running:
            self._listener = self.listen(self, self.port)
            self.port = self._listener.port
            closed_on_rerun(self.stop)
        return self

    def stop(self) -> None:
        """Close the port and every connection, and wait until that is done.

        Does nothing if it has stopped already.
        """
        if self._listener:
            self._listener.close()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        self.stop()

"""The live plot: a widget that is sent only what is new."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import anywidget
from IPython.display import DisplayHandle, display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.jupyter.kernel_messages import hear_where_the_page_says
from inflight_lab.jupyter.widgets import close_parts
from inflight_lab.observation.timeline import Timeline
from inflight_lab.observation.transport import ObservedTransport
from inflight_lab.plot.drawing import draw_recording
from inflight_lab.plot.points import Recorder, Rules

UPDATE = 0.05
"""Seconds between two messages to the page."""


class Observed(Protocol):
    """What has a timeline of the client's requests: an `ObservedTransport`, for one."""

    timeline: Timeline


class Counting(Observed, Protocol):
    """What counts requests by a quota: a `PracticeServer`, for one."""

    quota: str
    rate: float
    period: float

    @property
    def most_at_once(self) -> int:
        """How many requests the quota lets in together, after a rest."""


class Plot(anywidget.AnyWidget):
    """What ``recorder`` reads, as it happens: requests in flight, waiting, refused and per period.

    Points are sent from a thread, so the plot moves while a cell awaits and while one blocks.  Each
    finished recording also leaves a plain picture, which stays in a saved or exported notebook.
    """

    _esm = Path(__file__).with_name("live_plot.js")
    _css = Path(__file__).with_name("live_plot.css")

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self._live = False
        self._sending = threading.Lock()  # one message at a time, so that none overtakes another
        self._picture: DisplayHandle | None = None
        self._sender: _ThreadedSender | _TaskSender | None = None
        hear_where_the_page_says(self)
        self.on_msg(lambda *_: self._send_all())
        closed_on_rerun(self.close)

    def start(self, *, numbered: bool = False) -> None:
        """Begin a new recording at time 0, and send it as it grows.  A running one is stopped first.

        ``numbered`` writes its number at every request: for runs slow enough to follow one.
        """
        self.stop()
        self.recorder.reset(numbered=numbered)
        self._live = True
        self._send_all()
        sender = _TaskSender if sys.platform == "emscripten" else _ThreadedSender
        self._sender = sender(self.send_new)

    def stop(self) -> None:
        """End the recording and leave its picture in the notebook.  Does nothing if there is none."""
        if self._sender:
            self._sender.stop()
            self._sender, self._live = None, False
            self.send_new()
            self.recorder.end()
            if self._picture:
                self._picture.update(draw_recording(self.recorder))

    def close(self) -> None:
        """Stop, and take the plot off the page."""
        if hasattr(self, "recorder"):  # else it was never made
            self.stop()
        close_parts(self)
        super().close()

    def clear(self) -> None:
        """Forget the recording: an empty plot."""
        self.stop()
        self.recorder.reset()
        self._send_all()

    def set_limit(self, limit: int) -> None:
        """Draw the limit at ``limit`` from now on.  Raises an error unless it is finite, 0 or more."""
        self.recorder.set_limit(limit)
        if self._live:
            self.send_new()

    def send_new(self) -> None:
        """Send what happened since the last message."""
        with self._sending:
            self._post(self.recorder.read())

    def _send_all(self) -> None:
        with self._sending:
            if self._live:
                self.recorder.read()
            self._post(self.recorder.everything(), reset=True)

    def _post(self, message: dict[str, Any], **more: Any) -> None:
        self.send(message | self.recorder.status() | {"live": self._live} | more)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _ipython_display_(self) -> None:
        display((self._repr_mimebundle_() or [{}])[0], raw=True)
        self.show_picture()

    def show_picture(self) -> None:
        """Display the plain picture here, and again after each recording, in the same place."""
        self._picture = display(draw_recording(self.recorder), display_id=True)


class _ThreadedSender:
    """Calls ``send_new`` every `UPDATE` seconds, from a thread of its own."""

    def __init__(self, send_new: Callable[[], None]) -> None:
        self._send_new, self._stopped = send_new, threading.Event()
        # With the starter's context: some kernels look there for the cell that a message belongs to.
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="live-plot", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(UPDATE):
            self._send_new()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


class _TaskSender:
    """The same where there are no threads: in the browser build."""

    def __init__(self, send_new: Callable[[], None]) -> None:
        self._send_new = send_new
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(UPDATE)
            self._send_new()

    def stop(self) -> None:
        self._task.cancel()


class LivePlot(Plot):
    """The plot of what ``server`` counts and, beside it, of what ``client`` sees.

    ``server`` is a `PracticeServer`, ``client`` an `ObservedTransport`; one of the two is enough, and a
    transport alone may stand first: ``LivePlot(transport)``.  Show the plot in a cell, then send requests
    inside ``with plot:``.

    >>> plot = LivePlot(server)
    >>> display(plot)
    >>> with plot:
    ...     await naive.make_many_requests(server.url, 200)

    Raises ``TypeError`` if neither is given, or something without a timeline.
    """

    def __init__(
        self, server: Counting | ObservedTransport | None = None, client: Observed | None = None
    ) -> None:
        if isinstance(server, ObservedTransport):
            if client is not None:
                raise TypeError(f"server must be a PracticeServer where there is a client, got {server!r}")
            server, client = None, server
        for name, given in (("server", server), ("client", client)):
            if given is not None and not isinstance(getattr(given, "timeline", None), Timeline):
                raise TypeError(f"{name} must have a timeline, as a PracticeServer has, got {given!r}")
        super().__init__(
            Recorder(
                server.timeline if server else None,
                client.timeline if client else None,
                lambda: rules_of(server),
            )
        )


def rules_of(server: Counting | None) -> Rules | None:
    """How ``server`` counts now, if it does."""
    if server is None or server.quota == "none":
        return None
    return Rules(server.quota, server.rate, server.period, server.most_at_once)

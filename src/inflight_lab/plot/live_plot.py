"""The live plot: a feed sends what is new, and a widget hands it to the page."""

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any, Protocol, Self
from uuid import uuid4

import anywidget
import traitlets
from IPython.display import DisplayHandle, display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.observation.timeline import Timeline
from inflight_lab.observation.transport import ObservedTransport
from inflight_lab.plot.drawing import Picture, draw_recording
from inflight_lab.plot.modules import joined
from inflight_lab.plot.points import UPDATE, Message, PlotSource

HERE = Path(__file__).parent


class Observed(Protocol):
    """What has a timeline of requests: a `PracticeServer`, or an `ObservedTransport`."""

    timeline: Timeline


class Feed:
    """Has ``post`` send what ``recorder`` reads, as it happens.

    Points are sent from a thread, so the picture moves while a cell awaits and while
    one blocks.  Each finished recording also leaves a plain picture, which stays in a
    saved or exported notebook.
    """

    def __init__(
        self, recorder: PlotSource, post: Callable[[Message], None], name: str = ""
    ) -> None:
        self.recorder, self._post, self._name = recorder, post, name
        self._sending = (
            threading.Lock()
        )  # one message at a time, so that none overtakes another
        self._mark = f"ifl-{uuid4().hex}"  # by which the page finds the plain picture, to hide it
        self._picture: DisplayHandle | None = None
        self._end_sending: Callable[[], object] | None = None
        recorder.end()  # until `start`

    def start(self, *, numbered: bool = False) -> None:
        """Begin a new recording at time 0, and send it as it grows.  A running one is stopped first.

        ``numbered`` writes its number at every request: for runs slow enough to follow
        one.
        """
        self.stop()
        self.recorder.reset(numbered=numbered)
        self.send_all()
        self._end_sending = every(UPDATE, self.send_new)

    def stop(self) -> None:
        """End the recording and leave its picture in the notebook.  Does nothing if there is none."""
        if self._end_sending:
            self._end_sending()
            self._end_sending = None
            with self._sending:
                news = self.recorder.read()
                self.recorder.end()
                self._post(news | self.recorder.status())
            if self._picture:
                self._picture.update(self._drawn())

    def clear(self) -> None:
        """Forget the recording: an empty plot."""
        self.stop()
        self.recorder.reset()
        self.recorder.end()
        self.send_all()

    def set_limit(self, limit: int) -> None:
        """Draw the limit at ``limit`` from now on.  Raises an error unless it is finite, 0 or more."""
        self.recorder.set_limit(limit)

    def send_new(self) -> None:
        """Send what happened since the last message."""
        with self._sending:
            self._post(self.recorder.read())

    def send_all(self) -> None:
        """Send all there is so far, for a view that has just opened."""
        with self._sending:
            self._post(
                self.recorder.everything() | {"reset": True, "picture": self._mark}
            )

    def show_picture(self) -> None:
        """Display the plain picture here, and again after each recording, in the same place."""
        self._picture = display(self._drawn(), display_id=True)

    def _drawn(self) -> Picture:
        return draw_recording(
            self.recorder.everything(), mark=self._mark, name=self._name
        )


class Shown(anywidget.AnyWidget):
    """A widget whose page draws what ``feeds`` send: one for each lane."""

    view = traitlets.Enum(
        ("both", "requests", "lines"),
        "both",
        help="What is drawn: each request, lines over time, or both.",
    ).tag(sync=True)

    def __init__(self, feeds: Sequence[Feed], **traits: Any) -> None:
        super().__init__(**traits)
        self._feeds = feeds
        self.on_msg(lambda _, message, __: self._hear(message))
        closed_on_rerun(self.close)

    def close(self) -> None:
        """Stop, and take it off the page."""
        if hasattr(
            self, "_feeds"
        ):  # ipywidgets also closes what was refused and never made
            self.stop()
            for feed in self._feeds:
                feed.stop()
            self.layout.close()  # which ipywidgets would keep for good
        super().close()

    def stop(self) -> None:
        """End what runs, if anything does."""
        raise NotImplementedError

    def _hear(self, message: Message) -> None:
        if "hello" in message:
            for feed in self._feeds:
                feed.send_all()

    def _ipython_display_(self) -> None:
        data, metadata = self._repr_mimebundle_() or ({}, {})
        display(data, metadata=metadata, raw=True)
        for feed in self._feeds:
            feed.show_picture()


class Plot(Feed, Shown):
    """What ``recorder`` reads, as it happens: requests in flight, waiting, refused and per period."""

    _esm = joined(HERE / "js" / "live_plot.js")
    _css = HERE / "live_plot.css"

    def __init__(self, recorder: PlotSource) -> None:
        Feed.__init__(self, recorder, lambda message: self.send(message))
        Shown.__init__(self, [self])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def every(seconds: float, call: Callable[[], object]) -> Callable[[], object]:
    """Call ``call`` every so many seconds, from a thread of its own; returns what ends that."""
    stopped = threading.Event()

    def repeat() -> None:
        while not stopped.wait(seconds):
            call()

    def stop() -> None:
        stopped.set()
        thread.join()

    async def repeat_in_page() -> None:
        while True:
            await asyncio.sleep(seconds)
            call()

    if sys.platform == "emscripten":  # where there are no threads
        return asyncio.get_running_loop().create_task(repeat_in_page()).cancel
    # With the starter's context: some kernels look there for the cell that a message
    # belongs to.
    run = copy_context().run
    thread = threading.Thread(target=run, args=(repeat,), name="live-plot", daemon=True)
    thread.start()
    return stop


class LivePlot(Plot):
    """The plot of what ``server`` counts and, beside it, of what ``client`` sees.

    ``server`` is a `PracticeServer`, ``client`` an `ObservedTransport`; one of the two
    is enough, and a transport alone may stand first: ``LivePlot(transport)``.  Show the
    plot in a cell, then send requests inside ``with plot:``.

    >>> plot = LivePlot(server)
    >>> display(plot)
    >>> with plot:
    ...     await naive.make_many_requests(server.url, 200)

    Raises ``TypeError`` if neither is given, or something without a timeline.
    """

    def __init__(
        self, server: Observed | None = None, client: Observed | None = None
    ) -> None:
        if isinstance(server, ObservedTransport):
            if client is not None:
                raise TypeError(
                    f"client must be None after a transport, got {client!r}"
                )
            server, client = None, server
        for name, given in (("server", server), ("client", client)):
            if given is not None and not isinstance(
                getattr(given, "timeline", None), Timeline
            ):
                raise TypeError(
                    f"{name} must have a timeline, as a PracticeServer has, got {given!r}"
                )
        counted, seen = (
            server.timeline if server else None,
            client.timeline if client else None,
        )
        super().__init__(
            PlotSource(counted, seen, lambda: getattr(server, "quota_policy", None))
        )

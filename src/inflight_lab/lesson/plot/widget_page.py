"""Sends the runs of a widget to its page as they grow, and shows their picture."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import anywidget
from IPython.display import display

from inflight_lab.lesson.cells import closed_on_rerun
from inflight_lab.lesson.plot.plain_picture import Expected, PlainPicture
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.runs.columns import to_columns
from inflight_lab.lesson.runs.run import Run

UPDATE = 0.05
"""Seconds between two messages to a page."""

Message = dict[str, Any]
"""What a page is sent.  ``run`` has the columns of the news or, with ``reset``, of the
whole run.  ``number`` tells a page whether it has this run already, and ``picture`` is
the class of the plain picture that the page hides."""

Post = Callable[[Message], None]


class Feed:
    """Appends what ``source`` reads to its ``run``, and has ``post`` send it.

    It sends from a thread, so the plot moves while a cell awaits, and also while a cell
    blocks.  It draws the plain ``picture`` again when a run has ended.
    """

    def __init__(self, source: PlotSource, post: Post, picture: PlainPicture) -> None:
        self.source = source
        self.run = Run()
        self._number = 0
        self._post = post
        self._picture = picture
        # No message overtakes another, or comes half way through a beginning.
        self._sending = threading.Lock()
        self._end_sending: Callable[[], object] | None = None
        source.end()  # until `start`

    def start(self, *, unlimited: bool = False) -> None:
        """Begin a new run at time 0, and send it as it grows.

        A run that goes on is stopped first.  ``unlimited``: the run has no limit.
        """
        self.stop()
        with self._sending:
            self.source.begin(unlimited=unlimited)
            self._forget_run()
            self.run.append(self.source.read())
            self._post_all()
        self._end_sending = _repeat_every(UPDATE, self.send_new)

    def stop(self) -> None:
        """End the run.  Does nothing if none goes on."""
        if self._end_sending is None:
            return
        self._end_sending()
        self._end_sending = None
        with self._sending:
            self._append_and_post(self.source.end())
        self._picture.update()

    def clear(self) -> None:
        """Forget the run: an empty plot."""
        self.stop()
        with self._sending:
            self._forget_run()
            self._post_all()

    def send_new(self) -> None:
        """Send what happened since the last message."""
        with self._sending:
            self._append_and_post(self.source.read())

    def send_all(self) -> None:
        """Send the run so far, to a view that has just opened."""
        with self._sending:
            self._post_all()

    def _forget_run(self) -> None:
        self.run = Run()
        self._number += 1

    def _post_all(self) -> None:
        message = {
            "reset": True,
            "run": to_columns(self.run),
            "number": self._number,
            "picture": self._picture.mark,
        }
        self._post(message)

    def _append_and_post(self, news: Run) -> None:
        self.run.append(news)
        self._post({"run": to_columns(news)})


class WidgetPage:
    """The page that shows a ``widget``: a feed for each lane, and one plain picture.

    ``expected`` returns the runs that the picture shows until something has run.
    """

    def __init__(self, widget: anywidget.AnyWidget, expected: Expected = dict) -> None:
        self.feeds: dict[str, Feed] = {}
        self.picture = PlainPicture(self.runs, expected)
        self._widget = widget
        widget.on_msg(lambda _, message, __: self._hear(message))
        closed_on_rerun(widget.close)

    def add_feed(self, source: PlotSource, name: str = "") -> Feed:
        """Add a feed for ``source``, and return it."""
        lane = len(self.feeds)

        def post(message: Message) -> None:
            self._widget.send(message | {"lane": lane})

        feed = Feed(source, post, self.picture)
        self.feeds[name] = feed
        return feed

    def runs(self) -> dict[str, Run]:
        """The runs of the feeds, by name."""
        return {name: feed.run for name, feed in self.feeds.items()}

    def show(self) -> None:
        """Display the widget and, where no page draws it, the plain picture."""
        data, metadata = self._widget._repr_mimebundle_() or ({}, {})
        display(data, metadata=metadata, raw=True)
        self.picture.show()

    def close(self) -> None:
        """Send nothing more."""
        for feed in self.feeds.values():
            feed.stop()
        self._widget.layout.close()  # which ipywidgets would keep for good

    def _hear(self, message: dict[str, Any]) -> None:
        """A view that has just opened says hello, perhaps in another thread."""
        if "hello" in message:
            for feed in self.feeds.values():
                feed.send_all()


def _repeat_every(seconds: float, call: Callable[[], object]) -> Callable[[], object]:
    """Call ``call`` again and again, from a thread; returns a function that ends this.

    In a page, which has no threads, a task does it.
    """
    if sys.platform == "emscripten":
        return _repeat_in_task(seconds, call)
    return _repeat_in_thread(seconds, call)


def _repeat_in_task(seconds: float, call: Callable[[], object]) -> Callable[[], object]:
    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            call()

    return asyncio.get_running_loop().create_task(repeat()).cancel


def _repeat_in_thread(
    seconds: float, call: Callable[[], object]
) -> Callable[[], object]:
    stopped = threading.Event()

    def repeat() -> None:
        while not stopped.wait(seconds):
            call()

    def stop() -> None:
        stopped.set()
        thread.join()

    # With the starter's context: some kernels look there for the cell that a message
    # belongs to.
    run = copy_context().run
    thread = threading.Thread(target=run, args=(repeat,), name="live-plot", daemon=True)
    thread.start()
    return stop

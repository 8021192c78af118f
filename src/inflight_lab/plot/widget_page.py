"""What a widget has on a page: its runs, live and as a plain picture."""

from typing import Any

import anywidget
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.plot.feed import Feed, Message
from inflight_lab.plot.plain_picture import Expected, PlainPicture
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.run import Run


class WidgetPage:
    """Where a ``widget`` is shown: what its feeds send, and what a person does there.

    ``expected`` returns what the plain picture shows until something has run.
    """

    def __init__(self, widget: anywidget.AnyWidget, expected: Expected = dict) -> None:
        self.feeds: dict[str, Feed] = {}
        self.picture = PlainPicture(self.runs, expected)
        self._widget = widget
        widget.on_msg(lambda _, message, __: self._hear(message))
        closed_on_rerun(widget.close)

    def add_feed(self, source: PlotSource, name: str = "") -> Feed:
        """A feed of what ``source`` reads, beside those that are there."""
        lane = len(self.feeds)

        def post(message: Message) -> None:
            self._widget.send(message | {"lane": lane})

        feed = Feed(source, post, self.picture)
        self.feeds[name] = feed
        return feed

    def runs(self) -> dict[str, Run]:
        """What the feeds have sent, by name."""
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

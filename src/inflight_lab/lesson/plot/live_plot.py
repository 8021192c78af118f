"""The live plot of the requests that a server counts or a client sends."""

from typing import Protocol, Self

import anywidget

from inflight_lab.lesson.plot.modules import PAGE, PRESENTABLE, script, style
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.plot.widget_page import WidgetPage
from inflight_lab.lesson.runs.run import Run
from inflight_lab.lesson.runs.terms import Terms
from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.runs.transport import ObservedTransport


class Observed(Protocol):
    """Something that counts requests, such as a `PracticeServer`."""

    timeline: Timeline

    @property
    def terms(self) -> Terms:
        """The terms of its API."""


class Plot(anywidget.AnyWidget):
    """Plots live what ``source`` reads: requests waiting, in flight and refused."""

    _esm = script(PAGE / "live_plot.js")
    _css = style(*PRESENTABLE)

    _page: WidgetPage | None = None

    def __init__(self, source: PlotSource) -> None:
        super().__init__()
        self._page = WidgetPage(self)
        self.feed = self._page.add_feed(source)

    @property
    def run(self) -> Run:
        """The run that is shown, as data."""
        return self.feed.run

    def start(self) -> None:
        """Begin a new run at time 0.  One that goes on is stopped first."""
        self.feed.start()

    def stop(self) -> None:
        """End the run and leave its picture in the notebook.

        If it has ended already, the picture is drawn again, for front ends that only
        show what this cell sends.
        """
        if self.run.live:
            self.feed.stop()
        elif self._page:
            self._page.picture.update()

    def close(self) -> None:
        """Stop, and take it off the page."""
        if self._page:
            self._page.close()
        super().close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ipython_display_(self) -> None:
        assert self._page
        self._page.show()


class LivePlot(Plot):
    """Plots live what ``observed`` counts: a `PracticeServer`.

    Show the plot in a cell, then send requests inside ``with plot:``.

    >>> plot = LivePlot(server)
    >>> display(plot)
    >>> with plot:
    ...     await naive.make_many_requests(server.url, 20)

    ``count`` says how many requests you ask for.  The server cannot know that: it sees
    only those that come, and takes a retry for another request.  An `ObservedTransport`
    instead of a server shows what your own client sends.

    Raises ``TypeError`` for anything else.
    """

    def __init__(
        self, observed: Observed | ObservedTransport, *, count: int = 0
    ) -> None:
        timeline = getattr(observed, "timeline", None)
        if not isinstance(timeline, Timeline):
            raise TypeError(
                "observed must have a timeline, as a PracticeServer has, "
                f"got {observed!r}"
            )
        if isinstance(observed, ObservedTransport):
            source = PlotSource(None, timeline, count=count)
        else:
            source = PlotSource(timeline, None, lambda: observed.terms, count=count)
        super().__init__(source)

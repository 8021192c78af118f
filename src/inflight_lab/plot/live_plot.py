"""The live plot: what a server counts and what a client sees, as it happens."""

from typing import Protocol, Self

import anywidget

from inflight_lab.observation.timeline import Timeline
from inflight_lab.observation.transport import ObservedTransport
from inflight_lab.plot.modules import PAGE, script, style
from inflight_lab.plot.source import PlotSource
from inflight_lab.plot.widget_page import WidgetPage
from inflight_lab.runs.run import Run
from inflight_lab.runs.terms import Terms


class Observed(Protocol):
    """What has a timeline: a `PracticeServer`, or an `ObservedTransport`."""

    timeline: Timeline


class Plot(anywidget.AnyWidget):
    """What ``source`` reads, as it happens: requests waiting, in flight, refused."""

    _esm = script(PAGE / "live_plot.js")
    _css = style()

    _page: WidgetPage | None = None

    def __init__(self, source: PlotSource) -> None:
        super().__init__()
        self._page = WidgetPage(self)
        self.feed = self._page.add_feed(source)

    @property
    def run(self) -> Run:
        """The run that is shown: what happened in it, as data."""
        return self.feed.run

    def start(self) -> None:
        """Begin a new run at time 0.  One that goes on is stopped first."""
        self.feed.start()

    def stop(self) -> None:
        """End the run and leave its picture in the notebook.

        Once more where it has ended: a front end that hears only this cell has it, too.
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
    """Plots live what ``server`` counts and, beside it, what ``client`` sees.

    ``server`` is a `PracticeServer`, ``client`` an `ObservedTransport`; one of the two
    is enough.  A transport alone can be the first argument:
    ``LivePlot(transport)``.  Show the plot in a cell, then send requests inside
    ``with plot:``.

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

        source = PlotSource(
            _timeline_of("server", server),
            _timeline_of("client", client),
            lambda: getattr(server, "terms", Terms()),
        )
        super().__init__(source)


def _timeline_of(name: str, observed: Observed | None) -> Timeline | None:
    if observed is None:
        return None
    timeline = getattr(observed, "timeline", None)
    if not isinstance(timeline, Timeline):
        raise TypeError(
            f"{name} must have a timeline, as a PracticeServer has, got {observed!r}"
        )
    return timeline

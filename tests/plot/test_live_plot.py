"""The live plot without a page: what it sends, and when."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from inflight_lab import LivePlot, ObservedTransport, PracticeServer
from tests.support.virtual_clock import SetClock


class Page:
    """Stands for the page: hears what the plot sends, and says hello as a new view
    does.
    """

    def __init__(self, plot: LivePlot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plot = plot
        self.heard: list[dict[str, Any]] = []
        # As it is now: what goes to a page is written down at once.
        monkeypatch.setattr(
            plot, "send", lambda message: self.heard.append(deepcopy(message))
        )

    def hello(self) -> dict[str, Any]:
        """The answer to a view that has just opened."""
        self.plot._handle_custom_msg({"hello": True}, [])
        return self.heard[-1]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def idle(clock: SetClock) -> PracticeServer:
    """A server that is not started; a test writes its timeline."""
    server = PracticeServer(quota="sliding-window", rate=100)
    server.timeline.clock = clock
    return server


def test_a_finished_recording_stays_what_it_was(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is reloaded long after the run shows the run, not what came later and
    not nothing.
    """
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        clock.now = 1
        idle.timeline.answer(idle.timeline.send(), 200)
    clock.now = 1000
    idle.timeline.answer(idle.timeline.send(), 429)
    shown = page.hello()
    assert shown["series"]["server"] == [[1, 0, 1, 0]]
    assert (shown["now"], shown["live"], shown["reset"]) == (1, False, True)
    assert (shown["counts"]["started"], shown["counts"]["refused"]) == (1, 0)
    plot.clear()
    assert page.hello()["series"]["server"] == []
    plot.close()


def test_a_transport_alone_may_stand_first() -> None:
    """It is drawn as the client that it is, with no server beside it."""
    transport = ObservedTransport()
    for plot in (LivePlot(transport), LivePlot(client=transport)):
        assert plot.recorder.client is transport.timeline
        assert plot.recorder.server is None
        plot.close()


def test_every_new_point_is_sent_and_a_view_that_comes_late_gets_all(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The messages of a run together are its history, which is what a later view is
    sent.
    """
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        for step in range(1, 20):
            clock.now = step / 10
            idle.timeline.answer(idle.timeline.send(), 429 if step % 2 else 200)
            plot.set_limit(step)
    assert "reset" in page.heard[0]
    sent = [message["series"] for message in page.heard[1:]]
    for name in ("server", "limit", "refused", "quota", "rate"):
        assert plot.recorder.history[name]
        assert [
            point for series in sent for point in series.get(name, [])
        ] == plot.recorder.history[name]
        assert page.hello()["series"][name] == plot.recorder.history[name]
    assert len(plot.recorder.history["limit"]) == 19
    plot.close()


def test_no_limit_is_drawn_while_nothing_runs(
    idle: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a recording the plot takes nothing up, neither a limit nor what the
    server sees.
    """
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    idle.timeline.send()
    plot.set_limit(5)
    shown = page.hello()
    assert [points for points in shown["series"].values() if points] == []
    plot.close()


def test_a_plot_of_a_client_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a practice server the client's side is enough; without both there is
    nothing to draw.
    """
    transport = ObservedTransport()
    plot = LivePlot(client=transport)
    page = Page(plot, monkeypatch)
    with plot:
        transport.timeline.answer(transport.timeline.send(), 503)
    shown = page.hello()
    assert (len(shown["series"]["client"]), shown["series"]["quota"]) == (1, [])
    assert (shown["counts"]["refused"], shown["counts"]["in_flight"]) == (1, 0)
    plot.close()
    with pytest.raises(TypeError, match="server or client must have a timeline"):
        LivePlot()
    with pytest.raises(TypeError, match="client must be None after a transport"):
        LivePlot(transport, transport)


@pytest.mark.parametrize(
    "arguments", [{"server": "http://127.0.0.1:8000"}, {"client": 3}]
)
def test_what_has_no_timeline(arguments: dict[str, Any]) -> None:
    """Something else in place of a server or a client is refused by name."""
    (name,) = arguments
    with pytest.raises(TypeError, match=f"{name} must have a timeline"):
        LivePlot(**arguments)

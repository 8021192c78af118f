"""The live plot without a page: what it sends, and when."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from inflight_lab import LivePlot, ObservedTransport, PracticeServer
from inflight_lab.runs.run import Run
from tests.support.columns import from_columns
from tests.support.panels import say
from tests.support.virtual_clock import SetClock

PERIOD = 20.0


class Page:
    """Stands for the page: it keeps what it is sent, and says hello as a new view."""

    def __init__(self, plot: LivePlot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plot = plot
        self.messages: list[dict[str, Any]] = []
        monkeypatch.setattr(plot, "send", self.messages.append)

    def hello(self) -> Run:
        """The answer to a view that has just opened."""
        say(self.plot, {"hello": True})
        answer = self.messages[-1]
        assert answer["reset"]
        assert answer["picture"].startswith("ifl-")
        return from_columns(answer["run"])

    def put_together(self) -> Run:
        """The run as a page has it that has been there from the start."""
        first, *others = self.messages
        assert first["reset"]
        run = from_columns(first["run"])
        for message in others:
            assert "reset" not in message
            run.append(from_columns(message["run"]))
        return run


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def idle(clock: SetClock) -> PracticeServer:
    """A server that is not started; a test writes its timeline."""
    server = PracticeServer(quota="sliding-window", rate=70, period=PERIOD)
    server.timeline.clock = clock
    return server


def test_each_run_has_a_number(
    idle: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By it a view knows what it has already, when another one opens; before the first
    run there is nothing, whatever the server sees.
    """
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    idle.timeline.send()
    assert page.hello() == Run()
    for _ in range(2):
        with plot:
            page.hello()
    numbers = [message["number"] for message in page.messages if "reset" in message]
    assert numbers == [0, 1, 1, 2, 2]


def test_a_page_gets_every_row_once(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All messages together are the run, which is what a later view is sent.  The first
    says that it goes on, the last that it does not.
    """
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        for step in range(1, 20):
            clock.now = step / 10
            idle.timeline.answer(idle.timeline.send(), 429 if step % 2 else 200)
            plot.feed.source.set_limit(step)
    run = page.put_together()
    assert run == plot.run == page.hello()
    assert len(run.events) == 3 * 19
    assert len(run.levels["limit"]) == 19
    assert len(run.terms) == 1
    assert (run.counts.accepted, run.counts.refused) == (9, 10)
    assert (page.messages[0]["run"]["live"], run.live) == (True, False)
    plot.close()


def test_a_new_run_ends_the_one_that_goes_on(idle: PracticeServer) -> None:
    """Nothing sends the first one's news any more."""
    plot = LivePlot(idle)
    for _ in range(2):
        plot.start()
    plot.stop()
    assert "live-plot" not in {thread.name for thread in threading.enumerate()}
    plot.close()


def test_a_finished_run_stays_what_it_was(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is reloaded long after shows the run, and not what came later."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        clock.now = 1
        idle.timeline.answer(idle.timeline.send(), 200)
    clock.now = 1000
    idle.timeline.answer(idle.timeline.send(), 429)
    shown = page.hello()
    assert [event.time for event in shown.events] == [1, 1, 1]
    assert (shown.now, shown.live) == (1, False)
    assert (shown.counts.started, shown.counts.refused) == (1, 0)
    plot.close()


def test_the_plain_picture_is_of_the_last_run(
    idle: PracticeServer, clock: SetClock, shown: list[dict[str, Any]]
) -> None:
    """It is drawn when the run has ended, in the place where it was displayed; and once
    more by a later cell, for a front end that hears only that one.
    """
    plot = LivePlot(idle)
    plot._ipython_display_()
    with plot:
        clock.now = 0.5
        idle.timeline.answer(idle.timeline.send(), 200)
    plot.stop()
    _, before, after, again = (output["data"]["text/plain"] for output in shown)
    assert before == "Nothing was sent yet."
    assert "1 answered" in after
    assert again == after
    plot.close()


def test_what_colab_needs_is_displayed_with_the_plot(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colab shows a widget only if its output says which manager draws it: anywidget
    says it there, and we pass it on.
    """
    colab: Any = ModuleType("google.colab.output")
    colab.enable_custom_widget_manager = lambda: None
    colab._widgets = SimpleNamespace(_installed_url="https://example.com/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    plot = LivePlot(PracticeServer())
    plot._ipython_display_()
    said = shown[0]["metadata"]["application/vnd.jupyter.widget-view+json"]
    assert said["colab"]["custom_widget_manager"]["url"].endswith("manager.js")
    plot.close()


def test_a_plot_of_a_client_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a practice server the client's side is enough, and there is no quota."""
    transport = ObservedTransport()
    plot = LivePlot(transport)
    page = Page(plot, monkeypatch)
    with plot:
        transport.timeline.answer(transport.timeline.send(), 503)
    shown = page.hello()
    assert [event.what for event in shown.events][-1] == "answered"
    assert shown.terms == []
    assert shown.counts.in_flight == 0
    plot.close()


def test_of_a_server_one_can_say_how_many_were_asked_for(
    idle: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees only what comes, so that a retry would be one more request."""
    plot = LivePlot(idle, count=2)
    page = Page(plot, monkeypatch)
    with plot:
        for status in (429, 200, 200):
            idle.timeline.answer(idle.timeline.send(), status)
    shown = page.hello()
    assert (shown.announced, shown.counts.started) == (2, 3)
    plot.close()


def test_nothing_to_draw() -> None:
    """What counts no requests is refused by name."""
    with pytest.raises(TypeError, match="observed must have a timeline"):
        LivePlot("http://127.0.0.1:8000")  # type: ignore[arg-type]

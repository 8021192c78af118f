"""The live plot without a page: what it sends, and when."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from itertools import groupby
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from inflight_lab import LivePlot, ObservedTransport, PracticeServer, Timeline
from inflight_lab.lesson.plot.plain_picture import PlainPicture
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.plot.widget_page import Feed, Message
from inflight_lab.lesson.runs.run import Run
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from tests.support.columns import from_columns
from tests.support.panels import say
from tests.support.virtual_clock import SetClock


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


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Open a page on a plot, which is closed after the test."""
    pages: list[Page] = []

    def open_one(observed: Any, **options: Any) -> Page:
        pages.append(Page(LivePlot(observed, **options), monkeypatch))
        return pages[-1]

    yield open_one
    for page in pages:
        page.plot.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def idle(clock: SetClock) -> PracticeServer:
    """A server that is not started; a test writes its timeline."""
    server = PracticeServer(quota="sliding-window", rate=70, period=20.0)
    server.timeline.clock = clock
    return server


def test_each_run_has_a_number(idle: PracticeServer, open_page: OpenPage) -> None:
    """By it a view knows what it has already, when another one opens; before the first
    run there is nothing, whatever the server sees.
    """
    page = open_page(idle)
    idle.timeline.send()
    assert page.hello() == Run()
    for _ in range(2):
        with page.plot:
            page.hello()
    numbers = [message["number"] for message in page.messages if "reset" in message]
    assert numbers == [0, 1, 1, 2, 2]


def test_a_page_gets_every_row_once(
    idle: PracticeServer, clock: SetClock, open_page: OpenPage
) -> None:
    """All messages together are the run, which is what a later view is sent, however
    the server goes on.  The first says that it goes on, the last that it does not.
    """
    page = open_page(idle)
    with page.plot as plot:
        for step in range(1, 20):
            clock.now = step / 10
            idle.timeline.answer(idle.timeline.send(), 429 if step % 2 else 200)
            plot.feed.source.set_limit(step)
    clock.now = 1000
    idle.timeline.answer(idle.timeline.send(), 429)
    run = page.put_together()
    assert run == plot.run == page.hello()
    assert len(run.events) == 3 * 19
    assert len(run.levels["limit"]) == 19
    assert len(run.terms) == 1
    assert (run.counts.accepted, run.counts.refused) == (9, 10)
    assert (page.messages[0]["run"]["live"], run.live, run.now) == (True, False, 1.9)


def test_a_new_run_ends_the_one_that_goes_on(
    idle: PracticeServer, open_page: OpenPage
) -> None:
    """Nothing sends the first one's news any more."""
    plot = open_page(idle).plot
    for _ in range(2):
        plot.start()
    plot.stop()
    assert "live-plot" not in {thread.name for thread in threading.enumerate()}


def test_the_plain_picture_is_of_the_last_run(
    idle: PracticeServer, open_page: OpenPage, shown: list[dict[str, Any]]
) -> None:
    """It is drawn when the run has ended, in the place where it was displayed; and once
    more by a later cell, for a front end that hears only that one.
    """
    plot = open_page(idle).plot
    plot._ipython_display_()
    with plot:
        idle.timeline.clock.now = 0.5  # type: ignore[attr-defined]
        idle.timeline.answer(idle.timeline.send(), 200)
    plot.stop()
    _, before, after, again = (output["data"]["text/plain"] for output in shown)
    assert before == "Nothing was sent yet."
    assert "1 answered" in after
    assert again == after


def test_what_colab_needs_is_displayed_with_the_plot(
    idle: PracticeServer,
    open_page: OpenPage,
    shown: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Colab shows a widget only if its output says which manager draws it: anywidget
    says it there, and we pass it on.
    """
    colab: Any = ModuleType("google.colab.output")
    colab.enable_custom_widget_manager = lambda: None
    colab._widgets = SimpleNamespace(_installed_url="https://example.com/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    open_page(idle).plot._ipython_display_()
    said = shown[0]["metadata"]["application/vnd.jupyter.widget-view+json"]
    assert said["colab"]["custom_widget_manager"]["url"].endswith("manager.js")


def test_what_can_be_drawn(idle: PracticeServer, open_page: OpenPage) -> None:
    """A client alone, of whose quota nobody knows; a server, of which one can say how
    many were asked for, as it sees each retry anew; and nothing without a timeline.
    """
    for observed, options in ((ObservedTransport(), {}), (idle, {"count": 2})):
        page = open_page(observed, **options)
        with page.plot:
            for status in (429, 200, 200):
                observed.timeline.answer(observed.timeline.send(), status)
        drawn = page.hello()
        assert drawn.announced == options.get("count", 0)
        assert (drawn.counts.started, drawn.counts.accepted) == (3, 2)
        assert len(drawn.terms) == len(options)
    with pytest.raises(TypeError, match="observed must have a timeline"):
        LivePlot("http://127.0.0.1:8000")  # type: ignore[arg-type]


def test_a_page_that_opens_while_a_run_begins_gets_all_of_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes the first message about a run, and no second beginning of the same; no
    news come before it.
    """
    sent: list[Message] = []
    terms = Terms(QuotaPolicy("sliding-window", 7))
    source = PlotSource(Timeline(), None, lambda: terms)
    live = Feed(source, sent.append, PlainPicture(dict))
    read = source.read

    others = [live.send_new, live.send_all]

    def read_once_others_have_sent() -> Run:
        while others:
            other = threading.Thread(target=others.pop())
            other.start()
            other.join(0.2)  # enough for one that nothing holds back
        return read()

    monkeypatch.setattr(source, "read", read_once_others_have_sent)
    live.start()
    live.stop()
    assert "reset" in sent[0]
    beginnings = [message for message in sent if "reset" in message]
    firsts = [
        next(each) for _, each in groupby(beginnings, key=lambda it: it["number"])
    ]
    assert [first["run"]["terms"][0]["quota"]["rate"] for first in firsts] == [7]

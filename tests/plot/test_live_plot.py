"""The live plot without a page: what it sends, and when."""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab import LivePlot, ObservedTransport, PracticeServer
from inflight_lab.plot import plain_picture, widget_page
from inflight_lab.runs.columns import from_columns
from inflight_lab.runs.run import Run
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
        self.plot._handle_custom_msg({"hello": True}, [])
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
            plot.feed.set_limit(step)
    run = page.put_together()
    assert run == plot.run == page.hello()
    assert len(run.events) == 3 * 19
    assert len(run.levels["limit"]) == 19
    assert len(run.terms) == 1
    assert (run.counts.accepted, run.counts.refused) == (9, 10)
    assert (page.messages[0]["run"]["live"], run.live) == (True, False)
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
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is drawn when the run has ended, in the place where it was displayed."""
    shown: list[str] = []

    class Handle:
        """A display that was given an id."""

        def update(self, data: dict[str, str], **_: object) -> None:
            """It shows something else."""
            shown.append(f"instead: {data['text/plain']}")

    def display(data: dict[str, str], **_: object) -> Handle:
        shown.append(data["text/plain"])
        return Handle()

    monkeypatch.setattr(plain_picture, "display", display)
    monkeypatch.setattr(widget_page, "display", lambda *_, **__: None)
    plot = LivePlot(idle)
    plot._ipython_display_()
    with plot:
        clock.now = 0.5
        idle.timeline.answer(idle.timeline.send(), 200)
    before, after = shown
    assert before == "Nothing was sent yet."
    assert after.startswith("instead: ")
    assert "1 answered" in after
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


def test_nothing_to_draw() -> None:
    """What counts no requests is refused by name."""
    with pytest.raises(TypeError, match="observed must have a timeline"):
        LivePlot("http://127.0.0.1:8000")  # type: ignore[arg-type]

"""The live plot without a page: what it sends, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inflight_lab import LivePlot, ObservedTransport, PracticeServer
from inflight_lab.plot.feed import HISTORY
from inflight_lab.runs.columns import from_columns
from inflight_lab.runs.recording import load
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
    """By it a view knows what it has already, when another one opens."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    for _ in range(2):
        with plot:
            page.hello()
    plot.clear()
    page.hello()
    numbers = [message["number"] for message in page.messages if "reset" in message]
    assert numbers == [1, 1, 2, 2, 3, 3]


def test_a_page_gets_every_row_once(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All messages together are the run, which is what a later view is sent."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        for step in range(1, 20):
            clock.now = step / 10
            idle.timeline.answer(idle.timeline.send(), 429 if step % 2 else 200)
            plot.set_limit(step)
    run = page.put_together()
    assert run == plot.run == page.hello()
    assert len(run.events) == 3 * 19
    assert len(run.levels["limit"]) == 19
    assert len(run.terms) == 1
    assert (run.counts.accepted, run.counts.refused) == (9, 10)
    plot.close()


def test_a_run_is_shown_as_it_begins_and_as_it_ends(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first message says that it goes on, the last that it does not."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        first = page.messages[0]["run"]
        clock.now = 1.5
    last = page.messages[-1]["run"]
    assert (first["live"], first["now"], len(first["terms"])) == (True, 0, 1)
    assert (last["live"], last["now"], last["terms"]) == (False, 1.5, [])
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
    plot.clear()
    assert page.hello() == Run()
    plot.close()


def test_a_view_that_comes_late_gets_what_is_still_to_be_seen(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The events of the last minute, and all counts."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        for second in range(1, 101):
            clock.now = second
            idle.timeline.answer(idle.timeline.send(200, quota=1), 200)
        plot.feed.send_new()
        shown = page.hello()
    oldest = 100 - HISTORY
    assert min(event.time for event in shown.events if event.what == "sent") == oldest
    assert shown.dropped["accepted"] == oldest - 1
    assert (shown.counts.accepted, shown.live) == (100, True)
    plot.close()


def test_a_second_run_has_nothing_of_the_first(
    idle: PracticeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins at 0, on a page that forgets the other."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    with plot:
        idle.timeline.send()
    page.messages.clear()
    clock.now = 50
    with plot:
        clock.now = 51
        plot.set_limit(3)
    run = page.put_together()
    assert run == plot.run
    assert (run.now, run.events) == (1, [])
    assert run.levels["limit"] == [(1, 3)]
    plot.close()


def test_nothing_is_drawn_while_nothing_runs(
    idle: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a limit nor what the server sees."""
    plot = LivePlot(idle)
    page = Page(plot, monkeypatch)
    idle.timeline.send()
    plot.set_limit(5)
    assert page.hello() == Run()
    plot.close()


def test_a_plot_of_a_client_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a practice server the client's side is enough, and there is no quota."""
    transport = ObservedTransport()
    for plot in (LivePlot(transport), LivePlot(client=transport)):
        page = Page(plot, monkeypatch)
        with plot:
            transport.timeline.answer(transport.timeline.send(), 503)
        shown = page.hello()
        assert [event.what for event in shown.events][-1] == "answered"
        assert shown.terms == []
        assert shown.counts.in_flight == 0
        plot.close()


def test_the_last_run_can_be_kept(tmp_path: Path) -> None:
    """In a file that has what the plot was drawn from; before a run there is none."""
    server = PracticeServer()
    plot = LivePlot(server)
    with pytest.raises(ValueError, match="no run to record"):
        plot.save_recording(tmp_path / "run.json")
    with plot:
        server.timeline.answer(server.timeline.send(), 200)
    plot.save_recording(tmp_path / "run.json")
    assert load(tmp_path / "run.json") == {"": plot.run}
    plot.close()


def test_nothing_to_draw() -> None:
    """Neither side, or a transport twice, is refused by name."""
    with pytest.raises(TypeError, match="server or client must have a timeline"):
        LivePlot()
    transport = ObservedTransport()
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

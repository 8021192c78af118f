"""What a page is sent of a run that grows."""

from __future__ import annotations

import threading
from itertools import groupby

import pytest

from inflight_lab import Timeline
from inflight_lab.plot.plain_picture import PlainPicture
from inflight_lab.plot.source import PlotSource
from inflight_lab.plot.widget_page import Feed, Message
from inflight_lab.runs.run import Run
from inflight_lab.runs.terms import QuotaPolicy, Terms

TERMS = Terms(QuotaPolicy("sliding-window", 7))


class InterruptedSource(PlotSource):
    """While it is read, a page opens in another thread."""

    def open_page(self) -> None:
        """Does nothing until a test says otherwise."""

    def read(self) -> Run:
        """Let the page open first."""
        page = threading.Thread(target=self.open_page)
        page.start()
        page.join(0.2)  # enough for a page that nothing holds back
        return super().read()


def test_a_page_that_opens_while_a_run_begins_gets_all_of_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes the first message about a run, and no second beginning of the same."""
    sent: list[Message] = []
    source = InterruptedSource(Timeline(), None, lambda: TERMS)
    live = Feed(source, sent.append, PlainPicture(dict))
    monkeypatch.setattr(source, "open_page", live.send_all)
    live.start()
    live.stop()
    beginnings = [message for message in sent if "reset" in message]
    firsts = [
        next(each) for _, each in groupby(beginnings, key=lambda it: it["number"])
    ]
    assert [first["run"]["terms"][0]["quota"]["rate"] for first in firsts] == [7]

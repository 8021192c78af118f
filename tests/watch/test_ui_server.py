"""The page of ``inflight-lab watch``: whenever it opens, it gets each event once."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from inflight_lab import Timeline
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.columns import from_columns
from inflight_lab.runs.levels import Point
from inflight_lab.watch.conclusion import Conclusion
from inflight_lab.watch.ui_server import Page
from tests.support.virtual_clock import SetClock


@pytest.mark.anyio
@pytest.mark.parametrize("others", [0, 1])
async def test_a_page_that_opens_late_gets_everything_once(others: int) -> None:
    """No refusal and no answer is counted twice, whether or not another page is open
    already.
    """
    clock = SetClock()
    timeline = Timeline(clock=clock)
    page = Page(PlotSource(None, timeline), "my_script.py")
    first = page.messages()
    if others:
        await anext(first)
    for status in (429, 200, 200):
        timeline.answer(timeline.send(), status)
        clock.now += 40  # so that those before are no more drawn one by one
    page.conclusion = Conclusion("all that stood out")
    async with aclosing(page.messages()) as late:
        messages = [message async for message in late]
    await first.aclose()
    assert messages[0]["reset"]
    said = [message["conclusion"] for message in messages]
    assert [each["summary"] for each in said if each] == ["all that stood out"]
    assert said[-1]
    run = from_columns(messages[0]["run"])
    for message in messages[1:]:
        run.append(from_columns(message["run"]))
    assert not run.live
    assert run.levels["refused"] == [Point(0, 1, 1, 1)]
    answered = sum(event.what == "answered" for event in run.events)
    assert answered + run.dropped.total() == 3
    assert run.dropped["refused"] == 1

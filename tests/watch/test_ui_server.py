"""The page of ``inflight-lab watch``: whenever it opens, it gets each event once."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing

import pytest

from inflight_lab import Timeline
from inflight_lab.plot.points import PlotSource
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
        clock.now += 10  # so that those before are no more drawn one by one
    page.words = "all that stood out"
    async with aclosing(page.messages()) as late:
        messages = [message async for message in late]
    await first.aclose()
    assert messages[0]["reset"]
    assert not messages[-1]["live"]
    refused = [
        point for each in messages for point in each["series"].get("refused", [])
    ]
    assert refused == [[0, 1, 1, 1]]
    rows = Counter(what for each in messages for _, what, _, _ in each["rows"])
    gone = messages[0]["gone"]
    assert rows["answered"] + gone["ok"] + gone["refused"] == 3

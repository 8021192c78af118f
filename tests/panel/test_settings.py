"""The settings of a panel: moved by a person, by a cell, or by another panel."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import naive, semaphore
from tests.support.panels import OpenPanel, start_until, stop
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


async def test_the_limit_can_be_set_while_requests_fly(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """More are in flight at once, and client and server count the same."""
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    await start_until(panel, in_flight=3)
    panel.limit = 5
    await until(lambda: server.timeline.in_flight == panel.timeline.in_flight == 5)
    await stop(panel)


def moved(limit: int, number: int, *, page: float = 0.5) -> dict[str, object]:
    """A page's message: somebody has moved the slider of the limit."""
    return {"set": {"limit": limit}, "input": page, "move": number}


async def test_a_move_that_was_overtaken_does_not_count(
    open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In marimo each message is a request of its own; another page's moves count."""
    panel = open_panel()
    sent: list[Any] = []
    monkeypatch.setattr(panel, "send", sent.append)
    for message in (moved(5, 1), moved(26, 3), moved(24, 2)):
        panel.on_message(message)
    await until(lambda: sent == [{"settled": "limit"}] * 3)
    assert panel.limit == 26
    panel.on_message(moved(9, 1, page=0.7))
    await until(lambda: len(sent) == 4)
    assert panel.limit == 9


async def test_the_page_hears_that_a_move_is_settled(
    open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the value is taken, is there already or is refused: until then the page
    holds its slider.
    """
    panel = open_panel()
    sent: list[Any] = []
    refused: list[Any] = []
    monkeypatch.setattr(panel, "send", sent.append)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: refused.append(context["exception"])
    )
    for number, value in enumerate((7, 7, 0), 1):
        panel.on_message(moved(value, number))
    await until(lambda: sent == [{"settled": "limit"}] * 3)
    assert panel.limit == 7
    assert [str(error) for error in refused] == ["limit must be 1 or more, got 0"]


class Bad(NamedTuple):
    """A value that a setting does not allow, and what the error says."""

    setting: str
    value: object
    error: str


@pytest.mark.parametrize(
    "bad",
    [
        Bad("limit", 0, "limit must be 1 or more, got 0"),
        Bad("count", -1, "count must be 0 or more, got -1"),
        Bad("slow", 3, "slow must be one of 1, 5, 20, got 3"),
        Bad("quota", "daily", "quota must be one of 'none', .*, got 'daily'"),
        Bad("latency", "x", "latency must be a number of seconds, .*, got 'x'"),
        Bad("rate", 0, "rate must be 1 to .*, got 0"),
    ],
    ids=lambda bad: bad.setting,
)
async def test_a_bad_setting_is_refused(open_panel: OpenPanel, bad: Bad) -> None:
    """What no slider could be moved to is an error where it is written, and the setting
    stays.
    """
    panel = open_panel()
    before = getattr(panel, bad.setting)
    with pytest.raises((TypeError, ValueError), match=bad.error):
        setattr(panel, bad.setting, bad.value)
    assert getattr(panel, bad.setting) == before


async def test_a_quick_drag_is_not_undone_by_a_second_panel(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """The other panel on a server follows a knob, and does not turn it back while a
    person drags on.
    """
    first, second = open_panel(), open_panel()
    for latency in (0.05, 0.06):
        first.latency = latency
        await asyncio.sleep(0)  # one turn of the loop: the second has just heard of it
    await until(lambda: second.latency == server.latency == 0.06)
    assert first.latency == 0.06


async def test_two_panels_share_the_knobs_of_their_server(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Whichever panel turns one, the server has it and each twin, and sliders move."""
    first, second = open_panel(), open_panel()
    runners = {"naive": naive.make_many_requests, "other": naive.make_many_requests}
    third = open_panel(runners)
    twin = third.lanes["other"].server
    second.latency = 0.02
    second.quota = "sliding-window"
    second.rate = 150
    for each in (first, third, server, twin):
        await until(lambda each=each: each.rate == 150)
        assert (each.latency, each.quota) == (0.02, "sliding-window")


async def test_slow_motion_ends_with_the_last_run_on_a_server(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """The first one sets it for all, and a panel that is made meanwhile begins at the
    usual speed.
    """
    server.latency = 0.1
    server.period = 2
    first = open_panel(count=3, limit=1, slow=5)
    second = open_panel(count=30, limit=1, slow=20)
    ends_first = await start_until(first, in_flight=1)
    assert (server.slow, server.timeline.period) == (5, 10)
    assert (server.latency, server.period) == (0.1, 2)
    ends_last = second.start()
    twins = {"one": semaphore.make_many_requests, "two": naive.make_many_requests}
    third = open_panel(twins)
    twin = third.lanes["two"].server
    assert (third.latency, twin.latency, twin.period, twin.slow) == (0.1, 0.1, 2, 1)
    await ends_first
    assert second.running
    assert server.slow == 5
    second.stop()
    await ends_last
    assert (server.latency, server.slow) == (0.1, 1)


async def test_each_lane_says_what_is_known_of_its_limit(
    open_panel: OpenPanel,
) -> None:
    """One that the panel sets, or that there is none; threads may have one of their
    own, so nothing is said of theirs.
    """

    async def in_threads(url: str, count: int) -> list[Any]:
        return []

    runners = {
        "naive": naive.make_many_requests,
        "semaphore": semaphore.make_many_requests,
        "threads": in_threads,
    }
    panel = open_panel(runners)
    assert panel._page["limits"] == [
        {"adjustable": False, "unlimited": True},
        {"adjustable": True, "unlimited": False},
        {"adjustable": False, "unlimited": False},
    ]

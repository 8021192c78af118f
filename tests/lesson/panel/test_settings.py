"""The settings of a panel: moved by a person or by a cell."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.lesson.panel.settings import NAMES
from tests.support.panels import TWO, OpenPanel, say
from tests.support.waiting import settle, until

pytestmark = pytest.mark.anyio


def moved(limit: int, number: int, *, page: str = "one") -> dict[str, object]:
    """A page's message: somebody has moved the slider of the limit."""
    return {"set": "limit", "value": limit, "input": page, "move": number}


def heard(panel: Panel) -> dict[str, int]:
    """What a page is told: the last move of each input that was dealt with."""
    told: dict[str, int] = panel.get_state("_heard")["_heard"]
    return told


async def test_a_view_that_opens_is_sent_every_run(
    open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is opened late shows every run that there was before."""
    panel = open_panel(TWO)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(panel, "send", sent.append)
    say(panel, {"hello": True})
    assert [(message["lane"], message["reset"]) for message in sent] == [
        (0, True),
        (1, True),
    ]


async def test_the_page_hears_that_a_move_is_dealt_with(open_panel: OpenPanel) -> None:
    """Whether the value is taken, is there already, is refused, or was overtaken: the
    last move of a page's slider counts.  Until it hears so, the page holds the slider.
    """
    panel = open_panel()
    refused: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: refused.append(context["exception"])
    )
    moves = [(7, 1, 7), (7, 2, 7), (0, 4, 7), (24, 3, 7), (26, 5, 26)]
    for value, number, limit in moves:
        latest = max(number, heard(panel).get("one", 0))
        say(panel, moved(value, number))
        await settle()
        assert (heard(panel), panel.limit) == ({"one": latest}, limit)
    say(panel, moved(9, 1, page="two"))
    await until(lambda: heard(panel) == {"one": 5, "two": 1})
    assert panel.limit == 9
    assert [str(error) for error in refused] == ["limit must be 1 or more, got 0"]


async def test_a_page_presses_the_buttons(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Each button of a page does what the panel's method of its name does."""
    server.latency = 600
    panel = open_panel(count=9, limit=3)
    say(panel, {"press": "run", "input": "go", "move": 1})
    await until(lambda: server.timeline.in_flight == 3)
    say(panel, {"press": "stop", "input": "go", "move": 2})
    await until(lambda: not panel.running)
    assert panel.status.startswith("stopped: ")
    panel.limit = 7
    say(panel, {"press": "reset", "input": "go", "move": 3})
    await until(lambda: panel.limit == 3)


async def test_reset_and_run_in_one_breath_is_a_new_run(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Reset does not undo a Run that is pressed before the kernel hears of either."""
    panel = open_panel(count=9, limit=3)
    await panel.start()
    say(panel, {"press": "reset", "input": "go", "move": 1})
    say(panel, {"press": "run", "input": "go", "move": 2})
    await until(lambda: heard(panel) == {"go": 2})
    await panel.finished()
    assert len(panel.outcomes) == 9


async def test_a_bad_setting_is_refused(open_panel: OpenPanel) -> None:
    """What no slider could be moved to is an error where it is written, and the setting
    stays.
    """
    panel = open_panel()
    bad: dict[str, Any] = {"limit": 0, "count": -1, "latency": "x", "rate": 0}
    for name, value in bad.items():
        before = getattr(panel, name)
        error = rf"{name} must be .*\d.*, got {value!r}|{name} must be a number of "
        with pytest.raises((TypeError, ValueError), match=error):
            setattr(panel, name, value)
        assert getattr(panel, name) == before


async def test_every_server_of_a_panel_follows_its_sliders(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Side by side, latency and rate are one for all: their servers stay equal."""
    panel = open_panel(TWO)
    twin = panel.lanes["semaphore"].server
    panel.latency, panel.rate = 0.02, 150
    await until(lambda: server.rate == twin.rate == 150)
    assert server.latency == twin.latency == 0.02


async def test_each_lane_says_what_is_known_of_its_limit(
    open_panel: OpenPanel,
) -> None:
    """One that the panel sets, or that there is none; threads may have one of their
    own, so nothing is said of theirs.
    """

    async def in_threads(url: str, count: int) -> list[Any]:
        return []

    panel = open_panel(TWO | {"threads": in_threads})
    lanes = [lane.on_page() for lane in panel.lanes.values()]
    said = [(lane["adjustable"], lane["unlimited"]) for lane in lanes]
    assert said == [(False, True), (True, False), (False, False)]


@pytest.mark.parametrize("name", NAMES)
async def test_a_page_sets_every_setting(open_panel: OpenPanel, name: str) -> None:
    """A front end can move each slider through the trait that has its name."""
    panel = open_panel()
    assert name in panel.traits(sync=True)
    assert getattr(panel, name) != 1
    say(panel, {"set": name, "value": 1, "input": name, "move": 1})  # any may be 1
    await until(lambda: heard(panel) == {name: 1})
    assert getattr(panel, name) == 1

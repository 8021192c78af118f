"""The settings of a panel: moved by a person or by a cell."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.panel.settings import NAMES
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


async def test_a_move_that_was_overtaken_does_not_count(open_panel: OpenPanel) -> None:
    """The last move of a slider counts, also where its message is overtaken."""
    panel = open_panel()
    for message in (moved(5, 1), moved(26, 3), moved(24, 2)):
        say(panel, message)
    await until(lambda: heard(panel) == {"one": 3})
    await settle()
    assert panel.limit == 26
    say(panel, moved(9, 1, page="two"))
    await until(lambda: heard(panel) == {"one": 3, "two": 1})
    assert panel.limit == 9


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
    """Whether the value is taken, is there already or is refused: until then the page
    holds its slider.
    """
    panel = open_panel()
    refused: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: refused.append(context["exception"])
    )

    async def move(value: int, number: int) -> None:
        say(panel, moved(value, number))
        await until(lambda: heard(panel) == {"one": number})

    for number, value in enumerate((7, 7, 0), 1):
        await move(value, number)
    assert panel.limit == 7
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

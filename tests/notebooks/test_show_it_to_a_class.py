"""The teacher's page: nothing starts by itself, and each scene ends as it says.

A scene is played on a virtual clock, which no slow computer changes: each runner of its
panel sends to an API that has the panel's settings.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import pytest

from inflight_lab import AdjustableLimiter, Panel
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.notebooks.notebook_tools import CLASS, code_cells, prose_of
from tests.support.recipes.pasting import run_cell
from tests.support.virtual_clock import run, virtual_loop

MAX_WORDS = 1000
pytestmark = pytest.mark.anyio


@pytest.fixture
async def panels() -> AsyncIterator[dict[str, Panel]]:
    """The panels of the page, by name, as a teacher prepares them."""
    names = await run_cell("\n".join(code_cells(CLASS)))
    panels = {name: each for name, each in names.items() if isinstance(each, Panel)}
    yield panels
    for panel in panels.values():
        panel.close()
        panel.server.stop()


def play(panel: Panel, **settings: Any) -> list[Stats]:
    """What the API counts of each runner, to the end of a run with these settings."""
    limit = settings.pop("limit", panel.limit)
    count = settings.pop("count", panel.count)
    knobs = asdict(panel.server) | settings

    async def send(lane: Any) -> Stats:
        app = PracticeApp(**knobs)
        app.timeline.clock = virtual_loop().time
        app.reset()
        options: dict[str, Any] = {"return_exceptions": True}
        if lane.adjustable:
            options["limiter"] = AdjustableLimiter(limit)
        async with client_of(app) as client:
            await lane.runner("/get", count, client=client, **options)
        return app.stats()

    return [run(send(lane)) for lane in panel.lanes.values()]


async def test_the_page_is_read_in_five_minutes() -> None:
    """A plan that is longer than the pause before the lesson is not read."""
    assert sum(len(text.split()) for text in prose_of(CLASS)) <= MAX_WORDS


async def test_nothing_starts_by_itself(panels: dict[str, Panel]) -> None:
    """No answer is on the screen before the vote."""
    await asyncio.sleep(0)
    assert len(panels) == 6
    assert not any(panel.running for panel in panels.values())


async def test_all_at_once_is_refused_by_half(panels: dict[str, Panel]) -> None:
    """Scene 1."""
    (counted,) = play(panels["all_at_once"])
    assert (counted.accepted, counted.refused) == (100, 100)


async def test_ten_are_safe_and_twelve_are_not(panels: dict[str, Panel]) -> None:
    """Scene 2."""
    (ten,) = play(panels["three_at_a_time"], limit=10)
    (twelve,) = play(panels["three_at_a_time"], limit=12)
    assert ten.refused == 0 < twelve.refused


async def test_the_pause_costs_a_second_for_each_group(
    panels: dict[str, Panel],
) -> None:
    """Scene 3: three groups of 2 s each, and a second between them."""
    plain, pausing = play(panels["pause"])
    assert (plain.accepted, pausing.accepted) == (9, 9)
    assert plain.elapsed == pytest.approx(3 * 2)
    assert pausing.elapsed == pytest.approx(3 * 2 + 2 * 1)


async def test_a_faster_api_refuses_with_three_in_flight(
    panels: dict[str, Panel],
) -> None:
    """Scene 4: nothing is refused, until the latency is moved to its least."""
    (before,) = play(panels["faster"])
    (after,) = play(panels["faster"], latency=0, count=200)
    assert before.refused == 0
    assert after.refused > 40
    assert after.peak_in_flight <= 3


async def test_the_challenge_has_a_solution(panels: dict[str, Panel]) -> None:
    """Scene 5, before and after the latency changes."""
    challenge = panels["challenge"]
    for settings in (
        {"limit": 5},
        {"limit": 10},
        {"limit": 2, "latency": 0.1},
        {"limit": 3, "latency": 0.1},
    ):
        (counted,) = play(challenge, **settings)
        goals = challenge.lanes[""].goals
        goals.judge(counted, finished=True, settings={})
        assert set(goals.met.values()) == {True}


async def test_paced_wins_the_race(panels: dict[str, Panel]) -> None:
    """Scene 6: the first to finish has few answers, and the pace is first with all."""
    hasty, limited, pausing, paced = play(panels["race"])
    assert hasty.elapsed < paced.elapsed < pausing.elapsed
    assert hasty.accepted < 100
    assert limited.refused > 0
    assert paced.accepted == pausing.accepted == 120


async def test_a_pause_is_no_pace(panels: dict[str, Panel]) -> None:
    """Scene 6, with the limit at 40: each group is 8 too many, and the pace is none."""
    *_, pausing, paced = play(panels["race"], limit=40)
    assert (pausing.accepted, pausing.refused) == (96, 24)
    assert (paced.accepted, paced.refused) == (120, 0)

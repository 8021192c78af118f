"""The teacher's page: nothing starts by itself, and each scene ends as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.notebook_tools import CLASS, Kernel, code_cells, kernel, prose_of

MAX_WORDS = 1000
Counted = list[dict[str, Any]]
"""What the API counted of each runner of a panel, in the order of the page."""
SEEN = """
import asyncio

def seen(panel):
    return [vars(lane.server.stats()) for lane in panel.lanes.values()]

async def played(panel, **settings):
    for name, value in settings.items():
        setattr(panel, name, value)
    await panel.start()
    return seen(panel)

async def made_faster():
    run = faster.start()
    await asyncio.sleep(1)
    before = seen(faster)
    faster.latency = 0
    while not run.done() and faster.server.stats().refused <= 40:
        await asyncio.sleep(0.1)
    faster.stop()
    await run
    return before + seen(faster)

async def ten_and_twenty():
    ten = await played(three_at_a_time, count=80, limit=10)
    return ten + await played(three_at_a_time, count=80, limit=20)

async def challenged():
    fewer = await played(challenge, limit=10)
    faster_api = await played(challenge, limit=3, latency=0.1)
    return fewer + faster_api + [challenge.goals_met]
"""
PANELS = ("all_at_once", "three_at_a_time", "pause", "faster", "challenge", "race")
SCENES = {
    "all at once": "played(all_at_once)",
    "ten and twenty": "ten_and_twenty()",
    "pause": "played(pause)",
    "faster": "made_faster()",
    "challenge": "challenged()",
}
"""What is played at once, to save time: each scene has an API of its own."""


@pytest.fixture(scope="module")
def lesson() -> Iterator[Kernel]:
    """The page after Run All, as a teacher prepares it."""
    with kernel() as fresh:
        ran = fresh.run_all(code_cells(CLASS), within=120)
        assert [cell.error for cell in ran] == [""] * len(ran)
        yield fresh


@pytest.fixture(scope="module")
def scenes(lesson: Kernel) -> dict[str, Counted]:
    """Each scene, played to its end; the race by itself, for it is one of time."""
    assert lesson.run(SEEN).status == "ok"
    before = lesson.value(f"[seen(panel) for panel in ({', '.join(PANELS)})]")
    played = lesson.run(f"ends = await asyncio.gather({', '.join(SCENES.values())})")
    assert played.status == "ok", played
    race = lesson.run("race_ends = await played(race)")
    assert race.status == "ok", race
    ends = dict(zip(SCENES, lesson.value("ends"), strict=True))
    start = [each for panel in before for each in panel]
    return ends | {"race": lesson.value("race_ends"), "before Run": start}


def test_the_page_is_read_in_five_minutes() -> None:
    """A plan that is longer than the pause before the lesson is not read."""
    assert sum(len(text.split()) for text in prose_of(CLASS)) <= MAX_WORDS


def test_nothing_starts_by_itself(scenes: dict[str, Counted]) -> None:
    """No answer is on the screen before the vote."""
    assert {counted["started"] for counted in scenes["before Run"]} == {0}


def test_all_at_once_is_refused_by_half(scenes: dict[str, Counted]) -> None:
    """Scene 1."""
    (counted,) = scenes["all at once"]
    assert (counted["accepted"], counted["refused"]) == (100, 100)


def test_ten_are_safe_and_twenty_are_not(scenes: dict[str, Counted]) -> None:
    """Scene 2."""
    ten, twenty = scenes["ten and twenty"]
    assert ten["refused"] == 0 < twenty["refused"]


def test_the_pause_costs_a_second_for_each_group(scenes: dict[str, Counted]) -> None:
    """Scene 3: three groups of 2 s each, and a second between them."""
    plain, pausing = scenes["pause"]
    assert plain["refused"] == pausing["refused"] == 0
    assert plain["accepted"] == pausing["accepted"] == 9
    assert pausing["elapsed"] > 3 * 2 + 2 * 1 - 0.1  # on a slow computer, longer


def test_a_faster_api_refuses_with_three_in_flight(scenes: dict[str, Counted]) -> None:
    """Scene 4: nothing is refused, until the latency is moved to 0 in the run."""
    before, after = scenes["faster"]
    assert before["refused"] == 0
    assert after["refused"] > 40
    assert after["peak_in_flight"] <= 3


def test_the_challenge_has_a_solution(scenes: dict[str, Counted]) -> None:
    """Scene 5, before and after the latency changes."""
    *tries, goals = scenes["challenge"]
    for counted in tries:
        assert (counted["accepted"], counted["refused"]) == (120, 0)
    assert goals["120 answers"]
    assert goals["no 429"]


def test_paced_wins_the_race(scenes: dict[str, Counted]) -> None:
    """Scene 6: the first to finish has few answers, and the pace is first with all."""
    hasty, limited, pausing, paced = scenes["race"]
    assert hasty["elapsed"] < paced["elapsed"] < pausing["elapsed"]
    assert hasty["accepted"] < 100
    is_slow_computer = limited["elapsed"] > 3
    assert limited["refused"] > 0 or is_slow_computer
    assert paced["accepted"] == pausing["accepted"] == 120
    assert pausing["elapsed"] > 4

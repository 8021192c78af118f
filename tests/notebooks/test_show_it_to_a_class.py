"""The teacher's page: nothing starts by itself, and each scene ends as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.notebook_tools import CLASS, Kernel, code_cells, kernel, prose_of

MAX_WORDS = 1000
PANELS = ("all_at_once", "three_at_a_time", "pause", "faster", "challenge", "race")
SEEN = """
def seen(panel):
    return {name: vars(lane.server.stats()) for name, lane in panel.lanes.items()}
"""
GETS_FASTER = """
import asyncio
faster.start()
await asyncio.sleep(1)
(before,) = seen(faster).values()
faster.latency = 0
while faster.running:
    await asyncio.sleep(0.1)
    (after,) = seen(faster).values()
    if after["refused"] > after["accepted"]:
        break
faster.stop()
await faster.finished()
"""


@pytest.fixture(scope="module")
def lesson() -> Iterator[Kernel]:
    """The page after Run All, as a teacher prepares it."""
    with kernel() as fresh:
        ran = fresh.run_all(code_cells(CLASS), within=120)
        assert [cell.error for cell in ran] == [""] * len(ran)
        assert fresh.run(SEEN).status == "ok"
        yield fresh


def played(lesson: Kernel, panel: str, **settings: float) -> dict[str, Any]:
    """What the API counted of each runner, with these settings, from Run to the end."""
    for name, value in settings.items():
        assert lesson.run(f"{panel}.{name} = {value}").status == "ok"
    assert lesson.run(f"await {panel}.start()").status == "ok"
    return dict(lesson.value(f"seen({panel})"))


def test_the_page_is_read_in_five_minutes() -> None:
    """A plan that is longer than the pause before the lesson is not read."""
    assert sum(len(text.split()) for text in prose_of(CLASS)) <= MAX_WORDS


def test_nothing_starts_by_itself(lesson: Kernel) -> None:
    """No answer is on the screen before the vote."""
    for panel in PANELS:
        assert lesson.value(f"{panel}.running") is False
        sides = lesson.value(f"seen({panel})").values()
        assert [side["started"] for side in sides] == [0] * len(sides)


def test_all_at_once_is_refused_by_half(lesson: Kernel) -> None:
    """Scene 1."""
    (counted,) = played(lesson, "all_at_once").values()
    assert (counted["accepted"], counted["refused"]) == (100, 100)


@pytest.mark.parametrize(("limit", "is_safe"), [(10, True), (20, False)])
def test_ten_are_safe_and_twenty_are_not(
    lesson: Kernel, limit: int, is_safe: bool
) -> None:
    """Scene 2."""
    (counted,) = played(lesson, "three_at_a_time", count=80, limit=limit).values()
    assert (counted["refused"] == 0) is is_safe


def test_the_pause_costs_a_second_for_each_group(lesson: Kernel) -> None:
    """Scene 3."""
    counted = played(lesson, "pause")
    plain, pausing = counted["semaphore"], counted["with a pause"]
    assert plain["refused"] == pausing["refused"] == 0
    assert pausing["elapsed"] > plain["elapsed"] + 1.8


def test_a_faster_api_refuses_with_three_in_flight(lesson: Kernel) -> None:
    """Scene 4: nothing is refused, until the latency is moved to 0 in the run."""
    assert lesson.run(GETS_FASTER).status == "ok"
    before, after = lesson.value("(before, after)")
    assert before["refused"] == 0
    assert after["refused"] > after["accepted"]
    assert after["peak_in_flight"] <= 3


@pytest.mark.parametrize(("limit", "latency"), [(10, 0.3), (3, 0.1)])
def test_the_challenge_has_a_solution(
    lesson: Kernel, limit: int, latency: float
) -> None:
    """Scene 5, before and after the latency changes."""
    played(lesson, "challenge", limit=limit, latency=latency)
    met = lesson.value("challenge.goals_met")
    assert met["120 answers"]
    assert met["no 429"]


def test_paced_wins_the_race(lesson: Kernel) -> None:
    """Scene 6: the first to finish has few answers, and the pace is first with all."""
    counted = played(lesson, "race")
    names = ("all at once", "semaphore", "with a pause", "paced")
    hasty, limited, pausing, paced = (counted[name] for name in names)
    assert hasty["elapsed"] < paced["elapsed"] < pausing["elapsed"]
    assert hasty["accepted"] < 100
    is_slow_computer = limited["elapsed"] > 3
    assert limited["refused"] > 0 or is_slow_computer
    assert paced["accepted"] == pausing["accepted"] == 120
    assert pausing["elapsed"] > 4

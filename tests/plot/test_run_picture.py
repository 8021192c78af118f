"""The picture of a run: read back from the SVG, it says what the run says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from inflight_lab.plot.drawing import draw_run
from inflight_lab.plot.drawing.axis import axis_numbers, axis_top, short
from inflight_lab.plot.history import HISTORY
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.levels import Line, Point, level
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import RequestEvent, Run, no_levels
from tests.plot.svg import (
    BLUE,
    GRID,
    INK,
    PURPLE,
    RunPicture,
    Step,
    elements,
)

CEILING = "9 5"


def read(run: Run) -> RunPicture:
    return RunPicture(draw_run(run, name="Ada"))


def run_of(levels: dict[Line, list[Point]], **more: object) -> Run:
    """A run of 4 s with these lines."""
    run = Run(levels=no_levels() | levels, now=4.0)
    for name, value in more.items():
        setattr(run, name, value)
    return run


GCRA = QuotaPolicy("gcra", 7, 2.0)
RUN = run_of(
    {
        "server": [Point(1, 0, 5, 5), Point(2, 4, 4, 4), Point(3, 1, 4, 2)],
        "client": [level(0, 0), Point(1, 1, 6, 5), level(4, 3)],
        "waiting": [level(0, 8), Point(3, 0, 1, 0)],
        "limit": [level(0, 5), level(2, 2)],
        "rate": [level(0, 0), level(1, 6), level(3, 1)],
        "refused": [level(2, 1), level(2.5, 3)],
        "failed": [level(3.5, 1)],
    },
    policies=[PolicyChange(0.0, GCRA)],
    counts=RunStats(
        started=19,
        accepted=8,
        refused=4,
        failed=2,
        cancelled=3,
        peak_in_flight=5,
        busiest_period=6,
        elapsed=3.96,
    ),
    events=[RequestEvent(4.0, "cancelled", None, 3)],
    stopped=True,
)


def test_every_line_stands_where_its_numbers_are() -> None:
    """Each line of each strip, read against the labels of its axes."""
    picture = read(RUN)
    assert picture.line("in flight", BLUE) == [
        Step(1, 5, 5),
        Step(2, 4, 4),
        Step(3, 4, 2),
    ]
    assert picture.line("in flight", BLUE, "3 4") == [
        Step(0, 0, 0),
        Step(1, 6, 5),
        Step(4, 3, 3),
    ]
    assert picture.line("in flight", INK, CEILING) == [Step(0, 5, 5), Step(2, 2, 2)]
    assert picture.line("waiting", PURPLE) == [Step(0, 8, 8), Step(3, 1, 0)]
    assert picture.line("sent in the last 2 s", INK) == [
        Step(0, 0, 0),
        Step(1, 6, 6),
        Step(3, 1, 1),
    ]
    assert picture.line("sent in the last 2 s", INK, CEILING) == [Step(0, 7, 7)]


def test_the_legend_names_what_is_drawn() -> None:
    """How the server's line, the client's and the limit look; the only line is solid,
    and needs no words.
    """
    legend = "server: solid, client: dotted, limit: dashed"
    assert legend in read(RUN).words
    alone = read(run_of({"client": [level(0, 3)]}))
    assert "client" not in alone.words
    assert alone.line("in flight", BLUE) == [Step(0, 3, 3)]


def test_pictures_of_runs_side_by_side_have_one_axis_of_time() -> None:
    """A runner that had finished early has a line up to where the others end."""
    early = read(run_of({"server": [level(0, 3), level(1, 0)]}))
    late = read(run_of({"server": [level(0, 3), level(4, 0)]}))
    assert early._times == late._times


class Cases(NamedTuple):
    """What axes say, in Python and in JavaScript."""

    tops: list[dict[str, float]]
    numbers: list[dict[str, Any]]
    words: list[dict[str, Any]]


CASES = Cases(**json.loads(Path(__file__).with_name("axes.json").read_text()))


@pytest.mark.parametrize("case", CASES.tops, ids=str)
def test_a_height_axis_ends_a_little_above_what_it_has_to_reach(
    case: dict[str, float],
) -> None:
    """At the same number as the live plot's."""
    assert axis_top(case["level"]) == case["top"]


@pytest.mark.parametrize("case", CASES.numbers, ids=str)
def test_a_height_axis_has_round_steps(case: dict[str, Any]) -> None:
    """The same as in the live plot, so that no number is out of step."""
    assert axis_numbers(case["top"], case["pixels"]) == case["numbers"]


@pytest.mark.parametrize("case", CASES.words, ids=str)
def test_numbers_beside_an_axis_are_short(case: dict[str, Any]) -> None:
    """In thousands once they are large."""
    assert short(case["number"]) == case["words"]


def test_every_refusal_and_every_failure_is_marked() -> None:
    """A mark at the time of each, and none elsewhere."""
    picture = read(RUN)
    assert picture.marks("refused") == [2.0, 2.5]
    assert picture.marks("failed") == [3.5]


def test_the_end_is_in_words() -> None:
    """A sentence on top, and the numbers below; what never was is left out."""
    picture = draw_run(RUN, name="Ada")
    ends = "8 answered, 4 refused, 2 failed, 3 cancelled"
    numbers = f"19 requests: {ends}"
    sentence = "Ada: Stopped after 4\N{NO-BREAK SPACE}s: 8 answered, 4 refused"
    assert picture.title.startswith(f"Requests over time. {sentence}")
    assert picture.title.endswith(f" {numbers}")
    drawn = RunPicture(picture)
    assert drawn.titles[0].words.startswith(sentence)
    assert numbers in drawn.words
    parts = [each.words for each in drawn.titles if each.number("y") < 40]
    curve = (
        "In flight: at most 5 (6 as the client counts);"
        " in each fifth of the 4 s shown mostly 0, 5, 4, 4 and 2."
    )
    assert f"Requests over time. {' '.join(parts)} {curve} {numbers}" == picture.title
    assert max(map(len, parts)) <= 100 < len(" ".join(parts)), "two lines, not too long"
    quiet = draw_run(run_of({}, counts=RunStats(started=2, accepted=2, elapsed=0.5)))
    assert quiet.title == (
        "Requests over time. All 2 answered in 0.5\N{NO-BREAK SPACE}s: 4 a second. "
        "2 requests: 2 answered, 0 refused"
    )


def test_who_hears_a_run_hears_its_pauses() -> None:
    """When nothing was in flight between requests: not before the first or after the
    last, and not so briefly that nobody sees it.
    """
    server = [
        level(0, 0),
        level(0.5, 5),
        level(0.8, 0),
        level(1.8, 5),
        level(2.1, 0),
        level(2.14, 1),
        level(2.2, 0),
        level(2.8, 2),
        level(3.0, 0),
    ]
    title = draw_run(run_of({"server": server, "client": server})).title
    words = "In flight: at most 5, with 2 pauses; in each fifth of the 4 s shown"
    assert words in title


def test_who_hears_a_long_run_hears_what_is_drawn_of_it() -> None:
    """The last minute, as in the picture."""
    server = [level(0, 9), level(100, 0), level(126, 3)]
    title = draw_run(run_of({"server": server}, now=150.0)).title
    words = "with 1 pause; in each fifth of the 60 s shown mostly 9, 0, 0, 3 and 3."
    assert words in title


def test_a_strip_that_has_nothing_to_show_is_left_out() -> None:
    """An empty run has two strips, both rows of marks, axes, and no line; where nobody
    waited there is no strip of those who wait.
    """
    picture = read(Run())
    titles = [each.words for each in picture.titles]
    assert titles == ["Ada: Not run yet.", "in flight", "sent in the last second"]
    nobody_waits = read(run_of({"waiting": [level(0, 0), level(3, 0)]}))
    assert [each.words for each in nobody_waits.titles][1:] == titles[1:]
    words = [each.words for each in picture.texts]
    assert words.count("0") == 2
    assert {"refused", "failed", "0 s"} <= set(words)
    strokes = {
        each.attributes["stroke"] for each in picture.lines if each.attributes["d"]
    }
    assert strokes == {GRID}


def test_a_quota_is_drawn_for_as_long_as_it_stands() -> None:
    """It may change, there may be none for a while, and it ends with the run."""
    policies = [
        PolicyChange(0.0, GCRA._replace(rate=6)),
        PolicyChange(1.0, None),
        PolicyChange(2.0, GCRA._replace(rate=12)),
        PolicyChange(3.0, GCRA._replace(rate=3)),
        PolicyChange(9.0, GCRA._replace(rate=30)),
    ]
    picture = read(run_of({"rate": [level(0, 0), level(4, 8)]}, policies=policies))
    steps = picture.line("sent in the last 2 s", INK, CEILING)
    assert steps == [Step(0, 6, 6), Step(2, 12, 12), Step(3, 3, 3)]
    (path,) = picture._paths(0, 1000, INK, CEILING)
    ends = [float(x) for x in re.findall(r"H([\d.]+)(?=M|$)", path)]
    assert ends == [68 + 768 * share for share in (0.25, 0.75, 1)]


def test_where_the_latency_changes_it_is_written_below() -> None:
    """A dashed line across the strips, words on its right, and a sentence for those who
    hear the picture; what a slider went across on its way is left out.
    """
    latencies = [
        LatencyChange(0.0, 0.3),
        LatencyChange(0.05, 0.6),  # set right after the start
        LatencyChange(2.0, 0.2),
        LatencyChange(2.1, 0.1),
        LatencyChange(2.2, 0.03),
    ]
    run = run_of({"server": [level(0, 3)]}, latencies=latencies)
    picture = draw_run(run)
    words = {each.words: each for each in elements(picture, "text")}
    assert words["latency 0.6 s"].number("x") == 68 + 4
    assert words["latency 0.03 s"].number("x") == pytest.approx(68 + 768 * 0.55 + 4)
    assert not any("0.2 s" in each or "0.1 s" in each for each in words)
    dashed = [
        each
        for each in elements(picture, "path")
        if each.attributes["stroke-dasharray"] == "2 4"
    ]
    assert len(dashed) == 1, "the first has stood from the beginning"
    said = "Latency 0.6 s, 0.03 s from 2.2\N{NO-BREAK SPACE}s on."
    assert said.replace("\N{NO-BREAK SPACE}", " ") in picture.title


def test_a_latency_without_room_for_its_words_has_none() -> None:
    """Its line is drawn, and no empty text beside it."""
    latencies = [
        LatencyChange(0.0, 0.3),
        LatencyChange(2.0, 0.125),
        LatencyChange(2.26, 0.03),
    ]
    run = run_of({"server": [level(0, 3)]}, latencies=latencies)
    texts = elements(draw_run(run), "text")
    (last,) = [each for each in texts if each.words == "latency 0.03 s"]
    row = [each.words for each in texts if each.number("y") == last.number("y")]
    assert row == ["latency 0.3 s", "latency 0.03 s"]


def test_a_latency_that_stays_is_no_news() -> None:
    """Nothing is marked, and no row is left free."""
    steady = run_of({"server": [level(0, 3)]}, latencies=[LatencyChange(0.0, 0.3)])
    unknown = run_of({"server": [level(0, 3)]})
    assert draw_run(steady).data == draw_run(unknown).data


def test_who_sees_refusals_reads_when_they_are_marked() -> None:
    """Not when they left, but when they came back."""
    assert "a refusal is marked when it comes back" in read(RUN).words
    assert "a refusal is marked" not in read(run_of({})).words


def test_tokens_have_a_strip_where_they_are_counted() -> None:
    """Below the other strips: what was charged in the last period, and the quota."""
    policy = QuotaPolicy("sliding-window", 60, 2.0, tokens=2000)
    tokens = [level(0, 800), level(0.6, 1900), level(4, 0)]
    run = run_of({"tokens": tokens}, policies=[PolicyChange(0.0, policy)])
    picture = read(run)
    assert picture.titles[-1].words == "tokens in the last 2 s, 2000 allowed"
    assert picture.line("tokens in the last 2 s", INK) == [
        Step(0, 800, 800),
        Step(0.6, 1900, 1900),
        Step(4, 0, 0),
    ]
    ceiling = picture.line("tokens in the last 2 s", INK, CEILING)
    assert ceiling == [Step(0, 2000, 2000)]
    assert picture.line("sent in the last 2 s", INK, CEILING) == [Step(0, 60, 60)]


def test_of_a_long_run_the_last_minute_is_drawn() -> None:
    """What is older leaves no empty space, and the picture says so."""
    seconds = range(1, 151)
    run = run_of(
        {
            "server": [Point(second, 0, 4, 1) for second in seconds],
            "refused": [level(second, 1) for second in seconds],
            "limit": [level(0, 7)],
        },
        policies=[PolicyChange(0.0, GCRA)],
        now=150.0,
    )
    picture = read(run)
    begin = 150 - HISTORY
    assert picture.line("in flight", BLUE)[0] == Step(begin, 1, 1)
    assert picture.line("in flight", INK, CEILING) == [Step(begin, 7, 7)]
    assert picture.line("sent in the last 2 s", INK, CEILING) == [Step(begin, 7, 7)]
    assert picture.marks("refused") == [float(second) for second in range(90, 151)]
    assert "older points left out" in picture.words
    assert "older points left out" not in read(RUN).words
    assert len(picture.picture.data) < 20_000


def test_a_picture_has_no_more_points_than_pixels() -> None:
    """However many there are, and the one peak among them is still seen."""
    points = [Point(step / 100, 0, 1, 0) for step in range(6000)]
    points[3000] = Point(30, 0, 9, 0)
    picture = read(run_of({"server": points}, now=59.99))
    steps = picture.line("in flight", BLUE)
    assert len(steps) <= 770
    assert max(step.highest for step in steps) == 9


def test_a_picture_can_be_read_on_any_ground() -> None:
    """It paints no ground; lines and words stand out from a light and a dark one."""
    picture = draw_run(RUN)
    assert not elements(picture, "rect")
    colours = {each.attributes["stroke"] for each in elements(picture, "path")}
    for ground in ("#ffffff", "#111111"):
        for colour in colours - {GRID, INK} | {"#666666"}:
            assert contrast(colour, ground) >= 2.9, (colour, ground)
    assert contrast("#666666", "#ffffff") >= 4.5
    assert contrast("#999999", "#111111") >= 4.5, "ink as a dark theme turns it"


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours."""
    dark, light = sorted((lightness(one), lightness(other)))
    return (light + 0.05) / (dark + 0.05)


def lightness(colour: str) -> float:
    """How light a colour is, from 0 to 1, as WCAG reckons it."""
    total = 0.0
    for digits, weight in zip(
        re.findall("[0-9a-f]{2}", colour), (0.2126, 0.7152, 0.0722), strict=True
    ):
        part = int(digits, 16) / 255
        linear = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        total += weight * linear
    return total

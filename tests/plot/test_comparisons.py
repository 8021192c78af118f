"""Pictures that compare runs: as their numbers say, whatever the names."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from inflight_lab import Event
from inflight_lab.plot.drawing import Picture, draw_bars, draw_strips
from inflight_lab.plot.drawing.axis import nice_step, number_of
from tests.plot.svg import BLUE, GREEN, GRID, INK, RED, elements

STRANGE = 'a <b> & "c" $x$ \\href{y}{z} %41 #1 \U0001f600'


def bars_named(name: str) -> Picture:
    return draw_bars({name: {name: 1}}, title=name)


def strips_named(name: str) -> Picture:
    event = Event(0, "sent", 0, None, 0, 1)
    return draw_strips({name: [event]}, notes={name: name})


@pytest.mark.parametrize("draw", [bars_named, strips_named])
def test_names_are_text_whatever_is_in_them(draw: Callable[[str], Picture]) -> None:
    """A name is shown as it is, never as markup."""
    picture = draw(STRANGE)
    assert sum(STRANGE in each.words for each in elements(picture, "text")) >= 2
    assert not elements(picture, "b")
    assert re.findall("<(\\w+)", picture._repr_html_()) == ["style", "img"]


def test_bars_are_as_long_as_their_numbers() -> None:
    """Each has its number beside it, so that a short one can be read too."""
    numbers = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 0.008}
    series = {name: {"10": each, "20": 2 * each} for name, each in numbers.items()}
    picture = draw_bars(series, title="five series")
    bars = elements(picture, "rect")
    expected = [*numbers.values(), *(2 * number for number in numbers.values())]
    for bar, number in zip(bars, expected, strict=True):
        assert bar.number("width") == pytest.approx(max(1, 62.5 * number), abs=0.1)
        assert bar.number("x") == 170
    words = [each.words for each in elements(picture, "text")]
    assert words[0] == "five series"
    assert words[1:7] == ["10", "1 a", "2 b", "3 c", "4 d", "0.008 e"]
    assert words[7:] == ["20", "2 a", "4 b", "6 c", "8 d", "0.016 e"]


def test_who_hears_a_picture_hears_its_numbers() -> None:
    """The title of bars has every number, and that of strips how many were refused."""
    bars = draw_bars({"a": {"10": 1, "20": 2}, "b": {"20": 0.5}}, title="seconds")
    assert bars.title == "seconds. 10: 1 a; 20: 2 a, 0.5 b."
    events = [
        Event(0, "sent", 1, None, 0, 1),
        Event(1, "sent", 2, None, 0, 2),
        Event(2, "answered", 1, 429, 0, 1),
    ]
    strips = draw_strips({"one": events, "none": []})
    counts = "one: 2 requests, 1 refused; none: 0 requests, 0 refused. "
    assert strips.title.startswith(counts)
    assert f'alt="{counts}' in strips._repr_html_()


def test_a_label_may_have_no_number() -> None:
    """A series that lacks it has no bar there, and the others keep their colours."""
    picture = draw_bars({"a": {"10": 1}, "b": {"20": 2, "10": 3}}, title="gaps")
    colours = [bar.attributes["fill"] for bar in elements(picture, "rect")]
    assert colours == [BLUE, "#b86e00", "#b86e00"]
    assert draw_bars({}, title="nothing").data.startswith("<svg")


def test_a_strip_marks_each_request_once_in_its_colour() -> None:
    """At the time it came, by what became of it; one axis for all strips."""
    events = [
        Event(5.0, "sent", 1, None, 0, 1),
        Event(5.5, "sent", 2, None, 0, 2),
        Event(5.6, "answered", 1, 200, 0, 1),
        Event(5.7, "answered", 2, 429, 0, 0),
        Event(5.75, "sent", 3, None, 0, 1),
        Event(6.0, "sent", 4, None, 0, 2),
        Event(6.1, "answered", 4, 200, 0, 1),
        Event(6.2, "cancelled", 3, None, 0, 0),
    ]
    runs = {"one": events, "none": [], "two": events[:1]}
    picture = draw_strips(runs, notes={"one": "1 refused"})
    marks = [
        (each.attributes["stroke"], each.attributes["d"])
        for each in elements(picture, "path")
        if each.attributes["stroke"] != GRID
    ]
    assert marks == [
        (GREEN, "M170.0 28v-20M670.0 28v-20"),
        (RED, "M420.0 28v-12"),
        (INK, "M545.0 28v-6"),
        *((GREEN, ""), (RED, ""), (INK, "")),
        *((GREEN, ""), (RED, ""), (INK, "M170.0 96v-6")),
    ]
    words = [each.words for each in elements(picture, "text")]
    assert words[:2] == ["one", "1 refused"]
    assert words[-1].startswith("1.0 seconds from left to right")


@pytest.mark.parametrize(
    ("number", "written"),
    [(1502.4, "1,502"), (15.24, "15.2"), (2.0, "2"), (0.0167, "0.017"), (0, "0")],
)
def test_numbers_are_written_as_people_write_them(number: float, written: str) -> None:
    """Thousands with a comma, small numbers with the digits that matter."""
    assert number_of(number) == written


@pytest.mark.parametrize(
    ("span", "step"), [(5, 1), (7, 2), (11, 5), (26, 10), (1000, 200), (0.5, 0.1)]
)
def test_steps_are_round(span: float, step: float) -> None:
    """1, 2 or 5 times a power of ten, and as few as asked for."""
    assert nice_step(span, 5) == step

"""Pictures that compare runs: as their numbers say, whatever the names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from inflight_lab import Event
from inflight_lab.plot.drawing import Picture, draw_bars, draw_strips
from inflight_lab.plot.drawing.axis import nice_step, number_of
from tests.plot.svg import BLUE, GREEN, INK, RED, elements

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


def test_who_hears_bars_hears_their_numbers() -> None:
    """The title has every number."""
    bars = draw_bars({"a": {"10": 1, "20": 2}, "b": {"20": 0.5}}, title="seconds")
    assert bars.title == "seconds. 10: 1 a; 20: 2 a, 0.5 b."


def test_a_label_may_have_no_number() -> None:
    """A series that lacks it has no bar there, and the others keep their colours."""
    picture = draw_bars({"a": {"10": 1}, "b": {"20": 2, "10": 3}}, title="gaps")
    colours = [bar.attributes["fill"] for bar in elements(picture, "rect")]
    assert colours == [BLUE, "#b86e00", "#b86e00"]
    assert draw_bars({}, title="nothing").data.startswith("<svg")


def sent_and_answered(number: int, *, time: float, status: int | None) -> list[Event]:
    """What a server sees of a request; without a status it is never answered."""
    events = [Event(time, "sent", number, None, 0, 1)]
    if status is not None:
        events.append(Event(time + 0.1, "answered", number, status, 0, 0))
    return events


def burst(time: float, statuses: list[int | None]) -> list[Event]:
    """Requests that come together."""
    events = []
    for place, status in enumerate(statuses):
        number = round(1000 * time) + place
        events += sent_and_answered(number, time=time + place / 10_000, status=status)
    return events


def test_requests_that_come_together_are_stacked_and_counted() -> None:
    """Of each burst one reads how many were answered and how many refused: the refused
    ones are on top, and so is their number.
    """
    first = burst(5.0, [200] * 15 + [429] * 5)
    second = burst(9.0, [429] * 3 + [200])
    picture = draw_strips({"limit 20": [*second, *first]})
    bars = [each.attributes for each in elements(picture, "rect")]
    assert [each["fill"] for each in bars] == [GREEN, RED, GREEN, RED]
    answered, refused = (float(each["height"]) for each in bars[:2])
    assert answered * 0.6 == pytest.approx(3 * refused, abs=0.3), "refusals are lower"
    assert float(bars[1]["y"]) + refused == pytest.approx(float(bars[0]["y"]))
    assert bars[0]["x"] == bars[1]["x"] == "150.0"
    numbers = [each for each in elements(picture, "text") if each.words.isdigit()]
    assert [each.words for each in numbers] == ["15", "5", "1", "3"]
    assert [each.attributes["fill"] for each in numbers] == [GREEN, RED] * 2
    assert numbers[0].number("y") > numbers[1].number("y")


def test_a_request_without_an_answer_is_not_counted_as_answered() -> None:
    """A burst has its number in grey, between the answered and the refused ones."""
    mixed = burst(0, [200, None, None, None, 429, 429])
    picture = draw_strips({"one": [*mixed, *burst(4, [200])]})
    numbers = [each for each in elements(picture, "text") if each.words.isdigit()]
    assert [each.words for each in numbers] == ["1", "3", "2"]
    assert [each.attributes["fill"] for each in numbers] == [GREEN, INK, RED]
    heights = [each.number("y") for each in numbers]
    assert heights == sorted(heights, reverse=True)


def test_a_single_request_is_seen_and_not_counted() -> None:
    """Beside a stack of a hundred, too; and in a stream each has its own mark."""
    stream: list[Event] = []
    for place in range(50):
        stream += burst(place / 10, [200])
    picture = draw_strips({"all at once": burst(0, [200] * 100), "paced": stream})
    bars = [each.attributes for each in elements(picture, "rect")]
    assert len(bars) == 51
    assert {each["height"] for each in bars[1:]} == {"8.0"}
    numbers = [each for each in elements(picture, "text") if each.words.isdigit()]
    assert [each.words for each in numbers] == ["100"]


def test_in_a_stream_only_what_stands_out_is_counted() -> None:
    """A burst in it, but not every request of those that are evenly spaced."""
    stream = burst(2.55, [200] * 8)
    for place in range(50):
        stream += burst(place / 10, [200])
    picture = draw_strips({"a few": stream})
    numbers = [each for each in elements(picture, "text") if each.words.isdigit()]
    assert [each.words for each in numbers] == ["9"], "with one of the stream"


def test_the_caption_says_only_what_there_is() -> None:
    """A colour that no strip has needs no words; the axis says the times."""
    plain = draw_strips({"one": [*burst(0, [200]), *burst(4, [200])]})
    words = [each.words for each in elements(plain, "text")]
    assert words[-1].endswith("Green: answered")
    assert {"0 s", "1 s", "4 s"} <= set(words)
    assert "2 requests, 0 refused" in words
    three = [*burst(0, [200, 429, None]), *burst(4, [200])]
    mixed = draw_strips({"one": three}, notes={"one": "a note"})
    words = [each.words for each in elements(mixed, "text")]
    assert words[-1].endswith("; red, shorter: refused; grey: no answer")
    assert "a note" in words
    colours = [each.attributes["fill"] for each in elements(mixed, "rect")]
    assert colours == [GREEN, INK, RED, GREEN]
    assert draw_strips({"none": []}).title.startswith("none: 0 requests, 0 refused")


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


class Spoken(NamedTuple):
    """A strip, and what is said of it."""

    events: list[Event]
    words: str


def evenly(begin: float, end: float, *, count: int, status: int = 200) -> list[Event]:
    """Evenly spaced requests."""
    spacing = (end - begin) / (count - 1)
    events = []
    for place in range(count):
        events += burst(begin + place * spacing, [status])
    return events


SPOKEN = {
    "nothing": Spoken([], "0 requests, 0 refused."),
    "one": Spoken(burst(5, [200]), "1 request, 0 refused: 1 at 0.0 s."),
    "all at once": Spoken(
        burst(0, [200] * 40 + [429] * 60),
        "100 requests, 60 refused: 100 at 0.0 s, 60 of them refused.",
    ),
    "evenly spaced": Spoken(
        evenly(0, 2.5, count=100),
        "100 requests, 0 refused: 100 evenly spaced from 0.0 to 2.5 s.",
    ),
    "far apart, and evenly spaced": Spoken(
        evenly(0, 19, count=20),
        "20 requests, 0 refused: 20 evenly spaced from 0.0 to 19.0 s.",
    ),
    "slower in the second half": Spoken(
        [*evenly(0, 1, count=30), *evenly(1.1, 4, count=30)],
        "60 requests, 0 refused: 60 from 0.0 to 4.0 s.",
    ),
    "in pairs": Spoken(
        [event for pair in range(20) for event in burst(pair / 10, [200] * 2)],
        "40 requests, 0 refused: 20 groups of 2 from 0.0 to 1.9 s.",
    ),
    "groups, of which some are refused": Spoken(
        [
            *evenly(0, 0.75, count=4),
            *evenly(1.8, 1.89, count=4),
            *burst(2.1, [200]),
            *evenly(2.13, 2.19, count=3, status=429),
        ],
        "12 requests, 3 refused: 4 evenly spaced from 0.0 to 0.8 s; 4 at 1.8 s;"
        " 4 at 2.1 s, 3 of them refused.",
    ),
    "a group that is refused": Spoken(
        [*burst(0, [200] * 4), *burst(2, [429] * 4), *burst(4, [200])],
        "9 requests, 4 refused: 4 at 0.0 s; 4 at 2.0 s, refused; 1 at 4.0 s.",
    ),
    "a burst at the beginning of a stream": Spoken(
        [
            *evenly(0, 0.25, count=6),
            *burst(1, [200] * 8),
            *evenly(1.05, 2, count=20),
        ],
        "34 requests, 0 refused: 6 evenly spaced from 0.0 to 0.2 s; 8 at 1.0 s;"
        " 20 evenly spaced from 1.1 to 2.0 s.",
    ),
    "rounds": Spoken(
        [event for round in range(20) for event in burst(0.3 * round, [200] * 5)],
        "100 requests, 0 refused: 20 groups of 5 from 0.0 to 5.7 s.",
    ),
    "many groups of different sizes": Spoken(
        [event for size in range(1, 11) for event in burst(3 * size, [200] * size)],
        "55 requests, 0 refused: 10 groups of 1 to 10 from 0.0 to 27.0 s.",
    ),
}


@pytest.mark.parametrize("case", SPOKEN.values(), ids=SPOKEN)
def test_who_hears_a_strip_hears_when_its_requests_came(case: Spoken) -> None:
    """A group has its time, and a stream its span; both say what was refused."""
    picture = draw_strips({"one": case.events})
    words = f"one: {case.words} "
    assert picture.title.startswith(words)
    assert f'alt="{words}' in picture._repr_html_()


def test_a_burst_that_takes_two_bars_has_one_number() -> None:
    """A busy computer sends it more slowly than is shown as one moment."""
    slow = evenly(1, 1.09, count=16)
    picture = draw_strips({"one": [*evenly(0, 5, count=40), *slow]})
    numbers = [each.words for each in elements(picture, "text") if each.words.isdigit()]
    bars = [each.number("height") for each in elements(picture, "rect")]
    assert sum(height > 16 for height in bars) == 2
    assert numbers == ["17"], "with one of the stream"

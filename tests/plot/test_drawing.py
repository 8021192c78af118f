"""The plain pictures: read back from the SVG, they say what happened, and any text in
them is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from inflight_lab import Event, Timeline
from inflight_lab.plot.drawing import (
    draw_bars,
    draw_recording,
    draw_strips,
    nice_step,
    number_of,
)
from inflight_lab.plot.points import KEPT, PlotSource
from inflight_lab.runs.quota_policy import QuotaPolicy
from tests.support.virtual_clock import SetClock

BLUE, RED, INK, GRID = "#0072b2", "#c23b00", "#666", "#8080804d"


def elements(picture: Any, kind: str) -> list[dict[str, str]]:
    """The attributes of every element of one kind, with its text as ``says``."""
    root = ElementTree.fromstring(picture.data)
    return [
        each.attrib | {"says": each.text or ""}
        for each in root.iter(f"{{http://www.w3.org/2000/svg}}{kind}")
    ]


def axis(labels: list[tuple[str, float]]) -> Callable[[float], float]:
    """From pixels to numbers, by the first and the last of an axis' labels and where
    they stand.
    """
    (low, start), (high, end) = [
        (float(words.replace(",", "").removesuffix(" s")), at)
        for words, at in (labels[0], labels[-1])
    ]
    return lambda pixel: round(low + (pixel - start) / (end - start) * (high - low), 2)


class Read:
    """A recording's picture, read as a person reads it: each line against the axes
    beside and below it.
    """

    def __init__(self, recorder: PlotSource) -> None:
        self.picture = draw_recording(recorder.everything(), name="Ada")
        self.texts, self.lines = (
            elements(self.picture, "text"),
            elements(self.picture, "path"),
        )
        self.time = axis(
            [
                (t["says"], float(t["x"]))
                for t in self.texts
                if t["text-anchor"] == "middle"
            ]
        )

    def line(
        self, title: str, colour: str, dashes: str = "none"
    ) -> list[tuple[float, float, float]]:
        """Time, highest and last level of each step of the line in the strip below
        ``title``.
        """
        top = next(float(t["y"]) for t in self.texts if t["says"].startswith(title))
        below = [
            float(t["y"])
            for t in self.texts
            if t.get("font-weight") and float(t["y"]) > top
        ]
        bottom = min(below, default=float("inf"))
        labels = [
            (t["says"], float(t["y"]) - 5)
            for t in self.texts
            if t["text-anchor"] == "end" and top < float(t["y"]) < bottom
        ]
        assert labels[0][0] == "0"
        assert labels[0][1] > labels[-1][1], "0 is at the bottom"
        level = axis(labels)
        (path,) = [
            line["d"]
            for line in self.lines
            if (line["stroke"], line["stroke-dasharray"]) == (colour, dashes)
            and re.match(r"M\S+ \S+V", line["d"])
            and top < float(line["d"].split()[1].split("V")[0]) < bottom
        ]
        steps = re.findall(r"(?:M|H)([\d.]+)(?: ([\d.]+))?((?:V[\d.]+)*)", path)
        return [
            (self.time(float(x)), max(levels), levels[-1])
            for x, first, rest in steps
            if (
                levels := [
                    level(float(y))
                    for y in [*filter(None, [first]), *rest.split("V")[1:]]
                ]
            )
        ]

    def marks(self, name: str) -> list[float]:
        """The times of the marks beside the label ``name``."""
        (y,) = [float(t["y"]) for t in self.texts if t["says"] == name]
        return [
            self.time(float(x))
            for line in self.lines
            for x, top in re.findall(r"M([\d.]+) ([\d.]+)v10", line["d"])
            if float(top) == y - 10
        ]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def recorded(clock: SetClock) -> PlotSource:
    """Six requests with a limit of 5, then 2: one is refused, one fails at the client
    only.
    """
    server, client = Timeline(clock=clock), Timeline(clock=clock)
    recorder = PlotSource(server, client, lambda: QuotaPolicy("gcra", 4))

    def read_until(time: float) -> None:
        recorder.read()
        clock.now = time

    client.start(6)
    recorder.set_limit(5)
    read_until(1)
    sent = [(client.send(), server.send()) for _ in range(5)]
    read_until(2)
    server.answer(sent[0][1], 429)
    client.answer(sent[0][0], 429)
    client.fail(sent[1][0], OSError())
    recorder.set_limit(2)
    read_until(3)
    for requests in sent[2:]:
        client.answer(requests[0], 200)
        server.answer(requests[1], 200)
    sent.append((client.send(), server.send()))
    read_until(4)
    client.answer(sent[5][0], 200)
    server.answer(sent[5][1], 200)
    recorder.read()
    return recorder


def test_every_line_stands_where_its_numbers_are(recorded: PlotSource) -> None:
    """Each line of each strip, read against the labels of its axes: time, highest and
    last level.
    """
    read = Read(recorded)
    assert read.line("in flight", BLUE) == [(1, 5, 5), (2, 4, 4), (3, 3, 2), (4, 1, 1)]
    assert read.line("in flight", "#b86e00", "3 4") == [
        (0, 0, 0),
        (1, 5, 5),
        (2, 4, 3),
        (3, 2, 1),
        (4, 0, 0),
    ]
    assert read.line("in flight", INK, "9 5") == [(0, 5, 5), (2, 2, 2)]
    assert read.line("waiting", "#97527c") == [
        (0, 6, 6),
        (1, 5, 1),
        (2, 1, 1),
        (3, 1, 0),
        (4, 0, 0),
    ]
    assert read.line("sent in the last period", "#00785a") == [
        (0, 0, 0),
        (1, 5, 5),
        (2, 0, 0),
        (3, 1, 1),
        (4, 0, 0),
    ]
    assert read.line("sent in the last period", INK, "9 5") == [(0, 4, 4)]


def test_every_refusal_and_every_failure_is_marked(recorded: PlotSource) -> None:
    """A mark at the time of each 429 and of each failure, and none elsewhere."""
    read = Read(recorded)
    assert (read.marks("refused"), read.marks("failed")) == ([2.0], [2.0])
    assert (
        "6 requests: 4 accepted, 1 refused, 1 failed; at most 5 sent in one period; 4.0 s"
        in str(read.texts)
    )


def test_every_strip_is_there_from_the_beginning() -> None:
    """An empty recording has all three strips, both rows of marks, axes that begin at
    0, and no line.
    """
    read = Read(PlotSource(Timeline(), None))
    titles = [
        text["says"].split(" (")[0] for text in read.texts if text.get("font-weight")
    ]
    assert titles == ["in flight", "waiting", "sent in the last period", "Ada"]
    assert [text["says"] for text in read.texts].count("0") == 3
    assert {"refused", "failed", "0 s"} <= {text["says"] for text in read.texts}
    assert not [line for line in read.lines if line["stroke"] != GRID and line["d"]]


def test_tokens_have_a_strip_where_they_are_counted(clock: SetClock) -> None:
    """Below the other strips: what was charged in the last period, and the quota."""
    timeline = Timeline(clock=clock)
    recorder = PlotSource(
        timeline, None, lambda: QuotaPolicy("sliding-window", 60, tokens=2000)
    )
    for tokens in (800, 1100, 0):
        timeline.send(200, tokens)
        recorder.read()
        clock.now += 0.6
    clock.now = 4
    recorder.read()
    read = Read(recorder)
    titles = [text["says"] for text in read.texts if text.get("font-weight")]
    assert titles[-2] == "tokens in the last period (quota: dashed)"
    assert read.line("tokens in the last period", "#00785a") == [
        *((0, 800, 800), (0.6, 1900, 1900)),
        *((1.2, 1100, 1100), (4, 0, 0)),
    ]
    assert read.line("tokens in the last period", INK, "9 5") == [(0, 2000, 2000)]
    assert read.line("sent in the last period", INK, "9 5") == [(0, 60, 60)]


def test_of_a_long_recording_the_last_minute_is_drawn(clock: SetClock) -> None:
    """What is older than the points that are kept leaves no empty space, and the
    picture says so.
    """
    timeline = Timeline(clock=clock)
    recorder = PlotSource(timeline, None)
    recorder.set_limit(7)
    for second in range(1, 151):
        clock.now = second
        timeline.answer(timeline.send(), 429)
        recorder.read()
    read = Read(recorder)
    assert (
        read.line("in flight", BLUE)[0][0]
        == read.line("in flight", INK, "9 5")[0][0]
        == 150 - KEPT
    )
    assert read.line("in flight", INK, "9 5") == [(90, 7, 7)]
    assert read.marks("refused") == [float(second) for second in range(90, 151)]
    assert "older points left out" in str(read.texts)
    assert len(read.picture.data) < 20_000


def test_a_picture_has_no_more_points_than_pixels(clock: SetClock) -> None:
    """Many requests a second make no large picture, and the one peak among them is
    still seen.
    """
    timeline = Timeline(clock=clock)
    recorder = PlotSource(timeline, None)
    for step in range(6000):
        clock.now = step / 100
        requests = [timeline.send() for _ in range(9 if step == 3000 else 1)]
        for request in requests:
            timeline.answer(request, 200)
        recorder.read()
    read = Read(recorder)
    levels = read.line("in flight", BLUE)
    assert len(levels) <= 770
    assert max(high for _, high, _ in levels) == 9


STRANGE = 'a <b> & "c" $x$ \\href{y}{z} %41 #1 \U0001f600'


@pytest.mark.parametrize(
    "draw",
    [
        lambda name: draw_bars({name: {name: 1}}, title=name),
        lambda name: draw_strips(
            {name: [Event(0, "sent", 0, None, 0, 1)]}, notes={name: name}
        ),
    ],
    ids=["bars", "strips"],
)
def test_names_are_text_whatever_is_in_them(draw: Callable[[str], Any]) -> None:
    """A name is shown as it is, never as markup."""
    picture = draw(STRANGE)
    assert sum(STRANGE in text["says"] for text in elements(picture, "text")) >= 2
    assert not elements(picture, "b")
    assert re.findall("<(\\w+)", picture._repr_html_()) == ["style", "img"]


def test_bars_are_as_long_as_their_numbers() -> None:
    """Each bar is as long as its number says and has it beside it, so that a short one
    can be read too.
    """
    numbers = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 0.008}
    series = {
        name: {"10": number, "20": 2 * number} for name, number in numbers.items()
    }
    picture = draw_bars(series, title="five series")
    bars = elements(picture, "rect")
    lengths = [float(bar["width"]) for bar in bars]
    assert lengths == [
        pytest.approx(62.5 * n, abs=0.1) for n in (1, 2, 3, 4, 0.016, 2, 4, 6, 8, 0.016)
    ]
    assert {bar["x"] for bar in bars} == {"170"}
    words = [text["says"] for text in elements(picture, "text")]
    tens, twenties = words[1:7], words[7:]
    assert words[0] == "five series"
    assert tens == ["10", "1 a", "2 b", "3 c", "4 d", "0.008 e"]
    assert twenties == ["20", "2 a", "4 b", "6 c", "8 d", "0.016 e"]
    assert draw_bars({}, title="nothing").data.startswith("<svg")


def test_a_strip_marks_each_request_once_in_its_colour() -> None:
    """One mark a request, at the time it came, by what became of it; one axis for all
    strips.
    """
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
    picture = draw_strips(
        {"one": events, "none": [], "two": events[:1]}, notes={"one": "1 refused"}
    )
    marks = [
        (line["stroke"], line["d"])
        for line in elements(picture, "path")
        if line["stroke"] != GRID
    ]
    assert marks == [
        *(
            (BLUE, "M170.0 28v-20M670.0 28v-20"),
            (RED, "M420.0 28v-12"),
            (INK, "M545.0 28v-6"),
        ),
        *((BLUE, ""), (RED, ""), (INK, "")),
        *((BLUE, ""), (RED, ""), (INK, "M170.0 96v-6")),
    ]
    words = [text["says"] for text in elements(picture, "text")]
    assert words[:2] == ["one", "1 refused"]
    assert words[-1].startswith("1.0 seconds from left to right")


def light(colour: str) -> float:
    """How light a colour is, from 0 to 1, as WCAG reckons it."""
    parts = [
        int(2 * digit if len(colour) == 4 else digit, 16) / 255
        for digit in re.findall(
            "[0-9a-f]" if len(colour) == 4 else "[0-9a-f]{2}", colour
        )
    ]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return sum(
        share * part
        for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def contrast(one: float, other: float) -> float:
    """WCAG's contrast of two such numbers."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_a_picture_can_be_read_on_any_ground(recorded: PlotSource) -> None:
    """It paints no ground; lines and words stand out from a light and from a dark one."""
    picture = draw_recording(recorded.everything())
    assert not elements(picture, "rect")
    colours = {line["stroke"] for line in elements(picture, "path")} - {GRID}
    for ground in ("#fff", "#111"):
        for colour in colours | {INK}:
            assert contrast(light(colour), light(ground)) >= 2.9, (colour, ground)
    assert contrast(light(INK), light("#fff")) >= 4.5
    assert contrast(light("#999"), light("#111")) >= 4.5, (
        "ink as the dark theme of a notebook turns it"
    )


def test_numbers_are_written_as_people_write_them() -> None:
    """Thousands with a comma, small numbers with the digits that matter."""
    numbers = {1502.4: "1,502", 15.24: "15.2", 2.0: "2", 0.0167: "0.017", 0: "0"}
    assert {number: number_of(number) for number in numbers} == numbers


def test_steps_of_an_axis_are_round() -> None:
    """1, 2 or 5 times a power of ten, and as few as asked for."""
    assert [nice_step(span, 5) for span in (5, 7, 11, 26, 1000, 0.5)] == [
        1,
        2,
        5,
        10,
        200,
        0.1,
    ]

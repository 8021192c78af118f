"""Several runs compared: bars of numbers, and strips of requests."""

from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, number_of
from inflight_lab.plot.drawing.svg import (
    BLUE,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PURPLE,
    RED,
    WIDTH,
    Picture,
    element,
    line,
    picture,
    text,
)
from inflight_lab.runs.events import Event, outcome_of

LEFT_MARGIN = 170
"""Pixels for the names."""

RIGHT_MARGIN = 190
"""Pixels for notes and numbers."""

BAR = 14
BAR_DISTANCE = 18
GROUP_GAP = 10
STRIP_DISTANCE = 34

Known = Literal["answered", "refused", "sent"]
"""What is known of a request; "sent" is all that is known of one without an answer."""


class Mark(NamedTuple):
    """A request in a strip."""

    time: float
    """Seconds since the first request of its run."""
    known: Known


class MarkStyle(NamedTuple):
    """How a request is marked, by what is known of it."""

    colour: str
    height: int


MARK_STYLES: dict[Known, MarkStyle] = {
    "answered": MarkStyle(GREEN, 20),
    "refused": MarkStyle(RED, 12),
    "sent": MarkStyle(INK, 6),
}


def draw_bars(series: Mapping[str, Mapping[str, float]], *, title: str) -> Picture:
    """One horizontal bar per number: ``{"with tasks": {"1,000": 1.5, "10,000": 15}}``.

    Bars with the same label stand together, and each number stands beside its bar, so
    that a short one can be read too.  The picture's title says them all, for those who
    hear it.  Numbers are finite, and 0 or more.
    """
    numbers = [number for each in series.values() for number in each.values()]
    labels = dict.fromkeys(label for each in series.values() for label in each)
    x = _from_zero(numbers)
    parts = [text(12, 24, title, font_weight=600)]
    y = 44
    for label in labels:
        parts.append(text(LEFT_MARGIN - 10, y + 12, label, "end"))
        colours = cycle((BLUE, ORANGE, GREEN, PURPLE))
        for name, each in series.items():
            colour = next(colours)
            if label in each:
                parts += _bar(x, y, each[label], name=name, colour=colour)
                y += BAR_DISTANCE
        y += GROUP_GAP
    return picture(parts, y, _spoken_bars(series, labels, title=title))


def draw_strips(
    runs: Mapping[str, Iterable[Event]], *, notes: Mapping[str, str] | None = None
) -> Picture:
    """One strip per run, on one axis of time: a mark for each request as it came.

    ``runs`` are a server's timeline events by the run's name; ``notes`` are a few words
    for the end of each strip.  Refused requests are short and red, and one without an
    answer is the shortest mark, and black.
    """
    marks = {name: _marks_of(events) for name, events in runs.items()}
    x = _from_zero([mark.time for each in marks.values() for mark in each])
    parts: list[Element] = []
    bottom = 28
    for name, each in marks.items():
        note = (notes or {}).get(name, "")
        parts += _strip(x, bottom, each, name=name, note=note)
        bottom += STRIP_DISTANCE
    caption = (
        f"{x.last:.1f} seconds from left to right; "
        "short and red: refused; black: no answer"
    )
    end = len(marks) * STRIP_DISTANCE
    parts.append(text(LEFT_MARGIN, end + 24, caption))
    spoken = [f"{name}: {_count_of(each)}" for name, each in marks.items()]
    return picture(parts, end + 36, f"{'; '.join(spoken)}. {caption}")


def _spoken_bars(
    series: Mapping[str, Mapping[str, float]], labels: Iterable[str], *, title: str
) -> str:
    """The title, and the numbers of each group of bars."""
    groups = []
    for label in labels:
        numbers = [
            f"{number_of(each[label])} {name}"
            for name, each in series.items()
            if label in each
        ]
        groups.append(f"{label}: {', '.join(numbers)}")
    return f"{title}. {'; '.join(groups)}."


def _bar(x: Scale, y: float, number: float, *, name: str, colour: str) -> list[Element]:
    """A bar, at least as long as can be seen, and its number."""
    width = max(1, round(x(number) - x.start, 1))
    words = f"{number_of(number)} {name}"
    return [
        element("rect", x=x.start, y=y, width=width, height=BAR, fill=colour),
        text(x(number) + 6, y + 12, words, font_size=13),
    ]


def _strip(
    x: Scale, bottom: float, marks: list[Mark], *, name: str, note: str
) -> list[Element]:
    parts = [
        text(LEFT_MARGIN - 10, bottom - 5, name, "end"),
        line(f"M{LEFT_MARGIN} {bottom + 0.5}H{x.end}", GRID),
    ]
    for known, style in MARK_STYLES.items():
        times = [mark.time for mark in marks if mark.known == known]
        path = "".join(f"M{x(time)} {bottom}v-{style.height}" for time in times)
        parts.append(line(path, style.colour, 1.5))
    parts.append(text(x.end + 10, bottom - 5, note))
    return parts


def _count_of(marks: list[Mark]) -> str:
    """How many requests a strip has, and how many of them were refused."""
    refused = sum(mark.known == "refused" for mark in marks)
    return f"{len(marks)} requests, {refused} refused"


def _marks_of(events: Iterable[Event]) -> list[Mark]:
    """When each request came, counted from the first, and what is known of it."""
    came: dict[int | None, float] = {}
    known: dict[int | None, Known] = {}
    for event in events:
        if event.kind == "sent":
            came[event.request] = event.time
        elif event.kind == "answered":
            outcome = outcome_of(event.kind, event.detail)
            known[event.request] = "refused" if outcome == "refused" else "answered"
    begin = min(came.values(), default=0.0)
    return [
        Mark(time - begin, known.get(request, "sent")) for request, time in came.items()
    ]


def _from_zero(numbers: list[float]) -> Scale:
    """From 0 to the largest of ``numbers``, with room for words on both sides."""
    return Scale(0, max(numbers, default=0) or 1, LEFT_MARGIN, WIDTH - RIGHT_MARGIN)

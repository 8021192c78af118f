"""When the requests of several runs came: a row of marks for each run."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.svg import (
    GREEN,
    GRID,
    INK,
    RED,
    WIDTH,
    Picture,
    Scale,
    line,
    many,
    number_of,
    picture,
    text,
    time_axis,
)
from inflight_lab.runs.events import Event, outcome_of

LEFT = 150
"""Pixels for the names."""

RIGHT = 190
"""Pixels for the counts."""

ROW = 58
"""Pixels from one row to the next."""

APART = 0.12
"""Share of the whole time without a request that divides two groups."""

Known = Literal["answered", "refused", "sent"]
"""What is known of a request; "sent" is all that is known of one without an answer."""

STYLES: dict[Known, tuple[str, int, int]] = {
    "answered": (GREEN, -22, 0),
    "sent": (INK, -10, 0),
    "refused": (RED, 0, 14),
}
"""The colour of a mark, and from where to where it goes, in pixels below the line: the
refused ones hang below it, so colours are not needed."""


class Mark(NamedTuple):
    """A request."""

    time: float
    """Seconds since the first request of its run."""
    known: Known


def draw_strips(runs: Mapping[str, Iterable[Event]]) -> Picture:
    """One row per run, on one axis of time, with a mark for each request.

    ``runs`` are a server's timeline events by the run's name.  Answered requests stand
    on the line, refused ones hang below it; the counts stand at its end.
    """
    rows = {name: _marks_of(events) for name, events in runs.items()}
    last = max((marks[-1].time for marks in rows.values() if marks), default=0.0)
    x = Scale(0, last or 1.0, LEFT, WIDTH - RIGHT)
    bottom = len(rows) * ROW
    parts = time_axis(x, bottom)
    spoken = []
    for number, (name, marks) in enumerate(rows.items()):
        parts += _row(x, number * ROW + 34, name, marks)
        spoken.append(f"{name}: {_counts(marks)}: {_in_words(marks, x)}.")
    caption = "When each request came.  Green, up: answered; red, down: refused"
    parts.append(text(LEFT, bottom + 38, caption))
    return picture(parts, bottom + 50, " ".join(spoken))


def _marks_of(events: Iterable[Event]) -> list[Mark]:
    came: dict[int | None, float] = {}
    known: dict[int | None, Known] = {}
    for event in events:
        if event.kind == "sent":
            came[event.request] = event.time
        elif event.kind == "answered":
            outcome = outcome_of(event.kind, event.detail)
            known[event.request] = "refused" if outcome == "refused" else "answered"
    begin = min(came.values(), default=0.0)
    marks = [
        Mark(time - begin, known.get(request, "sent")) for request, time in came.items()
    ]
    return sorted(marks)


def _row(x: Scale, y: float, name: str, marks: Sequence[Mark]) -> list[Element]:
    parts = [
        text(LEFT - 12, y, name, "end"),
        line(f"M{LEFT} {y}H{x.end}", GRID),
        text(x.end + 12, y, _counts(marks)),
    ]
    for known, (colour, top, bottom) in STYLES.items():
        places = dict.fromkeys(x(mark.time) for mark in marks if mark.known == known)
        path = "".join(f"M{place} {y + top}V{y + bottom}" for place in places)
        if path:
            parts.append(line(path, colour, 2))
    return parts


def _counts(marks: Sequence[Mark]) -> str:
    refused = sum(mark.known == "refused" for mark in marks)
    return f"{many(len(marks), 'request')}, {refused} refused"


def _in_words(marks: Sequence[Mark], x: Scale) -> str:
    """Which groups of requests came when."""
    groups: list[list[Mark]] = [list(marks[:1])]
    for before, mark in pairwise(marks):
        if mark.time - before.time > APART * x.last:
            groups.append([])
        groups[-1].append(mark)
    if len(groups) > 6:
        return f"{len(groups)} groups until {number_of(marks[-1].time)} s"
    return "; ".join(_group_in_words(group) for group in groups if group)


def _group_in_words(group: Sequence[Mark]) -> str:
    begin = number_of(group[0].time)
    end = number_of(group[-1].time)
    when = f"at {begin} s" if begin == end else f"from {begin} to {end} s"
    refused = sum(mark.known == "refused" for mark in group)
    ending = f", {refused} of them refused" if refused else ""
    return f"{len(group)} {when}{ending}"

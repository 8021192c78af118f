"""Several runs compared in one drawing: when their requests came, or their numbers."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.lesson.plot.drawing.svg import (
    ANSWERED,
    BLUE,
    GRID,
    INK,
    NARROW,
    ORANGE,
    REFUSED,
    Picture,
    Scale,
    element,
    line,
    many,
    marks,
    number_of,
    picture,
    text,
    time_axis,
)
from inflight_lab.lesson.runs.events import Event, outcome_of

LEFT = 16
RIGHT = 24

LEGEND = 28
"""Pixels above the first row."""

ROW = 72
"""Pixels from one row to the next."""

PAUSE = 1 / 12
"""A pause is at least this share of the row's time."""

LABELS_END = 92
"""Where the labels end.  The numbers follow."""

BARS_BEGIN = 244
BARS_END = 416
"""Where the longest bar ends."""

PAIR = (BLUE, ORANGE)


class Row(NamedTuple):
    """The times at which requests came, in seconds since the first, by their answers.

    A request without an answer is among the ``others``.
    """

    answered: list[float]
    refused: list[float]
    others: list[float]

    @property
    def times(self) -> list[float]:
        """When any of them came, in order."""
        return sorted([*self.answered, *self.refused, *self.others])

    @property
    def last(self) -> float:
        """When the last request came; 0 if none did."""
        return max(self.times, default=0.0)

    @property
    def counts(self) -> str:
        """How many requests there are, and how many were refused."""
        return f"{many(len(self.times), 'request')}, {len(self.refused)} refused"

    @property
    def groups(self) -> int:
        """How many groups they come in; 1 unless the pauses are most of the time."""
        gaps = [after - before for before, after in pairwise(self.times)]
        pauses = [gap for gap in gaps if gap > PAUSE * self.last]
        return 1 + len(pauses) if sum(pauses) > self.last / 2 else 1


def draw_marks(runs: Mapping[str, Iterable[Event]]) -> Picture:
    """Draw a row for each run, on one axis of time, with a mark for each request.

    ``runs`` has the events of a server's timeline, by the name of the run.  Answered
    requests stand on the line, and refused ones hang below it.
    """
    rows = {name: _row_of(events) for name, events in runs.items()}
    last = max((row.last for row in rows.values()), default=0.0)
    x = Scale(0, last or 1.0, LEFT, NARROW - RIGHT)
    bottom = LEGEND + len(rows) * ROW
    parts = time_axis(x, bottom)
    parts.append(text(LEFT, 16, "Green, up: answered; red, down: refused"))
    spoken = []
    for number, (name, row) in enumerate(rows.items()):
        parts += _drawn(x, LEGEND + number * ROW, name, row)
        spoken.append(_in_words(name, row))
    return picture(parts, bottom + 24, " ".join(spoken), width=NARROW)


def _row_of(events: Iterable[Event]) -> Row:
    came: dict[int | None, float] = {}
    refused = set[int | None]()
    answered = set[int | None]()
    for event in events:
        if event.kind == "sent":
            came[event.request] = event.time
        elif outcome_of(event.kind, event.detail) == "refused":
            refused.add(event.request)
        elif event.kind == "answered":
            answered.add(event.request)
    row = Row([], [], [])
    begin = min(came.values(), default=0.0)
    for request, time in came.items():
        times = row.others
        if request in refused:
            times = row.refused
        elif request in answered:
            times = row.answered
        times.append(time - begin)
    return row


def _drawn(x: Scale, top: float, name: str, row: Row) -> list[Element]:
    """Refused requests hang below the line, so nobody needs the colours."""
    y = top + 50
    return [
        text(LEFT, top + 20, f"{name}: {row.counts}", font_weight=600),
        line(f"M{LEFT} {y}H{x.end}", GRID),
        *marks(x, row.answered, y - 22, y, ANSWERED),
        *marks(x, row.others, y - 10, y, INK),
        *marks(x, row.refused, y, y + 14, REFUSED),
    ]


def _in_words(name: str, row: Row) -> str:
    words = f"{name}: {row.counts}, within {number_of(row.last)} s"
    if 1 < row.groups <= len(row.times) / 2:
        words += f", in {row.groups} groups"
    if row.refused:
        first, last = min(row.refused), max(row.refused)
        words += f"; refusals from {number_of(first)} to {number_of(last)} s"
    return f"{words}."


def draw_bars(
    series: Mapping[str, Mapping[str, float]],
    *,
    title: str,
    allowed: float | None = None,
) -> Picture:
    """Draw a bar for each number: ``{"with tasks": {"1,000": 1.5, "10,000": 15}}``.

    There are one or two series with the same labels, and bars with the same label stand
    together.  Numbers are finite, and 0 or more.  A dashed line marks the ``allowed``
    number.
    """
    numbers = [number for each in series.values() for number in each.values()]
    numbers.append(allowed or 0)
    labels = dict.fromkeys(label for each in series.values() for label in each)
    x = Scale(0, max(numbers) or 1, BARS_BEGIN, BARS_END)
    dashed = "" if allowed is None else f"Dashed line: {number_of(allowed)} allowed."
    heading = f"{title}. {dashed}".rstrip()
    parts = [text(12, 24, heading, font_weight=600)]
    spoken = [heading]
    y = 44
    for label in labels:
        parts.append(text(LABELS_END, y + 12, label, "end"))
        for (name, each), colour in zip(series.items(), PAIR, strict=False):
            # At least as long as can be seen.
            width = max(1, x(each[label]) - BARS_BEGIN)
            words = f"{number_of(each[label])} {name}"
            parts.append(
                element("rect", x=BARS_BEGIN, y=y, width=width, height=14, fill=colour)
            )
            parts.append(text(LABELS_END + 12, y + 12, words))
            spoken.append(f"{label}: {words}.")
            y += 18
        y += 10
    if allowed is not None:
        parts.append(line(f"M{x(allowed)} 32V{y - 8}", INK, 1.5, dashes="9 5"))
    return picture(parts, y, " ".join(spoken), width=NARROW)

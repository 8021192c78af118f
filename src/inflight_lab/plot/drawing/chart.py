"""Charts: lines with an axis of numbers of their own."""

import math
from collections.abc import Callable
from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, nice_step, number_of
from inflight_lab.plot.drawing.lines import (
    Stretch,
    limit_of,
    line_of,
    path_of,
    quota_of,
    token_quota_of,
)
from inflight_lab.plot.drawing.svg import (
    BLUE,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PURPLE,
    bold,
    line,
    text,
)
from inflight_lab.runs.levels import Line
from inflight_lab.runs.run import Run

LOWEST_TOP = 10.0
"""What the axis reaches at the least."""


class Style(NamedTuple):
    """How a line is drawn."""

    colour: str
    width: float = 2
    dashes: str = "none"


STYLES: dict[Line, Style] = {
    "client": Style(ORANGE, 2.5, "3 4"),
    "server": Style(BLUE, 2.5),
    "waiting": Style(PURPLE),
    "rate": Style(GREEN),
    "tokens": Style(GREEN),
}
CEILING = Style(INK, 1.5, "9 5")


class Chart(NamedTuple):
    """What stands in a chart: lines, and what they should stay below."""

    title: str
    height: int
    lines: tuple[Line, ...]
    ceiling: Callable[[Run, Scale], list[Stretch]] | None = None


IN_FLIGHT = Chart(
    "in flight (server: solid, client: dotted, limit: dashed)",
    170,
    ("client", "server"),
    limit_of,
)
WAITING = Chart("waiting", 50, ("waiting",))
RATE = Chart("sent in the last period (quota: dashed)", 70, ("rate",), quota_of)
TOKENS = Chart(
    "tokens in the last period (quota: dashed)", 70, ("tokens",), token_quota_of
)


def draw_chart(chart: Chart, run: Run, x: Scale, *, top: float) -> list[Element]:
    """The strip's title, its axis of numbers, and its lines over time."""
    ceiling = chart.ceiling(run, x) if chart.ceiling else []
    lines = {name: line_of(run, name, x) for name in chart.lines}
    drawn = [*lines.values(), ceiling]
    y = Scale(0, _axis_top(drawn), top + chart.height, top)
    parts = [bold(x.start, top - 8, chart.title), *_number_axis(x, y)]
    for name, stretches in lines.items():
        parts.append(styled(path_of(stretches, x, y), STYLES[name]))
    parts.append(styled(path_of(ceiling, x, y), CEILING))
    return parts


def styled(path: str, style: Style) -> Element:
    """A line of that style."""
    return line(path, style.colour, style.width, dashes=style.dashes)


def _axis_top(lines: list[list[Stretch]]) -> float:
    """A round and even number that no line exceeds."""
    highest = LOWEST_TOP
    for stretches in lines:
        for stretch in stretches:
            highest = max(highest, *(point.highest for point in stretch.points))
    step = 2 * nice_step(highest, 10)
    return step * math.ceil(highest / step)


def _number_axis(x: Scale, y: Scale) -> list[Element]:
    parts = []
    for number in (0, y.last / 2, y.last):
        parts.append(line(f"M{x.start} {y(number)}H{x.end}", GRID))
        parts.append(text(x.start - 8, y(number) + 5, number_of(number), "end"))
    return parts

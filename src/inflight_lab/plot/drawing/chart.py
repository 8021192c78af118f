"""Charts: lines with an axis of numbers of their own."""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, axis_numbers, axis_top, short
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
    GRID,
    INK,
    PURPLE,
    bold,
    line,
    text,
)
from inflight_lab.runs.levels import Line
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.runs.run import Run

Lines = Mapping[Line, list[Stretch]]

LOWEST_TOP = 4.0
"""What the axis reaches at the least."""


class Style(NamedTuple):
    """How a line is drawn."""

    colour: str
    width: float = 2
    dashes: str = "none"


STYLES: dict[Line, Style] = {
    "client": Style(BLUE, 2.5, "3 4"),
    "server": Style(BLUE, 2.5),
    "waiting": Style(PURPLE),
    "rate": Style(INK, 2.5),
    "tokens": Style(INK, 2.5),
}
CEILING = Style(INK, 1.5, "9 5")


class Chart(NamedTuple):
    """What stands in a chart: lines, and what they should stay below."""

    title: Callable[[QuotaPolicy | None], str]
    height: int
    lines: tuple[Line, ...]
    ceiling: Callable[[Run, Scale], list[Stretch]] | None = None
    ceiling_name: str = "allowed"


def sent_title(policy: QuotaPolicy | None) -> str:
    """How many are counted, in which time, and how many are allowed."""
    return _counted("sent", policy, policy.rate if policy else 0)


def token_title(policy: QuotaPolicy | None) -> str:
    """The same of tokens."""
    return _counted("tokens", policy, policy.tokens if policy else 0)


def _counted(what: str, policy: QuotaPolicy | None, allowed: float) -> str:
    period = policy.period if policy else 1
    per = "second" if period == 1 else f"{round(period, 2):g} s"
    title = f"{what} in the last {per}"
    return f"{title}, {short(allowed)} allowed" if allowed else title


IN_FLIGHT = Chart(
    lambda _: "in flight",
    170,
    ("client", "server"),
    limit_of,
    "limit",
)
WAITING = Chart(lambda _: "waiting", 50, ("waiting",))
SENT = Chart(sent_title, 70, ("rate",), quota_of)
TOKENS = Chart(token_title, 70, ("tokens",), token_quota_of)


def charts_of(run: Run, x: Scale) -> list[Chart]:
    """The charts that have something to show."""
    charts = [IN_FLIGHT]
    if any(point.highest > 0 for point in run.levels["waiting"]):
        charts.append(WAITING)
    charts.append(SENT)
    if token_quota_of(run, x):
        charts.append(TOKENS)
    return charts


def draw_chart(chart: Chart, run: Run, x: Scale, *, top: float) -> list[Element]:
    """The chart's title, its axis of numbers, and its lines over time."""
    ceiling = chart.ceiling(run, x) if chart.ceiling else []
    lines = {name: line_of(run, name, x) for name in chart.lines}
    highest = _highest([*lines.values(), ceiling])
    y = Scale(0, axis_top(highest), top + chart.height, top)
    policy = run.policies[-1].policy if run.policies else None
    looks = _looks_of(lines)
    if ceiling:
        looks.append(f"{chart.ceiling_name}: dashed")
    return [
        bold(x.start, top - 8, chart.title(policy)),
        text(x.end, top - 8, ", ".join(looks), "end"),
        *_number_axis(x, y),
        *_drawn(lines, x, y),
        styled(path_of(ceiling, x, y), CEILING),
    ]


def _are_both_sides(lines: Lines) -> bool:
    """Whether there are two lines to tell apart; the only one is solid."""
    return len(lines) > 1 and all(lines.values())


def _looks_of(lines: Lines) -> list[str]:
    return ["server: solid", "client: dotted"] if _are_both_sides(lines) else []


def _drawn(lines: Lines, x: Scale, y: Scale) -> list[Element]:
    parts = []
    for name, stretches in lines.items():
        style = STYLES[name]
        if not _are_both_sides(lines):
            style = style._replace(dashes="none")
        parts.append(styled(path_of(stretches, x, y), style))
    return parts


def styled(path: str, style: Style) -> Element:
    """A line of that style."""
    return line(path, style.colour, style.width, dashes=style.dashes)


def _highest(lines: list[list[Stretch]]) -> float:
    """What the axis has to reach."""
    highest = LOWEST_TOP
    for stretches in lines:
        for stretch in stretches:
            highest = max(highest, *(point.highest for point in stretch.points))
    return highest


def _number_axis(x: Scale, y: Scale) -> list[Element]:
    parts = []
    for number in axis_numbers(y.last, y.start - y.end):
        parts.append(line(f"M{x.start} {y(number)}H{x.end}", GRID))
        parts.append(text(x.start - 8, y(number) + 5, short(number), "end"))
    return parts

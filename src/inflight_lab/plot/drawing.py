"""Plain SVG pictures, which stay in a saved notebook: one recording, or several runs compared."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import count, cycle
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from inflight_lab.plot.points import KEPT, Message, Point, thin
from inflight_lab.runs.events import Event, outcome_of

WIDTH = 860
INK, GRID = "#666", "#8080804d"
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072b2", "#b86e00", "#00785a", "#97527c", "#c23b00"
"""Okabe and Ito's colours, which survive colour blindness, nearly as in the live plot.  None is light or
dark, so that all can be read on any ground."""

STYLES = {  # colour, width and dashes of what a recording shows
    "server": (BLUE, 2.5, "none"),
    "client": (ORANGE, 2.5, "3 4"),
    "limit": (INK, 1.5, "9 5"),
    "waiting": (PURPLE, 2, "none"),
    "rate": (GREEN, 2, "none"),
    "quota": (INK, 1.5, "9 5"),
    "tokens": (GREEN, 2, "none"),
    "token_quota": (INK, 1.5, "9 5"),
    "refused": (RED, 2, "none"),
    "failed": (INK, 2, "4 3"),
}
STRIPS = (  # title, height and lines, from the top down
    (
        "in flight (server: solid, client: dotted, limit: dashed)",
        170,
        ("client", "server", "limit"),
    ),
    ("waiting", 50, ("waiting",)),
    ("sent in the last period (quota: dashed)", 70, ("rate", "quota")),
    (
        "tokens in the last period (quota: dashed)",
        70,
        ("tokens", "token_quota"),
    ),  # where they are counted
)
NAMES, ROW = (
    170,
    34,
)  # the room for the names in a comparison; from one row to the next, or between strips


STYLE = """<style>
.ifl-picture { max-width: 100%; height: auto; }
:is([data-jp-theme-light="false"], .vscode-dark, .vscode-high-contrast, .dark) .ifl-picture {
  filter: invert(1) hue-rotate(180deg);
}
.jp-OutputArea:has(.ifl-picture) .jp-OutputArea-output.jupyter-widgets:not(:has(*)) { font-size: 0; }
.jp-OutputArea:has(.ifl-picture) .jp-OutputArea-output.jupyter-widgets:not(:has(*))::after {
  content: "The last run. For the live view run this cell again.";
  font-size: var(--jp-content-font-size1, 14px); font-style: italic;
}
</style>"""
"""In a notebook opened again JupyterLab finds no model for the widget: these words replace its error."""


@dataclass(frozen=True)
class Picture:
    """A drawing on whatever ground the page has, as wide as its column at most.

    ``data`` is SVG, and ``title`` what a screen reader says.
    """

    data: str
    title: str

    def __repr__(self) -> str:
        return self.title

    def _repr_svg_(self) -> str:
        return self.data

    def _repr_html_(self) -> str:
        """As an image: a notebook that is not trusted shows those, and no SVG."""
        source = escape(self.data.replace("%", "%25").replace("#", "%23"))
        return f'{STYLE}<img class="ifl-picture" alt="{escape(self.title)}" src="data:image/svg+xml,{source}">'


class Scale(NamedTuple):
    """At which pixel a number stands: from ``first`` at ``start`` to ``last`` at ``end``."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, number: float) -> float:
        """The pixel of ``number``, to a tenth."""
        share = (number - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)


def draw_recording(recorded: Message, *, mark: str = "", name: str = "") -> Picture:
    """The last `KEPT` seconds of ``recorded``, which is `PlotSource.everything`, up to the last point.

    ``mark`` is the class of the drawing, by which a page finds it; ``name`` is written
    on top.
    """
    series, counts = recorded["series"], recorded["counts"]
    end = max((points[-1][0] for points in series.values() if points), default=0.0)
    begin = max(0.0, min(end, recorded["now"] - KEPT))
    x = Scale(begin, max(end, begin + 0.5), 68, WIDTH - 24)
    pixel = (x.last - x.first) / (x.end - x.start)
    steps = {
        name: ((time, level) for time, *levels in series[name] for level in levels)
        for name in STYLES
    }
    lines = {name: thin(each, pixel) for name, each in steps.items()}
    strips = STRIPS if series["token_quota"] else STRIPS[:-1]
    top, bottom = 62, 62 - ROW + sum(height + ROW for _, height, _ in strips)
    parts = [_text(x.end, 12, "older points left out" if begin else "", "end")]
    step = nice_step(x.last - x.first, 9)
    for time in (
        step * n for n in range(math.ceil(begin / step), math.floor(x.last / step) + 1)
    ):
        parts += [_line(f"M{x(time)} {top}V{bottom}", GRID)]
        parts += [_text(x(time), bottom + 16, f"{number_of(time)} s", "middle")]
    for kind, y in (("refused", 16), ("failed", 30)):
        marks = [f"M{x(point[0])} {y}v10" for point in lines[kind] if point[0] >= begin]
        parts += [
            _text(x.start - 8, y + 10, kind, "end"),
            _line("".join(marks), *STYLES[kind]),
        ]
    for title, height, names in strips:
        parts += _strip(title, x, top, height, {name: lines[name] for name in names})
        top += height + ROW
    ends = [
        f"{counts[name]} {name}" for name in ("failed", "cancelled") if counts[name]
    ]
    ends = [f"{counts['accepted']} accepted", f"{counts['refused']} refused", *ends]
    sent = f"at most {counts['busiest_period']} sent in one period"
    summary = f"{counts['started']} requests: {', '.join(ends)}; {sent}; {counts['elapsed']:.1f} s"
    parts += [
        _text(x.start, 12, name, font_weight=600),
        _text(x.start, bottom + 42, summary),
    ]
    return _picture(
        parts, bottom + 54, f"Requests over time. {name and name + ': '}{summary}", mark
    )


def _strip(
    title: str, x: Scale, top: float, height: float, lines: dict[str, list[Point]]
) -> list[Element]:
    """An axis of numbers, from 0 to a round and even one, and the lines that belong to it."""
    most = max((point[2] for points in lines.values() for point in points), default=0)
    step = 2 * nice_step(max(most, 10), 10)
    y = Scale(0, step * max(1, math.ceil(most / step)), top + height, top)
    parts = [_text(x.start, top - 8, title, font_weight=600)]
    for number in (0, y.last / 2, y.last):
        parts += [_line(f"M{x.start} {y(number)}H{x.end}", GRID)]
        parts += [_text(x.start - 8, y(number) + 5, number_of(number), "end")]
    return parts + [
        _line(_steps(points, x, y), *STYLES[name]) for name, points in lines.items()
    ]


def _steps(points: list[Point], x: Scale, y: Scale) -> str:
    """The path of a level that changes in steps."""
    path = ""
    for time, low, high, last in points:
        at = x(
            max(time, x.first)
        )  # the first point may be older: it has the level at the left end
        path += f"H{at}" if path else f"M{at} {y(last)}"
        levels = [high, low, last] if low < high and time >= x.first else [last]
        path += "".join(f"V{y(level)}" for level in levels)
    return path and f"{path}H{x.end}"


def draw_bars(series: Mapping[str, Mapping[str, float]], *, title: str) -> Picture:
    """One horizontal bar per number: ``{"with tasks": {"1,000": 1.5, "10,000": 15.2}, ...}``.

    Bars with the same label stand together, and each number stands beside its bar, so
    that a short one can be read too.  Numbers are finite, and 0 or more.
    """
    x = _from_zero(
        [number for numbers in series.values() for number in numbers.values()]
    )
    parts, y = [_text(12, 24, title, font_weight=600)], 44
    for label in dict.fromkeys(
        label for numbers in series.values() for label in numbers
    ):
        parts += [_text(NAMES - 10, y + 12, label, "end")]
        for colour, (name, numbers) in zip(
            cycle((BLUE, ORANGE, GREEN, PURPLE)), series.items(), strict=False
        ):
            if (number := numbers.get(label)) is not None:
                width = max(
                    round(x(number) - x.start, 1), 1
                )  # at least what can be seen
                parts += [
                    _element(
                        "rect", x=x.start, y=y, width=width, height=14, fill=colour
                    )
                ]
                parts += [
                    _text(
                        x(number) + 6,
                        y + 12,
                        f"{number_of(number)} {name}",
                        font_size=13,
                    )
                ]
                y += 18
        y += 10
    return _picture(parts, y, title)


def draw_strips(
    runs: Mapping[str, Iterable[Event]], *, notes: Mapping[str, str] | None = None
) -> Picture:
    """One strip a run, on one axis of time: a mark for each request as it came, refused ones red.

    ``runs`` are a server's timeline events by the run's name; ``notes`` are a few words
    for the end of each strip.  A request without an answer is the shortest mark, and
    black.
    """
    marks = {name: _marks(events) for name, events in runs.items()}
    x = _from_zero([time for run in marks.values() for time, _ in run])
    parts = []
    for bottom, (name, run) in zip(count(28, ROW), marks.items(), strict=False):
        parts += [
            _text(NAMES - 10, bottom - 5, name, "end"),
            _line(f"M{NAMES} {bottom + 0.5}H{x.end}", GRID),
        ]
        for status, colour, height in (
            ("answered", BLUE, 20),
            ("refused", RED, 12),
            ("sent", INK, 6),
        ):
            path = "".join(
                f"M{x(time)} {bottom}v-{height}" for time, last in run if last == status
            )
            parts += [_line(path, colour, 1.5)]
        parts += [_text(x.end + 10, bottom - 5, (notes or {}).get(name, ""))]
    caption = f"{x.last:.1f} seconds from left to right; short and red: refused; black: no answer"
    bottom = len(marks) * ROW
    return _picture([*parts, _text(NAMES, bottom + 24, caption)], bottom + 36, caption)


def _marks(events: Iterable[Event]) -> list[tuple[float, str]]:
    """When each request came, counted from the first, and what is known of it last."""
    came, last = {}, {}
    for event in events:
        if event.kind == "sent":
            came[event.request] = event.time
        elif event.kind == "answered":
            refused = outcome_of(event.kind, event.detail) == "refused"
            last[event.request] = "refused" if refused else "answered"
    begin = min(came.values(), default=0.0)
    return [(time - begin, last.get(request, "sent")) for request, time in came.items()]


def nice_step(span: float, at_most: int) -> float:
    """The smallest of 1, 2, 5, 10 ... (or 0.1, 0.2 ...) that fits into ``span`` at most ``at_most`` times."""
    rough = span / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def number_of(value: float) -> str:
    """A number as a person writes it: 1,502 or 15.2 or 0.02."""
    return (
        f"{value:,.0f}"
        if value >= 100
        else f"{value:.3g}"
        if value >= 1
        else f"{value:.2g}"
    )


def _from_zero(numbers: list[float]) -> Scale:
    """The scale of a comparison, from 0 to the largest of ``numbers``, with room for words after it."""
    return Scale(0, max(numbers, default=0) or 1, NAMES, WIDTH - 190)


def _text(
    x: float, y: float, words: str, anchor: str = "start", **style: object
) -> Element:
    return _element("text", words, x=x, y=y, fill=INK, text_anchor=anchor, **style)


def _line(path: str, colour: str, width: float = 1, dashes: str = "none") -> Element:
    return _element(
        "path",
        d=path,
        fill="none",
        stroke=colour,
        stroke_width=width,
        stroke_dasharray=dashes,
    )


def _picture(
    parts: list[Element], height: float, title: str, mark: str = ""
) -> Picture:
    svg = _element(
        "svg", viewBox=f"0 0 {WIDTH} {height}", width=WIDTH, height=height, role="img"
    )
    svg.attrib |= {"class": mark, "style": "max-width: 100%; height: auto"}
    svg.attrib |= {
        "xmlns": "http://www.w3.org/2000/svg",
        "font-family": "sans-serif",
        "font-size": "14",
    }
    svg.extend([_element("title", title), *parts])
    return Picture(tostring(svg, encoding="unicode"), title)


def _element(kind: str, words: str = "", **attributes: object) -> Element:
    """All that is drawn is made here, and ElementTree escapes it."""
    element = Element(
        kind, {name.replace("_", "-"): str(value) for name, value in attributes.items()}
    )
    element.text = words
    return element

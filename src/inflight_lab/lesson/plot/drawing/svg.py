"""SVG: its elements, a scale for them, and a picture that a notebook can show."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

WIDTH = 860
"""Pixels of a picture that fills its column."""

NARROW = 430
"""Pixels of a picture that a phone shows whole, in letters that can be read."""

BETWEEN_TIMES = 80
"""Pixels from one time on an axis to the next, at least."""


class Colour(NamedTuple):
    """A colour of the stage on a light page, and on a dark one."""

    light: str
    dark: str


def _colours_of_the_stage() -> dict[str, Colour]:
    """Those in its stylesheet, by what they mean there."""
    sheet = Path(__file__).parents[2] / "stage" / "stage.css"
    css = sheet.read_text(encoding="utf-8")
    pairs = re.findall(r"--ifl-(\w+): light-dark\((#\w+), (#\w+)\);", css)
    return {name: Colour(light, dark) for name, light, dark in pairs}


COLOURS = _colours_of_the_stage()

ANSWERED = COLOURS["answered"].light
REFUSED = COLOURS["refused"].light
BLUE = "#0072b2"
ORANGE = "#b86e00"
"""Of the plain pictures.  None is light or dark, so all can be read on any ground.
Blue and orange are Okabe and Ito's, which survive colour blindness."""

INK = "#666"
GRID = "#8080804d"

STYLE = """<style>
.ifl-picture { max-width: 100%; height: auto; }
:is([data-jp-theme-light="false"], .vscode-dark, .vscode-high-contrast, .dark)
.ifl-picture { filter: invert(1) hue-rotate(180deg); }
.jp-OutputArea:has(.ifl-picture)
.jp-OutputArea-output.jupyter-widgets:not(:has(*)) { font-size: 0; }
.jp-OutputArea:has(.ifl-picture)
.jp-OutputArea-output.jupyter-widgets:not(:has(*))::after {
  content: "The last run. For the live view run this cell again.";
  font-size: var(--jp-content-font-size1, 14px); font-style: italic;
}
</style>"""
"""In a notebook opened again JupyterLab finds no model for the widget: these words
replace its error."""


@dataclass(frozen=True)
class Picture:
    """A drawing without a background, at most as wide as its column.

    ``data`` is SVG; a screen reader says the ``title``.
    """

    data: str
    title: str

    def __repr__(self) -> str:
        return self.title

    def _repr_svg_(self) -> str:
        return self.data

    def _repr_html_(self) -> str:
        """As an image, because a notebook that is not trusted shows no SVG."""
        in_url = self.data.replace("%", "%25").replace("#", "%23")
        alt = escape(self.title)
        source = f"data:image/svg+xml,{escape(in_url)}"
        return f'{STYLE}<img class="ifl-picture" alt="{alt}" src="{source}">'


class Scale(NamedTuple):
    """The pixel of a number: ``first`` is at ``start``, and ``last`` at ``end``."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, number: float) -> float:
        """The pixel of ``number``, to a tenth."""
        share = (number - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)

    def round_numbers(self, at_most: int) -> list[float]:
        """Round numbers from 0 on, at equal distances, ``at_most`` + 1 of them at most.

        The scale begins at 0.
        """
        smallest = self.last / at_most
        power = 10.0 ** math.floor(math.log10(smallest))
        distances = (factor * power for factor in (1, 2, 5, 10))
        distance = next(each for each in distances if each >= smallest)
        count = math.floor(self.last / distance)
        return [distance * number for number in range(count + 1)]


def picture(
    parts: Iterable[Element],
    height: float,
    title: str,
    mark: str = "",
    *,
    width: int = WIDTH,
) -> Picture:
    """The picture of ``parts``; ``mark`` is its class."""
    svg = element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        style="max-width: 100%; height: auto",
        font_family="sans-serif",
        font_size=14,
    )
    svg.set("class", mark)
    svg.append(element("title", title))
    svg.extend(parts)
    return Picture(tostring(svg, encoding="unicode"), title)


def text(
    x: float, y: float, words: str, anchor: str = "start", **style: object
) -> Element:
    """Words that begin, end or are centred at ``x``."""
    return element("text", words, x=x, y=y, fill=INK, text_anchor=anchor, **style)


def line(path: str, colour: str, width: float = 1, *, dashes: str = "none") -> Element:
    """A line along ``path``."""
    return element(
        "path",
        d=path,
        fill="none",
        stroke=colour,
        stroke_width=width,
        stroke_dasharray=dashes,
    )


def marks(
    x: Scale, times: Iterable[float], top: float, bottom: float, colour: str
) -> list[Element]:
    """A short upright line at each of these times; nothing if there are none."""
    places = dict.fromkeys(x(time) for time in times)
    path = "".join(f"M{place} {top}V{bottom}" for place in places)
    return [line(path, colour, 2)] if path else []


def time_axis(x: Scale, bottom: float) -> list[Element]:
    """Lines from the top down to ``bottom`` at round times, with the times below."""
    parts = []
    room_for = int((x.end - x.start) / BETWEEN_TIMES)
    for time in x.round_numbers(at_most=room_for):
        parts.append(line(f"M{x(time)} 0V{bottom}", GRID))
        words = f"{number_of(time)} s"
        parts.append(text(x(time), bottom + 15, words, "middle"))
    return parts


def element(kind: str, words: str = "", **attributes: object) -> Element:
    """Make an element; ElementTree escapes its words and attributes."""
    made = Element(kind)
    made.text = words
    for name, value in attributes.items():
        made.set(name.replace("_", "-"), str(value))
    return made


def number_of(value: float) -> str:
    """A number as a person writes it: 1,502 or 15.2 or 0.02."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"


def many(count: int, what: str) -> str:
    """A number of things in words: 1 request, 2 requests."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"

"""SVG: its elements, and a picture of them that a notebook can show."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element, tostring

WIDTH = 860

BLUE = "#0072b2"
ORANGE = "#b86e00"
GREEN = "#00785a"
PURPLE = "#97527c"
RED = "#c23b00"
"""Okabe and Ito's colours, which survive colour blindness, nearly as in the live plot.
None is light or dark, so all can be read on any ground."""

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
        in_url = self.data.replace("%", "%25").replace("#", "%23")
        alt = escape(self.title)
        source = f"data:image/svg+xml,{escape(in_url)}"
        return f'{STYLE}<img class="ifl-picture" alt="{alt}" src="{source}">'


def picture(
    parts: Iterable[Element], height: float, title: str, mark: str = ""
) -> Picture:
    """The picture of ``parts``; ``mark`` is its class."""
    svg = element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
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


def bold(x: float, y: float, words: str) -> Element:
    """Bold words, above what they name."""
    return text(x, y, words, font_weight=600)


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


def element(kind: str, words: str = "", **attributes: object) -> Element:
    """All that is drawn is made here, and ElementTree escapes it."""
    made = Element(kind)
    made.text = words
    for name, value in attributes.items():
        made.set(name.replace("_", "-"), str(value))
    return made

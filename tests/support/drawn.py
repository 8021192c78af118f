"""What the plot's canvas shows, read as a person reads it: words, and lines against
their axes.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from playwright.sync_api import Page

SPY = """
const pen = CanvasRenderingContext2D.prototype, drawings = new WeakMap();
function note(name, take) {
  const usual = pen[name];
  pen[name] = function (...given) { take.call(this, ...given); return usual.apply(this, given); };
}
note("clearRect", function () { drawings.set(this.canvas, { words: [], lines: [] }); });
note("beginPath", function () { this.points = []; });
note("moveTo", function (x, y) { this.points.push([x, y]); });
note("lineTo", function (x, y) { this.points.push([x, y]); });
note("stroke", function () {
  const dashes = this.getLineDash().join(" ");
  drawings.get(this.canvas)?.lines.push({ colour: this.strokeStyle, dashes, points: this.points });
});
note("fillText", function (text, x, y) {
  const { width } = this.measureText(text), large = this.getTransform().a / devicePixelRatio;
  const left = x - { left: 0, center: width / 2, right: width }[this.textAlign];
  const size = parseFloat(this.font.match(/[0-9.]+px/)[0]);
  drawings.get(this.canvas)?.words.push({ text: `${text}`, left, right: left + width, y, size, large });
});
window.drawnOn = (canvas) => drawings.get(canvas);
window.plotDrawn = (lane) => drawnOn(document.querySelectorAll(".ifl-lines canvas")[lane]);
"""
COLOURS = {
    "server": "#0072b2",
    "client": "#b86e00",
    "limit": "10 6",
    "tokens": "#00785a",
}
"""Of a line, or its dashes."""
TITLES = (
    "in flight",
    "waiting",
    "sent in the last period",
    "tokens in the last period",
)
"""Of the strips, from the top down."""


class Word(NamedTuple):
    """Some words, with the pixels where they begin and end, of their base line and of
    their size.
    """

    text: str
    left: float
    right: float
    y: float
    size: float


class Plot(NamedTuple):
    """All that stands in one plot."""

    words: list[Word]
    lines: list[tuple[str, list[tuple[float, float]]]]
    """Colour and dashes of each line, and its corners in pixels."""

    def texts(self) -> list[str]:
        """The words alone."""
        return [word.text for word in self.words]

    def word(self, text: str) -> Word:
        """The only one that is ``text``."""
        (found,) = [word for word in self.words if word.text == text]
        return found

    def axis(self, title: str) -> list[Word]:
        """The numbers beside the strip with this title, from the lowest."""
        below = sorted(word.y for word in self.words if word.text in TITLES)
        top = self.word(title).y
        bottom = min((y for y in below if y > top), default=float("inf"))
        return [
            word
            for word in self.words
            if word.text.isdigit() and word.right < 52 and top < word.y < bottom
        ]

    def line(self, name: str, title: str = "in flight") -> list[tuple[float, float]]:
        """The corners of a line of the strip with this title, in seconds and requests
        or tokens.
        """
        top, (low, *_, high) = self.word(title).y, self.axis(title)
        begin, *_, end = [word for word in self.words if word.text.endswith(" s")]
        return [
            (
                float(begin.text[:-2])
                + (x - middle(begin))
                / (middle(end) - middle(begin))
                * (float(end.text[:-2]) - float(begin.text[:-2])),
                float(high.text) * (low.y - 5 - y) / (low.y - high.y),
            )
            for style, points in self.lines
            if COLOURS[name] in style and all(top < y < low.y for _, y in points)
            for x, y in points
        ]


def middle(word: Word) -> float:
    """Where the middle of a word is."""
    return (word.left + word.right) / 2


def spy_on(page: Page) -> None:
    """Note what is drawn on the pages that are opened from now on."""
    page.add_init_script(f"(() => {{ {SPY} }})()")


def words_of(drawn: dict[str, Any]) -> list[Word]:
    """The words of a drawing, in the pixels of the page."""
    return [
        Word(
            word["text"],
            *(word["large"] * word[key] for key in ("left", "right", "y", "size")),
        )
        for word in drawn["words"]
    ]


def pictures_on(page: Page) -> list[list[Word]]:
    """The words of each picture that is to be seen, once all are drawn in the size that
    they have now.
    """
    seen = """() => {
        const seen = [...document.querySelectorAll("canvas")].filter((each) => each.checkVisibility());
        const now = (canvas) => canvas.getContext("2d").getTransform().a / devicePixelRatio;
        return seen.every((each) => drawnOn(each)?.words[0]?.large === now(each)) && seen.map(drawnOn);
    }"""
    return [words_of(each) for each in page.wait_for_function(seen).json_value()]


def plot_on(
    page: Page, lane: int = 0, *, when: str = "plot", says: Sequence[str] = ()
) -> Plot:
    """The plot of a lane, once it is drawn, ``when`` is true of it and it ``says`` each
    of these words.
    """
    says_all = f"{json.dumps(says)}.every((word) => plot.words.some(({{ text }}) => text === word))"
    drawn = page.wait_for_function(  # that very drawing: the next one may be another
        f"lane => {{ const plot = plotDrawn(lane); return plot && ({when}) && {says_all} && plot; }}",
        arg=lane,
        timeout=20_000,
    ).json_value()
    return Plot(
        words_of(drawn),
        [
            (
                f"{line['colour']} {line['dashes']}",
                [tuple(point) for point in line["points"]],
            )
            for line in drawn["lines"]
        ],
    )

"""What the plot's canvas shows, read as a person reads it: words, and lines against
their axes.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from playwright.sync_api import Page

from tests.support.javascript import Functions

NOTE_DRAWINGS = Functions("drawn.js")["noteDrawings"]
COLOURS = {"server": "#0072b2"}
"""Of a line that has one of its own."""
DASHES = {"client": "3 4", "limit": "10 6"}
"""Of a line that is not solid."""
TITLES = ("in flight", "waiting", "sent in the last ", "tokens in the last ")
"""How the titles of the strips begin, from the top down."""

CURSOR_PIXELS = 2
"""How wide a cursor is; nothing else has this width."""


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
    lines: list[tuple[str, str, list[tuple[float, float]]]]
    """Colour and dashes of each line, and its corners in pixels."""
    cursors: list[float]
    """Where the bars stand that are as thin as a cursor, in pixels."""

    def texts(self) -> list[str]:
        """The words alone."""
        return [word.text for word in self.words]

    def word(self, text: str) -> Word:
        """The only one that is ``text``, perhaps explained in brackets."""
        explained = f"{text} ("
        (found,) = [
            word
            for word in self.words
            if word.text == text or word.text.startswith(explained)
        ]
        return found

    def axis(self, title: str) -> list[Word]:
        """The numbers beside the strip with this title, from the lowest."""
        below = sorted(word.y for word in self.words if word.text.startswith(TITLES))
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
        return [
            (
                self.time_at(x),
                float(high.text) * (low.y - 5 - y) / (low.y - high.y),
            )
            for colour, dashes, points in self.lines
            if colour == COLOURS.get(name, colour) and dashes == DASHES.get(name, "")
            if all(top < y < low.y for _, y in points)
            for x, y in points
        ]

    def time_at(self, x: float) -> float:
        """What the axis of time says at a pixel."""
        begin, *_, end = [word for word in self.words if word.text.endswith(" s")]
        first, last = float(begin.text[:-2]), float(end.text[:-2])
        share = (x - middle(begin)) / (middle(end) - middle(begin))
        return first + share * (last - first)


def middle(word: Word) -> float:
    """Where the middle of a word is."""
    return (word.left + word.right) / 2


def spy_on(page: Page) -> None:
    """Note what is drawn on the pages that are opened from now on."""
    page.add_init_script(f"({NOTE_DRAWINGS})()")


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
        const all = [...document.querySelectorAll("canvas")];
        const seen = all.filter((canvas) => canvas.checkVisibility());
        const isUpToDate = (canvas) => {
            const zoom = canvas.getContext("2d").getTransform().a;
            return drawnOn(canvas)?.words[0]?.large === zoom / devicePixelRatio;
        };
        return seen.every(isUpToDate) && seen.map(drawnOn);
    }"""
    return [words_of(each) for each in page.wait_for_function(seen).json_value()]


def plot_on(
    page: Page, lane: int = 0, *, when: str = "plot", says: Sequence[str] = ()
) -> Plot:
    """The plot of a lane, once it is drawn, ``when`` is true of it and it ``says`` each
    of these words.
    """
    condition = f"""lane => {{
        const plot = plotDrawn(lane);
        const says = (word) => plot.words.some(({{ text }}) => text === word);
        return plot && ({when}) && {json.dumps(says)}.every(says) && plot;
    }}"""
    drawn = page.wait_for_function(  # that very drawing: the next one may be another
        condition,
        arg=lane,
        timeout=20_000,
    ).json_value()
    return Plot(
        words_of(drawn),
        [
            (
                line["colour"],
                line["dashes"],
                [tuple(point) for point in line["points"]],
            )
            for line in drawn["lines"]
        ],
        [bar["x"] + 1 for bar in drawn["bars"] if bar["width"] == CURSOR_PIXELS],
    )

"""Numbers of several runs compared, as bars."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.svg import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    WIDTH,
    Picture,
    Scale,
    element,
    number_of,
    picture,
    text,
)

LEFT = 170
"""Pixels for the labels."""

RIGHT = 190
"""Pixels for the numbers."""

COLOURS = (BLUE, ORANGE, GREEN, PURPLE)


def draw_bars(series: Mapping[str, Mapping[str, float]], *, title: str) -> Picture:
    """One horizontal bar per number: ``{"with tasks": {"1,000": 1.5, "10,000": 15}}``.

    Bars with the same label stand together, and each number stands beside its bar, so
    that a short one can be read too.  There are up to four series; their numbers are
    finite, and 0 or more.
    """
    numbers = [number for each in series.values() for number in each.values()]
    labels = dict.fromkeys(label for each in series.values() for label in each)
    x = Scale(0, max(numbers, default=0) or 1, LEFT, WIDTH - RIGHT)
    parts = [text(12, 24, title, font_weight=600)]
    spoken = []
    y = 44
    for label in labels:
        parts.append(text(LEFT - 10, y + 12, label, "end"))
        said = []
        for (name, each), colour in zip(series.items(), COLOURS, strict=False):
            if label in each:
                words = f"{number_of(each[label])} {name}"
                parts += _bar(x(each[label]), y, words, colour)
                said.append(words)
                y += 18
        spoken.append(f"{label}: {', '.join(said)}")
        y += 10
    return picture(parts, y, f"{title}. {'; '.join(spoken)}.")


def _bar(end: float, y: float, words: str, colour: str) -> list[Element]:
    """A bar, at least as long as can be seen, with words beside it."""
    width = max(1, round(end - LEFT, 1))
    return [
        element("rect", x=LEFT, y=y, width=width, height=14, fill=colour),
        text(end + 6, y + 12, words, font_size=13),
    ]

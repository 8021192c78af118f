"""Numbers of several runs compared, as bars."""

from collections.abc import Iterable, Mapping
from itertools import cycle
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, number_of
from inflight_lab.plot.drawing.svg import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    WIDTH,
    Picture,
    element,
    picture,
    text,
)

LEFT_MARGIN = 170
"""Pixels for the names."""

RIGHT_MARGIN = 190
"""Pixels for the numbers."""

BAR = 14
BAR_DISTANCE = 18
GROUP_GAP = 10


def draw_bars(series: Mapping[str, Mapping[str, float]], *, title: str) -> Picture:
    """One horizontal bar per number: ``{"with tasks": {"1,000": 1.5, "10,000": 15}}``.

    Bars with the same label stand together, and each number stands beside its bar, so
    that a short one can be read too.  The picture's title says them all, for those who
    hear it.  Numbers are finite, and 0 or more.
    """
    numbers = [number for each in series.values() for number in each.values()]
    labels = dict.fromkeys(label for each in series.values() for label in each)
    x = _from_zero(numbers)
    parts = [text(12, 24, title, font_weight=600)]
    y = 44
    for label in labels:
        parts.append(text(LEFT_MARGIN - 10, y + 12, label, "end"))
        colours = cycle((BLUE, ORANGE, GREEN, PURPLE))
        for name, each in series.items():
            colour = next(colours)
            if label in each:
                parts += _bar(x, y, each[label], name=name, colour=colour)
                y += BAR_DISTANCE
        y += GROUP_GAP
    return picture(parts, y, _spoken_bars(series, labels, title=title))


def _spoken_bars(
    series: Mapping[str, Mapping[str, float]], labels: Iterable[str], *, title: str
) -> str:
    """The title, and the numbers of each group of bars."""
    groups = []
    for label in labels:
        numbers = [
            f"{number_of(each[label])} {name}"
            for name, each in series.items()
            if label in each
        ]
        groups.append(f"{label}: {', '.join(numbers)}")
    return f"{title}. {'; '.join(groups)}."


def _bar(x: Scale, y: float, number: float, *, name: str, colour: str) -> list[Element]:
    """A bar, at least as long as can be seen, and its number."""
    width = max(1, round(x(number) - x.start, 1))
    words = f"{number_of(number)} {name}"
    return [
        element("rect", x=x.start, y=y, width=width, height=BAR, fill=colour),
        text(x(number) + 6, y + 12, words, font_size=13),
    ]


def _from_zero(numbers: list[float]) -> Scale:
    """From 0 to the largest of ``numbers``, with room for words on both sides."""
    return Scale(0, max(numbers, default=0) or 1, LEFT_MARGIN, WIDTH - RIGHT_MARGIN)

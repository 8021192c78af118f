"""Numbers of several runs compared, as bars."""

from collections.abc import Mapping

from inflight_lab.plot.drawing.svg import (
    BLUE,
    INK,
    NARROW,
    ORANGE,
    Picture,
    Scale,
    element,
    line,
    number_of,
    picture,
    text,
)

LABEL = 92
"""Where the labels end.  The numbers follow."""

LEFT = 244
"""Where the bars begin."""

RIGHT = 14

COLOURS = (BLUE, ORANGE)


def draw_bars(
    series: Mapping[str, Mapping[str, float]],
    *,
    title: str,
    allowed: float | None = None,
) -> Picture:
    """One horizontal bar per number: ``{"with tasks": {"1,000": 1.5, "10,000": 15}}``.

    Bars with the same label stand together, and each number stands before its bar.
    There are one or two series with the same labels; their numbers are finite, and 0 or
    more.  A dashed line marks what is ``allowed``, as the heading says.
    """
    numbers = [number for each in series.values() for number in each.values()]
    numbers.append(allowed or 0)
    labels = dict.fromkeys(label for each in series.values() for label in each)
    x = Scale(0, max(numbers) or 1, LEFT, NARROW - RIGHT)
    dashed = "" if allowed is None else f"Dashed line: {number_of(allowed)} allowed."
    heading = f"{title}. {dashed}".rstrip()
    parts = [text(12, 24, heading, font_weight=600)]
    spoken = [heading]
    y = 44
    for label in labels:
        parts.append(text(LABEL, y + 12, label, "end"))
        for (name, each), colour in zip(series.items(), COLOURS, strict=False):
            # At least as long as can be seen.
            width = max(1, x(each[label]) - LEFT)
            words = f"{number_of(each[label])} {name}"
            parts.append(
                element("rect", x=LEFT, y=y, width=width, height=14, fill=colour)
            )
            parts.append(text(LABEL + 12, y + 12, words))
            spoken.append(f"{label}: {words}.")
            y += 18
        y += 10
    if allowed is not None:
        parts.append(line(f"M{x(allowed)} 32V{y - 8}", INK, 1.5, dashes="9 5"))
    return picture(parts, y, " ".join(spoken), width=NARROW)

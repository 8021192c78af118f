"""A stack of requests as a bar: what became of them, from its bottom to its top."""

from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale
from inflight_lab.plot.drawing.stacks import Known, Stack
from inflight_lab.plot.drawing.svg import GREEN, INK, RED, element

WIDTH_OF_A_BAR = 5
GAP = 1
"""Pixels: a bar, and the room after it."""

HIGHEST = 46
LOWEST = 8
"""Pixels: the highest stack of many, and a single request among many."""

ONE_OF_FEW = 16
"""Pixels: a request where no stack has many."""

SHORTER = 0.6
"""Refused requests are drawn at this share of the height: colours are not enough."""

COLOURS: dict[Known, str] = {"answered": GREEN, "sent": INK, "refused": RED}
"""From the bottom of a stack to its top."""


class Axes(NamedTuple):
    """What all strips share."""

    x: Scale
    most: int
    """The most requests in a stack."""

    def height(self, count: int) -> float:
        """Pixels of a stack of ``count`` requests; a single one can be seen, too."""
        highest = min(HIGHEST, ONE_OF_FEW * self.most)
        lowest = max(LOWEST, highest / self.most)
        share_of_the_rest = (count - 1) / max(1, self.most - 1)
        return lowest + share_of_the_rest * (highest - lowest)


def draw_stack(axes: Axes, bottom: float, stack: Stack) -> list[Element]:
    """A bar of the stack's requests, in the order of `COLOURS`."""
    height = axes.height(len(stack.marks))
    parts = []
    for known, colour in COLOURS.items():
        share = stack.count(known) / len(stack.marks)
        if not share:
            continue
        lower = SHORTER if known == "refused" else 1
        part = round(share * height * lower, 1)
        bottom = round(bottom - part, 1)
        parts.append(
            element(
                "rect",
                x=axes.x(stack.begin),
                y=bottom,
                width=WIDTH_OF_A_BAR,
                height=part,
                fill=colour,
            )
        )
    return parts

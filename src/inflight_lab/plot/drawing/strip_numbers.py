"""The numbers in a strip: how many requests came together, and what became of them."""

from collections.abc import Sequence
from statistics import median
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale
from inflight_lab.plot.drawing.stack_bars import COLOURS, GAP, WIDTH_OF_A_BAR, Axes
from inflight_lab.plot.drawing.stacks import Stack, bursts_of
from inflight_lab.plot.drawing.svg import INK, text

DIGIT = 10
"""Pixels of a digit."""

NUMBERS_FROM = 5
NUMBER_ROW = 19
"""Pixels: from the bottom to the lowest number of a burst, and from row to row."""

BURST_GAP = 24
"""Pixels without a request between two bursts: room for a number."""

WIDEST_BURST = 60
"""Pixels: what is wider is a stream."""

SEEN_APART = 2 * (WIDTH_OF_A_BAR + GAP)
"""Pixels from a bar to the next: those that are closer stand beside each other."""

STANDS_OUT = 4
"""Of a stream, stacks of so many have a number, if that is twice the usual."""


def draw_numbers(axes: Axes, bottom: float, stacks: list[Stack]) -> list[Element]:
    """Numbers beside each burst, or in a stream above what stands out."""
    bursts = bursts_of(stacks, BURST_GAP * axes.x.per_pixel)
    if any(_width(axes.x, burst) > WIDEST_BURST for burst in bursts):
        return _above(axes, bottom, stacks)
    parts = []
    for burst in bursts:
        parts += _beside(axes.x, bottom, burst)
    return parts


def standing_out(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks that are much higher than usual."""
    usual = median(len(stack.marks) for stack in stacks)
    least = max(STANDS_OUT, 2 * usual)
    return [stack for stack in stacks if len(stack.marks) >= least]


def _width(x: Scale, burst: list[Stack]) -> float:
    return x(burst[-1].begin) + WIDTH_OF_A_BAR - x(burst[0].begin)


def _beside(x: Scale, bottom: float, burst: list[Stack]) -> list[Element]:
    """How many of a burst became what, in the order of `COLOURS`.

    The lowest row is only for those that were answered, so that one finds them.
    """
    if sum(len(stack.marks) for stack in burst) == 1:
        return []
    at = x(burst[-1].begin) + WIDTH_OF_A_BAR + 4
    y = bottom - NUMBERS_FROM
    parts = []
    for known, colour in COLOURS.items():
        count = sum(stack.count(known) for stack in burst)
        if count:
            parts.append(_number(at, y, count, colour=colour))
        if count or known == "answered":
            y -= NUMBER_ROW
    return parts


def _above(axes: Axes, bottom: float, stacks: list[Stack]) -> list[Element]:
    """How many are in the stacks that stand out of a stream."""
    gap = SEEN_APART * axes.x.per_pixel
    parts: list[Element] = []
    free = 0.0
    for burst in bursts_of(standing_out(stacks), gap):
        counts = [len(stack.marks) for stack in burst]
        at = axes.x(burst[0].begin) - 2
        if at < free:
            continue
        top = bottom - axes.height(max(counts))
        parts.append(_number(at, top - 3, sum(counts), colour=INK))
        free = at + DIGIT * (len(str(sum(counts))) + 1)
    return parts


def _number(x: float, y: float, number: int, *, colour: str) -> Element:
    """A number that can be read from afar."""
    made = text(x, y, str(number), font_weight=600, font_size=16)
    made.set("fill", colour)
    return made

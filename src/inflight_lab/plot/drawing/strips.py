"""The requests of several runs compared: one strip per run, on one axis of time."""

from collections.abc import Iterable, Mapping
from statistics import median
from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, number_of
from inflight_lab.plot.drawing.in_words import bursts_in_words
from inflight_lab.plot.drawing.stacks import (
    Known,
    Mark,
    Stack,
    bursts_of,
    marks_of,
    stacks_of,
)
from inflight_lab.plot.drawing.svg import (
    GREEN,
    GRID,
    INK,
    RED,
    WIDTH,
    Picture,
    element,
    line,
    picture,
    text,
)
from inflight_lab.runs.events import Event

LEFT_MARGIN = 150
"""Pixels for the names."""

RIGHT_MARGIN = 216
"""Pixels for the numbers of the last burst, and for notes."""

NOTE = 38
"""Pixels from the last request to the notes."""

STRIP = 64
"""Pixels from one strip to the next."""

HIGHEST = 46
LOWEST = 8
"""Pixels: the highest stack of many, and a single request among many."""

ONE_OF_FEW = 16
"""Pixels: a request where no stack has many."""

SHORTER = 0.6
"""Refused requests are drawn at this share of the height: colours are not enough."""

DIGIT = 10
"""Pixels of a digit."""

NUMBERS_FROM = 5
NUMBER_ROW = 19
"""Pixels: from the bottom to the lowest number of a burst, and from row to row."""

STACK_WIDTH = 5
STACK_GAP = 1
"""Pixels."""

BURST_GAP = 24
"""Pixels without a request between two bursts: room for a number."""

WIDEST_BURST = 60
"""Pixels: what is wider is a stream."""

STANDS_OUT = 4
"""Of a stream, stacks of so many have a number, if that is twice the usual."""

MOST_TIMES = 8
"""How many times are written below the strips at most."""

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


def draw_strips(
    runs: Mapping[str, Iterable[Event]], *, notes: Mapping[str, str] | None = None
) -> Picture:
    """One strip per run, on one axis of time; requests that came together are stacked.

    ``runs`` are a server's timeline events by the run's name; ``notes`` are a few words
    for the end of each strip, in place of its counts.  Refused requests are on top of
    a stack, red, and shorter.  A burst has numbers beside it, in the same order and
    colours: how many were answered, had no answer, and were refused.  Of a stream only
    what stands out has a number.
    """
    marks = {name: marks_of(events) for name, events in runs.items()}
    x = _time_scale(mark.time for each in marks.values() for mark in each)
    width = (STACK_WIDTH + STACK_GAP) * x.per_pixel
    stacks = {name: stacks_of(each, width) for name, each in marks.items()}
    axes = Axes(x, _most_in(stacks.values()))
    parts: list[Element] = []
    bottom = STRIP - 4.0
    for name, each in stacks.items():
        note = (notes or {}).get(name) or _counts_of(marks[name])
        parts += _strip(axes, bottom, each, name=name, note=note)
        bottom += STRIP
    end = len(marks) * STRIP
    parts += _times(x, end)
    caption = _caption(mark for each in marks.values() for mark in each)
    parts.append(text(LEFT_MARGIN, end + 38, caption))
    spoken = [_in_words(x, name, each, stacks[name]) for name, each in marks.items()]
    return picture(parts, end + 50, f"{' '.join(spoken)} {caption}")


def _time_scale(times: Iterable[float]) -> Scale:
    last = max(times, default=0.0) or 1.0
    return Scale(0, last, LEFT_MARGIN, WIDTH - RIGHT_MARGIN)


def _most_in(strips: Iterable[list[Stack]]) -> int:
    sizes = [len(stack.marks) for stacks in strips for stack in stacks]
    return max(sizes, default=1)


def _counts_of(marks: list[Mark]) -> str:
    """How many requests a strip has, and how many of them were refused."""
    refused = sum(mark.known == "refused" for mark in marks)
    return f"{len(marks)} requests, {refused} refused"


def _in_words(x: Scale, name: str, marks: list[Mark], stacks: list[Stack]) -> str:
    """A strip in a sentence, for those who do not see it."""
    bursts = bursts_in_words(bursts_of(stacks, BURST_GAP * x.per_pixel))
    counts = _counts_of(marks)
    return f"{name}: {counts} ({bursts})." if bursts else f"{name}: {counts}."


def _caption(marks: Iterable[Mark]) -> str:
    """How to read the strips: only what there is in them."""
    seen = {mark.known for mark in marks}
    parts = ["When each request came, those together stacked.  Green: answered"]
    if "refused" in seen:
        parts.append("red, shorter: refused")
    if "sent" in seen:
        parts.append("grey: no answer")
    return "; ".join(parts)


def _strip(
    axes: Axes, bottom: float, stacks: list[Stack], *, name: str, note: str
) -> list[Element]:
    x = axes.x
    parts = [
        text(LEFT_MARGIN - 12, bottom - 5, name, "end"),
        line(f"M{x.start} {bottom + 0.5}H{x.end + STACK_WIDTH}", GRID),
    ]
    for stack in stacks:
        parts += _stack(axes, bottom, stack)
    bursts = bursts_of(stacks, BURST_GAP * x.per_pixel)
    if all(_width(x, burst) <= WIDEST_BURST for burst in bursts):
        for burst in bursts:
            parts += _numbers_beside(x, bottom, burst)
    else:
        parts += _numbers_above(axes, bottom, stacks)
    parts.append(text(x.end + NOTE, bottom - 5, note))
    return parts


def _width(x: Scale, burst: list[Stack]) -> float:
    return x(burst[-1].begin) + STACK_WIDTH - x(burst[0].begin)


def _stack(axes: Axes, bottom: float, stack: Stack) -> list[Element]:
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
                width=STACK_WIDTH,
                height=part,
                fill=colour,
            )
        )
    return parts


def _numbers_beside(x: Scale, bottom: float, burst: list[Stack]) -> list[Element]:
    """How many of a burst became what, in the order of `COLOURS`.

    The lowest row is only for those that were answered, so that one finds them.
    """
    if sum(len(stack.marks) for stack in burst) == 1:
        return []
    at = x(burst[-1].begin) + STACK_WIDTH + 4
    y = bottom - NUMBERS_FROM
    parts = []
    for known, colour in COLOURS.items():
        count = sum(stack.count(known) for stack in burst)
        if count:
            parts.append(_number(at, y, count, colour=colour))
        if count or known == "answered":
            y -= NUMBER_ROW
    return parts


def _numbers_above(axes: Axes, bottom: float, stacks: list[Stack]) -> list[Element]:
    """How many are in the stacks that stand out of a stream."""
    usual = median(len(stack.marks) for stack in stacks)
    parts: list[Element] = []
    free = 0.0
    for stack in stacks:
        count = len(stack.marks)
        at = axes.x(stack.begin) - 2
        if count < max(STANDS_OUT, 2 * usual) or at < free:
            continue
        top = bottom - axes.height(count)
        parts.append(_number(at, top - 3, count, colour=INK))
        free = at + DIGIT * (len(str(count)) + 1)
    return parts


def _number(x: float, y: float, number: int, *, colour: str) -> Element:
    """A number that can be read from afar."""
    made = text(x, y, str(number), font_weight=600, font_size=16)
    made.set("fill", colour)
    return made


def _times(x: Scale, bottom: float) -> list[Element]:
    """The axis below the strips."""
    parts = []
    for time in x.round_numbers(MOST_TIMES):
        parts.append(line(f"M{x(time)} 0V{bottom}", GRID))
        parts.append(text(x(time), bottom + 15, f"{number_of(time)} s", "middle"))
    return parts

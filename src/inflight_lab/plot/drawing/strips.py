"""The requests of several runs compared: one strip per run, on one axis of time."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, number_of
from inflight_lab.plot.drawing.stack_bars import GAP, WIDTH_OF_A_BAR, Axes, draw_stack
from inflight_lab.plot.drawing.stacks import Mark, Stack, marks_of, stacks_of
from inflight_lab.plot.drawing.strip_in_words import strip_in_words
from inflight_lab.plot.drawing.strip_numbers import draw_numbers
from inflight_lab.plot.drawing.svg import GRID, WIDTH, Picture, line, picture, text
from inflight_lab.plot.sentence.words import many
from inflight_lab.runs.events import Event

LEFT_MARGIN = 150
"""Pixels for the names."""

RIGHT_MARGIN = 216
"""Pixels for the numbers of the last burst, and for notes."""

NOTE = 38
"""Pixels from the last request to the notes."""

STRIP = 64
"""Pixels from one strip to the next."""

MOST_TIMES = 8
"""How many times are written below the strips at most."""


class Strip(NamedTuple):
    """What a strip shows."""

    name: str
    marks: list[Mark]
    stacks: list[Stack]

    @property
    def counts(self) -> str:
        """How many requests it has, and how many of them were refused."""
        refused = sum(mark.known == "refused" for mark in self.marks)
        return f"{many(len(self.marks), 'request')}, {refused} refused"

    def in_words(self, x: Scale) -> str:
        """A sentence for people who do not see it."""
        if not self.stacks:
            return f"{self.name}: {self.counts}."
        return f"{self.name}: {self.counts}: {strip_in_words(self.stacks, x)}."


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
    every = list(chain.from_iterable(marks.values()))
    x = _time_scale(every)
    strips = [_strip_of(name, each, x) for name, each in marks.items()]
    axes = Axes(x, _most_in(strips))
    parts: list[Element] = []
    bottom = STRIP - 4.0
    for strip in strips:
        note = (notes or {}).get(strip.name) or strip.counts
        parts += _draw(axes, bottom, strip, note)
        bottom += STRIP
    end = len(strips) * STRIP
    parts += _times(x, end)
    caption = _caption(every)
    parts.append(text(LEFT_MARGIN, end + 38, caption))
    spoken = [strip.in_words(x) for strip in strips]
    return picture(parts, end + 50, " ".join([*spoken, caption]))


def _time_scale(marks: list[Mark]) -> Scale:
    last = max((mark.time for mark in marks), default=0.0) or 1.0
    return Scale(0, last, LEFT_MARGIN, WIDTH - RIGHT_MARGIN)


def _strip_of(name: str, marks: list[Mark], x: Scale) -> Strip:
    width = (WIDTH_OF_A_BAR + GAP) * x.per_pixel
    return Strip(name, marks, stacks_of(marks, width))


def _most_in(strips: list[Strip]) -> int:
    sizes = [len(stack.marks) for strip in strips for stack in strip.stacks]
    return max(sizes, default=1)


def _caption(marks: list[Mark]) -> str:
    """How to read the strips: only what there is in them."""
    seen = {mark.known for mark in marks}
    parts = ["When each request came, those together stacked.  Green: answered"]
    if "refused" in seen:
        parts.append("red, shorter: refused")
    if "sent" in seen:
        parts.append("grey: no answer")
    return "; ".join(parts)


def _draw(axes: Axes, bottom: float, strip: Strip, note: str) -> list[Element]:
    """A strip: its name, its stacks with their numbers, and the note at its end."""
    x = axes.x
    parts = [
        text(LEFT_MARGIN - 12, bottom - 5, strip.name, "end"),
        line(f"M{x.start} {bottom + 0.5}H{x.end + WIDTH_OF_A_BAR}", GRID),
    ]
    for stack in strip.stacks:
        parts += draw_stack(axes, bottom, stack)
    parts += draw_numbers(axes, bottom, strip.stacks)
    parts.append(text(x.end + NOTE, bottom - 5, note))
    return parts


def _times(x: Scale, bottom: float) -> list[Element]:
    """The axis below the strips."""
    parts = []
    for time in x.round_numbers(MOST_TIMES):
        parts.append(line(f"M{x(time)} 0V{bottom}", GRID))
        parts.append(text(x(time), bottom + 15, f"{number_of(time)} s", "middle"))
    return parts

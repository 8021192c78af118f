"""The scale of an axis, and the numbers on it."""

import math
from typing import NamedTuple

NUMBER_GAP = 24
"""Pixels from one number of a height axis to the next at the least."""

MOST_NUMBERS = 5
FEWEST_NUMBERS = 2
"""How many numbers a height axis has besides 0, about."""


class Scale(NamedTuple):
    """The pixel of a number: ``first`` is at ``start``, and ``last`` at ``end``."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, number: float) -> float:
        """The pixel of ``number``, to a tenth."""
        share = (number - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def per_pixel(self) -> float:
        """By how much two numbers differ that are a pixel apart."""
        return (self.last - self.first) / (self.end - self.start)

    def round_numbers(self, at_most: int) -> list[float]:
        """Round numbers at equal distances, about ``at_most`` of them."""
        step = nice_step(self.last - self.first, at_most)
        first = math.ceil(self.first / step)
        last = math.floor(self.last / step)
        return [step * count for count in range(first, last + 1)]


def nice_step(span: float, at_most: float) -> float:
    """The smallest of 1, 2, 5, 10 ... that fits into ``span`` at most so many times.

    It may also be 0.1, 0.2, 0.5 and so on.
    """
    rough = span / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def axis_top(level: float) -> float:
    """The top of a height axis that has to reach ``level``."""
    step = max(1.0, nice_step(level, MOST_NUMBERS))
    return step * math.ceil(level * 1.04 / step)


def axis_numbers(top: float, pixels: float) -> list[float]:
    """The numbers beside a height axis of this height: 0, and round steps from there.

    The top need not be one of them.
    """
    fitting = pixels / NUMBER_GAP
    most = min(MOST_NUMBERS, max(FEWEST_NUMBERS, fitting))
    step = max(1.0, nice_step(top, most))
    return [step * count for count in range(math.floor(top / step) + 1)]


def short(number: float) -> str:
    """A number in the short form that fits beside an axis: 2000, 30k."""
    if number < 10_000:
        return f"{number:g}"
    return f"{round(number / 1000, 1):g}k"


def number_of(value: float) -> str:
    """A number as a person writes it: 1,502 or 15.2 or 0.02."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"

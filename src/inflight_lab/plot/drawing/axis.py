"""The scale of an axis, and the numbers on it."""

import math
from typing import NamedTuple


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


def nice_step(span: float, at_most: int) -> float:
    """The smallest of 1, 2, 5, 10 ... that fits into ``span`` at most so many times.

    It may also be 0.1, 0.2, 0.5 and so on.
    """
    rough = span / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def number_of(value: float) -> str:
    """A number as a person writes it: 1,502 or 15.2 or 0.02."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"

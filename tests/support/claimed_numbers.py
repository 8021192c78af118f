"""Numbers of the prose that a notebook's claims explain: computed, or documented."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any, NamedTuple

from inflight_lab.exercises import calculator
from tests.support.mentions import Mention
from tests.support.sections import ProseNumber, Section, plain

NEEDS_NO_SOURCE = {0, 1, 2, 10, 60, 100, 1000}
"""Numbers that an expression may have although no code shows them."""

NAMES: dict[str, Any] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round,
    "min": min,
    "max": max,
    "sum": sum,
    "range": range,
    "of": resolve_name,
    "bursts": calculator.bursts,
    "limit_for": calculator.limit_for,
    "rate_for": calculator.rate_for,
    "safe_limit": calculator.safe_limit,
}


class Apart(NamedTuple):
    """An expression for a number of something that no cell here runs.

    What is printed beside it under the same name is about something else.
    """

    expression: str


class Documented(NamedTuple):
    """Where a number is written that no cell can compute."""

    where: str


Explanation = str | Apart | Documented
Explained = Mapping[str, Explanation | tuple[Explanation, ...]]


@dataclass(frozen=True)
class Shown:
    """What a notebook shows that expressions may be made of."""

    in_code: set[float]
    printed: Mapping[str, Sequence[float]]
    """By the id of the cell."""

    def has(self, number: float) -> bool:
        """Whether a reader can see where the number is from."""
        in_outputs = any(number in numbers for numbers in self.printed.values())
        return number in self.in_code | NEEDS_NO_SOURCE or in_outputs


@dataclass(frozen=True)
class Claim:
    """One number's explanation."""

    explanation: Explanation
    shown: Shown

    @property
    def is_apart(self) -> bool:
        """Whether what is printed beside the number is about something else."""
        return not isinstance(self.explanation, str)

    def wrong_with(self, mention: Mention) -> str:
        """What is wrong with the number, or with its explanation."""
        if isinstance(self.explanation, Documented):
            return ""
        expression = self.explanation
        if isinstance(expression, Apart):
            expression = expression.expression
        if unseen := [n for n in literals_in(expression) if not self.shown.has(n)]:
            return f"is claimed to be {expression}, but no code shows {unseen[0]:g}"
        value = self.value_of(expression)
        factor = {"%": 100, "ms": 1000}.get(mention.unit, 1)
        if mention.is_about(value) or mention.is_about(factor * value):
            return ""
        return f"is claimed to be {expression}, which is {value:g}"

    def value_of(self, expression: str) -> float:
        """What it computes."""
        names = NAMES | {"printed": self.shown.printed.__getitem__}
        return float(eval(expression, {"__builtins__": {}}, names))


class Claims:
    """All explanations of a notebook, and the numbers that they are about."""

    def __init__(
        self, explained: Explained, numbers: Sequence[ProseNumber], shown: Shown
    ) -> None:
        self.mistakes: list[str] = []
        """What is wrong with the pieces of prose that they name."""
        self._claims: dict[int, Claim] = {}
        for piece, explanations in explained.items():
            self._add(piece, explanations, numbers, shown)

    def _add(
        self,
        piece: str,
        explanations: Explanation | tuple[Explanation, ...],
        numbers: Sequence[ProseNumber],
        shown: Shown,
    ) -> None:
        inside = list(numbers_inside(plain(piece), numbers))
        each_one = explanations if type(explanations) is tuple else (explanations,)
        of_cell = [each for each in numbers if each.cell_id == piece]
        if of_cell and isinstance(explanations, Documented):
            inside = of_cell
            each_one = (explanations,) * len(of_cell)
        if len(inside) != len(each_one):
            self.mistakes.append(
                f"{piece!r} is explained by {len(each_one)} expressions, and"
                f" the prose has {len(inside)} numbers there"
            )
            return
        for number, explanation in zip(inside, each_one, strict=True):
            self._claims[id(number)] = Claim(explanation, shown)

    def in_prose_of(self, sections: Iterable[Section]) -> Iterator[ProseNumber]:
        """The explained numbers of some sections."""
        for section in sections:
            yield from filter(self.of, section.prose)

    def of(self, number: ProseNumber) -> Claim | None:
        """The explanation of a number, if there is one."""
        return self._claims.get(id(number))


def numbers_inside(piece: str, numbers: Sequence[ProseNumber]) -> Iterator[ProseNumber]:
    """The numbers that stand in a piece of the prose, wherever it is."""
    for number in numbers:
        mention = number.mention
        begin = mention.sentence.find(piece)
        if begin != -1 and begin <= mention.start < begin + len(piece):
            yield number


def literals_in(expression: str) -> Iterator[float]:
    """The numbers in an expression, without those that count outputs."""
    tree = ast.parse(expression, mode="eval")
    places = {
        id(node)
        for subscript in ast.walk(tree)
        if isinstance(subscript, ast.Subscript)
        for node in ast.walk(subscript.slice)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in places:
            continue
        if isinstance(node.value, int | float):
            yield float(node.value)

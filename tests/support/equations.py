"""Arithmetic that prose shows: ``3 / 0.3 = 10``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from tests.support.mentions import Mention
from tests.support.number_kinds import DIGITS

TIMES = "\u00d7\u00b7"
MINUS = "\u2212"
FLOOR = "\u230a\u230b"
OPERATORS = str.maketrans(f"{TIMES}{MINUS}{FLOOR}", "**-()", ",")
UNIT = r"(?:\s?(?:%|m?s\b|seconds?))?"
TERM = rf"[({FLOOR[0]}]*(?:{DIGITS}){UNIT}[){FLOOR[1]}]*"
LEFT_SIDE = rf"(?:{TERM}\s*[-+/*{TIMES}{MINUS}]\s*)+{TERM}"
EQUATION = re.compile(rf"({LEFT_SIDE})\s*(?:=|is)\s*({DIGITS})")


@dataclass(frozen=True)
class Equation:
    """What the left side of an equation is."""

    value: float

    def gives(self, mention: Mention) -> bool:
        """Whether its result is rightly given by this number."""
        factor = 100 if mention.unit == "%" else 1
        return mention.is_about(factor * self.value)


def equation_before(mention: Mention) -> Equation | None:
    """The equation whose result the number is, if it is one's."""
    for found in EQUATION.finditer(mention.sentence):
        if found.start(2) == mention.start:
            return Equation(value_of(found[1]))
    return None


def value_of(left_side: str) -> float:
    """What an expression of numbers is; units are left out."""
    plain = re.sub(r"%|m?s\b|seconds?", "", left_side).translate(OPERATORS)
    try:
        return float(eval(plain, {"__builtins__": {}}))
    except (SyntaxError, ZeroDivisionError):
        return math.nan

"""Every number in the prose of an executed notebook: what explains it, and what it
contradicts.

``uv run --dev python -m tests.notebooks.numbers notebooks/03*.ipynb`` runs the
notebooks and lists what nothing explains.  With ``--executed`` they are read as they
are, with the outputs that are in them.

A number is explained if

- it stands in the code of its section or of an earlier one (a parameter), unless
  it is of a kind that only a run can tell: how many were refused, say;
- a cell of its section printed it, and not as a time, a rate or a share of the quota,
  which another machine may print otherwise;
- the prose itself computes it (``3 / 0.3 = 10``);
- the reader is to set it (*Play*, *Your turn*);
- it stands in a table's row about another notebook, and in that notebook's code;
- `tests.notebooks.claims.arithmetic` computes it, or says where it is documented.

It contradicts what is printed if its section printed numbers of the same kind (answers,
429s, in flight, elapsed, ...), and it is none of them.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from tests.notebooks.claims.arithmetic import NUMBERS
from tests.support.claimed_numbers import Claims, Shown
from tests.support.equations import equation_before
from tests.support.mentions import Mention, mentions_in
from tests.support.notebook_tools import NOTEBOOKS, kernel
from tests.support.output_words import words_of
from tests.support.run_all import NO_REDIS, cells_as_read, run_all
from tests.support.sections import Cell, ProseNumber, Section, sections_of

COMMENT = re.compile(r"(?:^|\s)# .*$", re.MULTILINE)
CODE_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?")
ONLY_A_RUN_TELLS = {"refused", "busiest", "failed"}
WOULD = re.compile(r"\bwould\b|\?$")
"""A sentence about what did not happen."""
READERS_OWN = ("Play", "Your turn")
"""Sections in which the reader sets the numbers."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a number; without one, with a claim."""

    number: ProseNumber | None
    what: str

    def __str__(self) -> str:
        if self.number is None:
            return f"arithmetic.py: {self.what}"
        mention = self.number.mention
        where = f"{self.number.cell_id}: {mention.text} {self.what}"
        return f"{where}\n    {mention.sentence}"


def findings_in(name: str, cells: Sequence[Cell]) -> list[Finding]:
    """What is wrong with the numbers of an executed notebook."""
    return list(Reader(name, cells).findings())


class Reader:
    """Reads a notebook's sections in their order."""

    def __init__(self, name: str, cells: Sequence[Cell]) -> None:
        self.sections = sections_of(cells)
        numbers = [each for section in self.sections for each in section.prose]
        shown = Shown(
            in_code=parameters_in(self.sections),
            printed={cell.id: values_printed(cell) for cell in cells if cell.is_code},
        )
        self.in_code = shown.in_code
        self.claims = Claims(NUMBERS.get(name, {}), numbers, shown)

    def findings(self) -> Iterator[Finding]:
        """What is wrong, section by section."""
        for place, section in enumerate(self.sections):
            known = self.parameters_at(place)
            printed = [each for text in section.printed for each in measured_in(text)]
            numbers: Sequence[ProseNumber] = section.prose
            if section.heading.startswith(READERS_OWN):
                printed = []  # the reader's runs are others
                numbers = [each for each in numbers if only_a_run_tells(each)]
            for number in numbers:
                what = self.wrong_with(number, printed, known)
                if what:
                    yield Finding(number, what)
        for mistake in self.claims.mistakes:
            yield Finding(None, mistake)

    def parameters_at(self, place: int) -> set[float]:
        """What the code shows up to a section; all, for the introduction.

        So does what the introduction, or an explained number, has said before.
        """
        if place == 0:
            return self.in_code
        read = self.sections[: place + 1]
        said = {
            number.mention.value
            for number in [*self.sections[0].prose, *self.claims.in_prose_of(read)]
        }
        return parameters_in(read) | said

    def wrong_with(
        self, number: ProseNumber, printed: Sequence[Mention], known: set[float]
    ) -> str:
        """What is wrong with a number; empty if nothing is."""
        claim = self.claims.of(number)
        if claim is None or not claim.is_apart:
            disagreement = contradiction(number, printed)
            if disagreement:
                return disagreement
        if claim:
            return claim.wrong_with(number.mention)
        equation = equation_before(number.mention)
        if equation:
            return "" if equation.gives(number.mention) else f"is {equation.value:g}"
        elsewhere = parameters_of_notebook(number.notebook)
        if is_explained(number, printed, known | elsewhere):
            return ""
        return "is explained by nothing that holds everywhere"


def measures(number: ProseNumber) -> str:
    """What it says was measured; empty if it is of no such kind, or in a question."""
    return "" if WOULD.search(number.mention.sentence) else number.mention.kind


def only_a_run_tells(number: ProseNumber) -> bool:
    """Whether no parameter explains it; one may be the reason for a bound."""
    is_bound = number.mention.bound in ("at most", "at least")
    return measures(number) in ONLY_A_RUN_TELLS and not is_bound


def contradiction(number: ProseNumber, printed: Sequence[Mention]) -> str:
    """What is printed of the same kind, if the number is none of it."""
    mention = number.mention
    if not measures(number):
        return ""
    same = [each for each in printed if each.kind == mention.kind]
    if number.row:
        same = [each for each in same if each.sentence.startswith(number.row)]
    if not same or any(mention.agrees_with(each.value) for each in same):
        return ""
    values = ", ".join(each.text for each in same)
    return f"({mention.kind}) contradicts what is printed beside it: {values}"


def is_explained(
    number: ProseNumber, printed: Sequence[Mention], known: set[float]
) -> bool:
    """Whether it is a parameter, or was printed.  What says "none" needs no source."""
    mention = number.mention
    if mention.value == 0:
        return True
    everywhere = [each for each in printed if not each.is_of_this_machine]
    if any(is_the_same(mention, each.value) for each in everywhere):
        return True
    if only_a_run_tells(number):
        return False
    return any(is_the_same(mention, value) for value in known)


def is_the_same(mention: Mention, value: float) -> bool:
    """Whether it is this value, in its own unit or in another."""
    in_other_units = {"%": 100, "ms": 1000}
    factor = in_other_units.get(mention.unit, 1)
    return mention.is_about(value) or mention.is_about(factor * value)


def parameters_in(sections: Sequence[Section]) -> set[float]:
    """The numbers that stand in the code of some sections."""
    sources = [source for section in sections for source in section.code]
    return {
        float(digits.replace("_", ""))
        for source in sources
        for digits in CODE_NUMBER.findall(COMMENT.sub("", source))
    }


@cache
def parameters_of_notebook(number: str) -> set[float]:
    """The numbers in another notebook's code; none if there is no such notebook."""
    found = [path for path in NOTEBOOKS if path.stem.startswith(f"{number}_")]
    return parameters_in(sections_of(already_executed(found[0]))) if found else set()


def measured_in(printed: str) -> Iterator[Mention]:
    """The numbers that a cell printed."""
    for line in printed.splitlines():
        yield from mentions_in(line)


def execute(path: Path) -> list[Cell]:
    """Run a notebook, as the tests do."""
    os.environ["REDIS_URL"] = NO_REDIS
    with kernel() as fresh:
        return cells_as_read(run_all(path, fresh))


def already_executed(path: Path) -> list[Cell]:
    """The cells of a notebook that has its outputs."""
    return [
        Cell(
            cell.id,
            cell.cell_type == "code",
            cell.source,
            "".join(map(words_of, cell.get("outputs", []))),
        )
        for cell in nbformat.read(path, as_version=4).cells
    ]


def values_printed(cell: Cell) -> list[float]:
    """The values of the numbers that it printed, in order."""
    return [each.value for each in measured_in(cell.printed)]


def main() -> None:
    """Print what is wrong with the notebooks that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--executed", action="store_true", help="they have outputs")
    options = parser.parse_args()
    found = 0
    for path in options.notebooks:
        cells = already_executed(path) if options.executed else execute(path)
        for finding in findings_in(name_of(path), cells):
            print(f"{path.stem}, {finding}")
            found += 1
    sys.exit(bool(found))


def name_of(path: Path) -> str:
    """The notebook's number, or its name if it has none."""
    return path.stem[:2] if path.stem[:2].isdigit() else path.stem


if __name__ == "__main__":
    main()

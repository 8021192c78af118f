"""The numbers that a text mentions, each with what it counts and how exactly.

A text is prose or what a cell printed: both are read by the same rules, so that the two
can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.number_kinds import (
    DIGITS,
    OF_THIS_MACHINE,
    WORD,
    Around,
    Bound,
    bound_of,
    kind_of,
)
from tests.support.number_words import WORDS, value_of

NUMBER = re.compile(
    rf"(?<![\w.,/:-])(?P<digits>{DIGITS})(?![\w]*\d)(?=(?P<unit>\s?%|\s?m?s\b)?)"
    rf"|(?<![\w-])(?P<words>{WORDS})(?![\w-])",
    re.IGNORECASE,
)
NO_COUNT = re.compile(
    r"""
    (?:\b(?:RFC|Python|HTTP/|[Vv]ersion|[Nn]otebooks?|[Pp]ort)\ ?[\d.]+
    | \b\d+\.\d+\.\d+\b                  # a version
    | (?<![\d.,])0\d\b(?!\.\d)            # a notebook
    | \b(?:[1-5]\d\d)(?:\ Too\ Many\ Requests|\ OK)
    | \b\d+(?:st|nd|rd|th)\b
    | \b1\ [/+]\ (?=[a-z(\u230a])        # a formula
    )""",
    re.VERBOSE,
)
"""What has digits and counts nothing."""

STATUSES = "200 201 204 301 400 401 402 403 404 408 409 410 422 429 500 502 503 504 529"
ALWAYS_A_STATUS = set(STATUSES.split()) - {"200", "400", "500"}
STATUS = re.compile(r"(?<![\w.,])\d{3}(?!\d|\.\d| requests| tasks| answers)")
STATUS_LIST = re.compile(r"\b[1-5]\d\d\b(?:(?:,| or| and|, or|, and) [1-5]\d\d\b)+")

NONE_REFUSED = re.compile(
    rf"\b(no|none|nothing) (?:{WORD} ){{0,3}}?(?:429s?|refused)\b", re.IGNORECASE
)
COUNTED = re.compile(
    rf"\s+(?:{WORD}\s+){{0,2}}?(?:requests?|answers?|429s?|refus\w+|seconds?|"
    r"milliseconds?|minutes?|hours?|in flight|slots?|tasks?|threads?|processes|"
    r"pollers?|batch(?:es)?|workers?|connections?|clients?|servers?|tokens?|retries|"
    r"attempts?|rounds?|bursts?|permits?|times|accepted|answered|sent|failed)\b",
    re.IGNORECASE,
)
"""What follows a number word that is more than "two ways to do it"."""


@dataclass(frozen=True)
class Mention:
    """A number in a text."""

    value: float
    text: str
    start: int
    """Where it begins in its ``sentence``."""
    sentence: str
    decimals: int = 0
    unit: str = ""
    """"%", "s" or "ms"; empty for a count, and for seconds that are written out."""
    kind: str = ""
    """What it counts, as `kind_of` says."""
    bound: Bound = "exactly"

    @property
    def is_of_this_machine(self) -> bool:
        """Whether a slower one would print another number."""
        return self.kind in OF_THIS_MACHINE or self.unit in ("s", "ms")

    def is_about(self, other: float) -> bool:
        """Whether ``other``, written as exactly as this number is, is this number."""
        if self.bound == "about" and self.unit != "%":
            return abs(self.value - other) <= 0.1 * abs(other)
        return abs(self.value - other) < 0.5 * 10**-self.decimals

    def agrees_with(self, measured: float) -> bool:
        """Whether it can stand beside ``measured``, which counts the same."""
        if self.bound == "at most":
            return measured <= self.value or self.is_about(measured)
        if self.bound == "at least":
            return measured >= self.value or self.is_about(measured)
        return self.is_about(measured)


def mentions_in(sentence: str, *, kind: str = "") -> Iterator[Mention]:
    """The numbers of a sentence, or of a line; ``kind`` is for those that name none."""
    hidden = without_what_counts_nothing(sentence)
    for found in NUMBER.finditer(hidden):
        text = found["digits"] or found["words"]
        end = found.start() + len(text)
        around = Around(sentence[: found.start()], sentence[end:])
        if found["words"] and not COUNTED.match(around.after):
            continue
        yield Mention(
            value_of(text),
            text,
            found.start(),
            sentence,
            decimals=len(text.partition(".")[2]),
            unit=(found["unit"] or "").strip(),
            kind=kind_of(around) or kind,
            bound=bound_of(around.before),
        )
    for none in NONE_REFUSED.finditer(sentence):
        yield Mention(0, none[1], none.start(), sentence, kind="refused")


def without_what_counts_nothing(sentence: str) -> str:
    """The sentence with blanks in place of statuses, versions, and the like."""
    sentence = NO_COUNT.sub(blank, sentence)
    sentence = STATUS_LIST.sub(blank_if_statuses, sentence)
    return STATUS.sub(blank_if_statuses, sentence)


def blank_if_statuses(found: re.Match[str]) -> str:
    """Blanks, if one of the numbers can be nothing but a status."""
    numbers = set(re.findall(r"\d+", found[0]))
    return blank(found) if numbers & ALWAYS_A_STATUS else found[0]


def blank(found: re.Match[str]) -> str:
    """As many blanks."""
    return " " * len(found[0])

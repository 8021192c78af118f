"""The numbers that a text mentions, each with what it counts and how exactly.

A text is prose or what a cell printed: both are read by the same rules, so that the two
can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tests.support.number_words import WORDS, value_of

Bound = Literal["exactly", "about", "at most", "at least"]

DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
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

KINDS = {
    "refused": r"refus\w+|429s\b|rejected",
    "answered": r"answers?\b|answered|accepted|g[eo]t through|came through",
    "busiest": r"busiest|most in",
    "in flight": r"in flight|at the same time",
    "on average": r"(?:a|per) second on average",
    "of the quota": r"% of the quota|of the quota|share",
    "failed": r"failed|failures?|gave up",
}
"""What a number can count, and the words that say so."""
KIND = re.compile(
    "|".join(f"(?P<k{place}>{words})" for place, words in enumerate(KINDS.values()))
)
TIMES = ("elapsed", "on average", "of the quota")
"""Those that depend on how fast the machine is."""
TAKES = re.compile(
    r"\b(?:takes?|took|taken|elapsed|in turn|as tasks|answered in)\b", re.I
)
TIME = re.compile(r"\s?(?:m?s|(?:milli)?seconds?|minutes?|hours?)\b")
OTHER_TIME = re.compile(
    r"latency|waited|waits?\b|after|server takes|predicted|(?:answers?|requests?|each)"
    r"(?: now)? takes?",
    re.IGNORECASE,
)

BOUNDS: dict[Bound, str] = {
    "at most": r"at most|up to|(?:no|never|not|hardly) more than|less than|fewer than"
    r"|under|below|within",
    "at least": r"at least|more than|over",
    "about": r"about|around|roughly|some|nearly|almost",
}
WORD = r"[^\s,.;:()|?!]+"


@dataclass(frozen=True)
class Mention:
    """A number in a text."""

    value: float
    decimals: int
    text: str
    start: int
    """Where it begins in its ``sentence``."""
    sentence: str
    unit: str
    """"%", "s" or "ms"; empty for a count, and for seconds that are written out."""
    kind: str
    """What it counts: one of `KINDS`, "elapsed", or empty."""
    bound: Bound

    @property
    def end(self) -> int:
        """Where its digits or words end."""
        return self.start + len(self.text)

    @property
    def is_of_this_machine(self) -> bool:
        """Whether a slower one would print another number."""
        return bool(self.kind in TIMES or self.unit in ("s", "ms"))

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


class Part(NamedTuple):
    """A piece of a sentence, by its place."""

    before: str
    after: str


def mentions_in(sentence: str, *, kind: str = "") -> Iterator[Mention]:
    """The numbers of a sentence, or of a line; ``kind`` is for those that name none."""
    hidden = without_what_counts_nothing(sentence)
    for found in NUMBER.finditer(hidden):
        text = found["digits"] or found["words"]
        part = Part(sentence[: found.start()], sentence[found.start() + len(text) :])
        if found["words"] and not counts_something(part.after):
            continue
        yield Mention(
            value=value_of(text),
            decimals=len(text.partition(".")[2]),
            text=text,
            start=found.start(),
            sentence=sentence,
            unit=(found["unit"] or "").strip(),
            kind=kind_of(part) or kind,
            bound=bound_of(part.before),
        )


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


COUNTED = re.compile(
    rf"\s+(?:{WORD}\s+){{0,2}}?(?:requests?|answers?|429s?|refus\w+|seconds?|"
    r"milliseconds?|minutes?|hours?|in flight|slots?|tasks?|threads?|processes|"
    r"pollers?|batch(?:es)?|workers?|connections?|clients?|servers?|tokens?|retries|"
    r"attempts?|rounds?|bursts?|permits?|times|accepted|answered|sent|failed)\b",
    re.IGNORECASE,
)
"""What follows a number word that counts something which ran."""


def counts_something(after: str) -> bool:
    """Whether a number word is more than "two ways to do it"."""
    return bool(COUNTED.match(after))


def kind_of(part: Part) -> str:
    """What a number counts, by the words beside it."""
    label = re.search(r"([^:;.?!]{1,60}):\s*$", part.before)
    named = kind_of_label(label[1].strip()) if label else ""
    if named:
        return named
    if re.search(r"\bof(?: the| those| these)?\s+$", part.before):
        return ""  # "20 of 200 were refused" counts the 20
    if part.before.endswith("number "):
        return ""
    follows = following(part.after)
    if TIME.match(follows):
        return "elapsed" if is_elapsed(part) else ""
    return kind_in(follows) or kind_in(named_just_before(part.before))


def kind_of_label(label: str) -> str:
    """What the words before a colon name: "peak in flight", "429s"."""
    names = f"(?:peak |most )?(?:{'|'.join(KINDS.values())})"
    found = re.match(names, label) or re.search(rf"(?:{names})$", label)
    return kind_in(found[0]) if found else ""


def named_just_before(before: str) -> str:
    """A name that a number follows without a colon: "busiest second 94"."""
    name = re.search(r"(busiest second|peak in flight)\s+$", before)
    return name[1] if name else ""


def following(after: str) -> str:
    """The few words behind a number, up to the next one or a stop."""
    after = re.sub(rf"^\s+of (?:the )?(?:{DIGITS})", "", after)
    words = re.match(rf"\s?%?(?:\s*(?!(?:{DIGITS})(?![\w])){WORD}){{0,4}}", after)
    return words[0] if words else ""


def is_elapsed(part: Part) -> bool:
    """Whether a time is how long a run took."""
    clause = re.split(r"[.;:]\s+(?=\S)|, ", part.before.rstrip())[-1]
    if OTHER_TIME.search(clause):
        return False
    return bool(TAKES.search(clause)) or bool(re.search("429s, $", part.before))


def kind_in(words: str) -> str:
    """The first kind that the words name."""
    found = KIND.search(words)
    if found is None or found.lastgroup is None:
        return ""
    return list(KINDS)[int(found.lastgroup[1:])]


def bound_of(before: str) -> Bound:
    """How exact a number is, by the words before it."""
    before = re.sub(r"[\d\s./*+()\u00d7\u00b7-]+=\s*$", " ", before)
    for bound, words in BOUNDS.items():
        if re.search(rf"\b(?:{words})(?:\s+(?:a|the|an))?\s+$", before, re.IGNORECASE):
            return bound
    return "exactly"

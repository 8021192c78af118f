"""What a number in a text counts, and how exactly, by the words beside it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Bound = Literal["exactly", "about", "at most", "at least"]

DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
WORD = r"[^\s,.;:()|?!]+"

KINDS = {
    "refused": r"refus\w+|429s\b|rejected",
    "answered": r"answers?\b|answered|accepted|g[eo]t through|came through",
    "busiest": r"busiest|most in",
    "in flight": r"in flight|at the same time",
    "on average": r"(?:a|per) second on average",
    "of the quota": r"% of the quota|of the quota|share",
    "failed": r"failed|failures?|gave up",
}
"""What a number can count, and the words that say so.  "elapsed" is one more."""
OF_THIS_MACHINE = {"elapsed", "on average", "of the quota"}
"""Those that a slower machine has others of."""

TIME = re.compile(r"\s?(?:m?s|(?:milli)?seconds?|minutes?|hours?)\b")
OF_A_RUN = re.compile(
    r"\b(?:takes?|took|taken|elapsed|in turn|as tasks|answered in)\b|429s,$",
    re.IGNORECASE,
)
OF_SOMETHING_ELSE = re.compile(
    r"latency|waited|waits?\b|after|server takes|predicted"
    r"|(?:answers?|requests?|each)(?: now)? takes?",
    re.IGNORECASE,
)
"""Words before a time that is a run's, or is not."""

BOUNDS: dict[Bound, str] = {
    "at most": r"at most|up to|(?:no|never|not|hardly) more than|less than|fewer than"
    r"|under|below|within",
    "at least": r"at least|more than|over",
    "about": r"about|around|roughly|some|nearly|almost",
}
LEFT_SIDE = re.compile(r"[\d\s./*+()\u00d7\u00b7-]+=\s*$")


class Around(NamedTuple):
    """What stands before a number in its sentence, and behind it."""

    before: str
    after: str


def kind_of(around: Around) -> str:
    """What a number counts: one of `KINDS`, "elapsed", or empty."""
    label = re.search(r"([^:;.?!]{1,60}):\s*$", around.before)
    named = kind_of_label(label[1].strip()) if label else ""
    if named:
        return named
    # "20 of 200 were refused" counts the 20, "number 21 is refused" nothing.
    if re.search(r"\b(?:of(?: the| those| these)?|number)\s+$", around.before):
        return ""
    words = words_behind(around.after)
    if TIME.match(words):
        return "elapsed" if is_of_a_run(around.before) else ""
    return kind_in(words) or kind_in(name_just_before(around.before))


def kind_of_label(label: str) -> str:
    """What the words before a colon name: "peak in flight", "429s"."""
    names = f"(?:peak |most )?(?:{'|'.join(KINDS.values())})"
    found = re.search(rf"^(?:{names})|(?:{names})$", label)
    return kind_in(found[0]) if found else ""


def name_just_before(before: str) -> str:
    """A name that a number follows without a colon: "busiest second 94"."""
    name = re.search(r"(busiest second|peak in flight)\s+$", before)
    return name[1] if name else ""


def words_behind(after: str) -> str:
    """The few words behind a number, up to the next one or a stop."""
    after = re.sub(rf"^\s+of (?:the )?(?:{DIGITS})", "", after)
    words = re.match(rf"\s?%?(?:\s*(?!(?:{DIGITS})(?!\w)){WORD}){{0,4}}", after)
    return words[0] if words else ""


def is_of_a_run(before: str) -> bool:
    """Whether a time after these words is how long a run took."""
    clause = re.split(r"[.;:]\s+(?=\S)|(?<!429s), ", before.rstrip())[-1]
    return bool(OF_A_RUN.search(clause)) and not OF_SOMETHING_ELSE.search(clause)


def kind_in(words: str) -> str:
    """The kind that the words name first."""
    places = {}
    for kind, names in KINDS.items():
        found = re.search(names, words)
        if found:
            places[kind] = found.start()
    return min(places, key=places.__getitem__, default="")


def bound_of(before: str) -> Bound:
    """How exact a number is after these words, or after an equation behind them."""
    before = LEFT_SIDE.sub(" ", before)
    for bound, words in BOUNDS.items():
        if re.search(rf"\b(?:{words})(?:\s+(?:a|the|an))?\s+$", before, re.IGNORECASE):
            return bound
    return "exactly"

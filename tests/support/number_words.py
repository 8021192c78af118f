"""Numbers that are written as words, as prose has them: "three", "forty-five"."""

from __future__ import annotations

import re

UNITS = re.findall(
    r"\w+",
    """zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen""",
)
TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
SIZES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
VALUES = (
    {word: value for value, word in enumerate(UNITS)}
    | {word: 10 * value for value, word in enumerate(TENS, start=2)}
    | {"a": 1, "first": 1, "second": 1}
)

SMALL = "|".join([*TENS, *sorted(UNITS[2:], key=len, reverse=True)])
MANY = rf"(?:(?:{SMALL})(?:[- ](?:{SMALL}|one))*|a|one|first|second)"
WORDS = rf"{MANY}(?: (?:{'|'.join(SIZES)}))+|(?:{'|'.join(TENS)})-(?:{'|'.join(UNITS)})"
WORDS += rf"|{SMALL}"
"""A pattern for them.  A lone "one" is most often no number."""


def value_of(text: str) -> float:
    """What digits or words say."""
    if text[0].isdigit():
        return float(text.replace(",", ""))
    total = 0
    for word in text.lower().replace("-", " ").split():
        total = total * SIZES[word] if word in SIZES else total + VALUES[word]
    return float(total)

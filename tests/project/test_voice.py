"""Plain English: turns that a native speaker would not use, and what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATTERNS = (
    "README.md",
    ".github/*.md",
    "notebooks/*.ipynb",
    *(f"src/**/*.{kind}" for kind in ("py", "js")),
)
FILES = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})

AVOID = {
    "predict, prediction": r"foret(ells?|elling|old)|prophec(y|ies)",
    "allow": (
        r"permitted|permitting|(not|to|API) permit|"
        r"permits (\d+|at most|as|many|what|more|no|only|how)"
    ),
    "expensive, slow": r"dear(er)?",
    "fix, change": r"mend(s|ed|ing)?|amendments?",
    "can handle": r"bears?|bearing",
    "a word of this century": (
        r"beware|lest|hence|thus|whilst|thereby|whereby|thereof|shall"
    ),
    "says, allows, announces": r"told",
    "real": r"in earnest",
    "related; fragile": r"hangs? (together|by a thread)",
    "overloaded": r"in trouble",
    "waiting; disabled": r"(somebody|someone|is|are) asleep",
    "one extra line; a different rate": r"lines? more|other rate",
    "you got 16 429s": r"you took \d+ times|times 429|earns? 429s",
    "about": r"some (\w+-)?(ten|twelve|fifteen|twenty|five|thirty|\d+) (s|m)\w+",
    "in place of, instead of": r"in the place of",
}
"""What to write, and instead of which turns (a pattern of whole words)."""


def words_to_avoid(text: str) -> Iterator[str]:
    """Each with its line, and what to write."""
    for instead, turns in AVOID.items():
        for match in re.finditer(rf"\b({turns})\b", text, re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            yield f"line {line}: {match[0]!r}; write: {instead}"


def prose(path: Path) -> str:
    """Everything that a person reads in a file: of a notebook, its cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


@pytest.mark.parametrize(
    "path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_our_words_are_plain(path: Path) -> None:
    """Notebooks, README, docstrings, messages and names use the field's own words; a
    "permit" is a noun.
    """
    assert list(words_to_avoid(prose(path))) == []

"""A finding in words, which `findings.toml` has for every kind of it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

FILE = Path(__file__).with_name("findings.toml")
FINDINGS: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
"""By kind: ``name``, ``facts``, ``advice``, ``notebook``, and what a refusal says."""


@dataclass(frozen=True)
class Finding:
    """Something that stood out: its kind, and the numbers that were counted."""

    kind: str
    numbers: Mapping[str, object]
    is_certain: bool = True
    command: str = ""
    """Writes a script that does it right; "" if none does."""

    @property
    def name(self) -> str:
        """What it is called."""
        name: str = FINDINGS[self.kind]["name"]
        return name

    @property
    def facts(self) -> str:
        """Sentences: what was counted, and where."""
        sentences = FINDINGS[self.kind]["facts"]
        return " ".join(
            sentence.format_map(self.numbers)
            for sentence in sentences
            if all(self.numbers[name] not in UNKNOWN for name in _names_in(sentence))
        )

    @property
    def advice(self) -> str:
        """What to do about it."""
        advice: str = FINDINGS[self.kind]["advice"]
        return advice

    def __str__(self) -> str:
        certainty = "certain" if self.is_certain else "likely"
        notebook = FINDINGS[self.kind]["notebook"].partition("_")[0]
        text = f"{certainty}: {self.name}: {self.facts} {self.advice} "
        text += f"(inflight-lab --open {notebook})"
        return f"{text}\n  {self.command}" if self.command else text


def found(
    kind: str, *, is_certain: bool = True, command: str = "", **numbers: object
) -> Finding:
    """The finding of this kind, with its numbers by name."""
    return Finding(kind, numbers, is_certain, command)


UNKNOWN = (None, 0)
"""A sentence that would name one of these is left out."""


def _names_in(sentence: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(sentence) if name]

"""A finding in words, which `findings.toml` has for every kind of it."""

import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

FILE = Path(__file__).with_name("findings.toml")
FINDINGS: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
"""By kind: ``name``, ``facts``, ``advice``, ``notebook``, and what a refusal says."""
UNKNOWN = (None, 0)
"""A sentence that would name one of these is left out."""


class Finding:
    """Something that stood out: its kind, and the numbers by name that were counted.

    ``command`` writes a script that does it right; "" if none does.
    """

    def __init__(
        self, kind: str, *, is_certain: bool = True, command: str = "", **numbers: Any
    ) -> None:
        self._words = FINDINGS[kind]
        self._certainty = "certain" if is_certain else "likely"
        self._command = command
        sentences = [
            sentence.format_map(numbers)
            for sentence in self._words["facts"]
            if all(numbers[name] not in UNKNOWN for name in _names_in(sentence))
        ]
        self.facts = " ".join(sentences)
        """Sentences: what was counted, and where."""

    def __str__(self) -> str:
        notebook = self._words["notebook"].partition("_")[0]
        said = f"{self._certainty}: {self._words['name']}: {self.facts}"
        advice = f"{self._words['advice']} (inflight-lab --open {notebook})"
        command = f"  {self._command}" if self._command else ""
        return "\n".join(filter(None, [said, advice, command]))


def _names_in(sentence: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(sentence) if name]

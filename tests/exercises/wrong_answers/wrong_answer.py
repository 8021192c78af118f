"""What the tables of wrong answers are made of."""

from __future__ import annotations

from typing import NamedTuple


class WrongAnswer(NamedTuple):
    """Code with a plausible mistake, in the place of an exercise's function."""

    check: str
    mistake: str
    code: str

    def __str__(self) -> str:
        return f"{self.check}: {self.mistake}"

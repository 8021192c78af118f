"""What stands out in a run, in words."""

from dataclasses import dataclass
from typing import Literal

from inflight_lab.watch.findings.command import Command

Certainty = Literal["certain", "likely"]

CERTAIN: Certainty = "certain"
"""The events show it."""
LIKELY: Certainty = "likely"
"""The events suggest it, but something else could look the same."""

INDENT = "  "
"""Before a command on a line of its own."""

MIN_EVIDENCE = 4
"""How many requests, clients or semaphores a finding needs at least."""


@dataclass(frozen=True)
class Finding:
    """One thing that stands out: what shows it, and what to do about it.

    ``facts`` has no full stop at its end, ``advice`` has one.
    """

    certainty: Certainty
    headline: str
    facts: str
    advice: str
    fix: Command | None
    """The command that prints the code that fixes it; None: the advice is enough."""

    def __str__(self) -> str:
        """A line for what stands out, and one for the command, to be copied."""
        words = f"{self.certainty}: {self.headline}: {self.facts}. {self.whole_advice}"
        return f"{words}\n{INDENT}{self.fix}" if self.fix else words

    @property
    def whole_advice(self) -> str:
        """The advice, and what to know about the command."""
        if self.fix is None or not self.fix.note:
            return self.advice
        return f"{self.advice} {self.fix.note}"

"""What the judge found, as a table to print."""

from dataclasses import dataclass, field
from typing import NamedTuple

MUCH_UNUSED = 0.8
"""A limiter that never uses more than this share of a quota is slow."""
NO_RATE = "It takes no `rate` and `period`, so it must be made for this quota."
TOO_MUCH = "It sends more than the quota allows, however the API counts."
NOTHING = "Nothing is wrong with it."


class Share(NamedTuple):
    """What came of ten periods of one quota."""

    used: float
    """Of the quota: 1.0 is all of it."""
    refused: int
    """The 429s, those of the period before included."""

    def __str__(self) -> str:
        return f"{self.used:.1%}, {self.refused:>4}"


class Reaction(NamedTuple):
    """What a limiter does after something has happened to it."""

    passed: bool
    does: str
    detail: str = ""

    def __str__(self) -> str:
        does = self.does if self.passed else self.does.upper()
        return f"{does}: {self.detail}" if self.detail else does


@dataclass
class Card:
    """What was found about one limiter.  ``str(card)`` is the table."""

    name: str
    judged_for: str
    """The quota and the latency, in words."""
    quota: dict[str, float]
    """What it was made with; empty if it takes no rate."""
    shares: dict[str, dict[str, Share]] = field(default_factory=dict)
    """By quota and network."""
    findings: dict[str, Reaction] = field(default_factory=dict)
    """By what has happened to it before, such as "after a rest"."""
    problem: str = ""
    """Why it could not be judged to the end; empty if it could."""

    def __str__(self) -> str:
        lines = [
            f"{self.name}: share of the quota used, and 429s",
            f"Judged for {self.judged_for}{self._made_with()}",
            *self._table(),
            "",
            *(f"{after} it {finding}" for after, finding in self.findings.items()),
            f"In short: {self.in_short}",
        ]
        return "\n".join(lines)

    @property
    def in_short(self) -> str:
        """The worst of it, in one sentence."""
        if self.problem:
            return f"It could not be judged to the end: {self.problem}."
        if all(shares["still"].refused for shares in self.shares.values()):
            return TOO_MUCH
        for after, finding in self.findings.items():
            if not finding.passed:
                return f"{after.capitalize()} it {finding.does}: {finding.detail}."
        refused = self._refused()
        if refused:
            cases = [f"{quota} ({count} 429s)" for quota, count in refused.items()]
            return f"Its requests come too close together for {'; '.join(cases)}."
        if self.most_used < MUCH_UNUSED:
            return f"It is slow: it uses {self.most_used:.0%} of the quota at most."
        return NOTHING

    @property
    def most_used(self) -> float:
        """The largest share of all quotas and networks; 0 if there are none."""
        used = [
            share.used for shares in self.shares.values() for share in shares.values()
        ]
        return max(used, default=0)

    def _made_with(self) -> str:
        if not self.quota:
            return f". {NO_RATE}"
        arguments = [f"{name}={value:g}" for name, value in self.quota.items()]
        return f", made with {', '.join(arguments)}."

    def _table(self) -> list[str]:
        """A line for each quota, with the networks beside each other and a verdict."""
        if not self.shares:
            return []
        networks = next(iter(self.shares.values()))
        refused = self._refused()
        lines = [" " * 16 + "".join(f"{name:>19}" for name in networks)]
        for quota, shares in self.shares.items():
            cells = "".join(f"{share!s:>19}" for share in shares.values())
            verdict = "429s" if quota in refused else "no 429"
            lines.append(f"{quota:16}{cells}   {verdict}")
        return lines

    def _refused(self) -> dict[str, int]:
        """The quotas that refused any request, and the most 429s on a network."""
        most = {
            quota: max(share.refused for share in shares.values())
            for quota, shares in self.shares.items()
        }
        return {quota: count for quota, count in most.items() if count}

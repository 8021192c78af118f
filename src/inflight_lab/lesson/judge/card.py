"""The card of a limiter: the judge's findings, to print or to show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

MUCH_UNUSED = 0.8
"""A limiter that never uses more than this share of a quota is slow."""
NO_RATE = "It takes no `rate` and `period`, so it must be made for this quota."
TOO_MUCH = "It sends more than the quota allows, however the API counts."
NOTHING = "Nothing is wrong with it."
CELL = '<td style="white-space: nowrap">'
"""A share and its 429s stay on one line."""


class Share(NamedTuple):
    """The result of ten periods of one quota."""

    used: float
    """The share of the quota; 1.0 is all of it."""
    refused: int
    """How many 429s there were, also in the period before."""

    def __str__(self) -> str:
        return f"{100 * self.used:.1f} %, {self.refused:>4}"


class Reaction(NamedTuple):
    """How a limiter reacts when something has happened to it."""

    passed: bool
    does: str
    detail: str = ""

    def __str__(self) -> str:
        does = self.does if self.passed else self.does.upper()
        return f"{does}: {self.detail}" if self.detail else does


@dataclass
class Card:
    """The findings about one limiter: a text, and a table in a notebook."""

    name: str
    judged_for: str
    """The quota and the latency, in words."""
    quota: dict[str, float]
    """What it was made with; empty if it takes no rate."""
    shares: dict[str, dict[str, Share]] = field(default_factory=dict)
    """By quota and network."""
    findings: dict[str, Reaction] = field(default_factory=dict)
    """The reaction to each mishap, such as "after a rest"."""
    problem: str = ""
    """Why it could not be judged to the end; empty if it could."""

    def __str__(self) -> str:
        rows = [_as_text(row) for row in self._table()]
        words = [f"{what} {said}" for what, said in self._words()]
        return "\n".join([*self._title(), *rows, "", *words])

    def _repr_html_(self) -> str:
        caption = "<br>".join(map(escape, self._title()))
        words = "<br>".join(
            f"<b>{escape(what)}</b> {escape(said)}" for what, said in self._words()
        )
        return f"{_as_html(caption, self._table())}<p>{words}</p>"

    def _title(self) -> list[str]:
        return [
            f"{self.name}: share of the quota used, and 429s.",
            f"Judged for {self.judged_for}{self._made_with()}",
        ]

    def _words(self) -> list[tuple[str, str]]:
        """The lines below the table, each with its subject."""
        reactions = [(after, f"it {does}") for after, does in self.findings.items()]
        return [*reactions, ("In short:", self.in_short)]

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
            cases = [
                f"{quota} (up to {most} refused)" for quota, most in refused.items()
            ]
            return f"Its requests come too close together for {'; '.join(cases)}."
        if self.most_used < MUCH_UNUSED:
            used = f"{100 * self.most_used:.0f} %"
            return f"It is slow: it uses {used} of the quota at most."
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

    def _table(self) -> list[list[str]]:
        """The names of the columns, then a row for each quota."""
        if not self.shares:
            return []
        networks = next(iter(self.shares.values()))
        rows = [["quota", *networks]]
        for quota, shares in self.shares.items():
            rows.append([quota, *map(str, shares.values())])
        return rows

    def _refused(self) -> dict[str, int]:
        """The quotas that refused any request, each with its most 429s."""
        most = {
            quota: max(share.refused for share in shares.values())
            for quota, shares in self.shares.items()
        }
        return {quota: count for quota, count in most.items() if count}


def _as_text(row: Sequence[str]) -> str:
    """A line of the table, as wide as all the others."""
    name, *cells = row
    padded = "".join(f"{cell:>19}" for cell in cells)
    return f"{name:16}{padded}"


def _as_html(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row and column are headers, also to a screen reader."""
    head = [f'<th scope="col">{escape(name)}</th>' for row in rows[:1] for name in row]
    lines = []
    for name, *cells in rows[1:]:
        data = "".join(f"{CELL}{escape(cell)}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{data}</tr>')
    return (
        f'<table><caption style="text-align: left">{caption}</caption>'
        f"<thead><tr>{''.join(head)}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )

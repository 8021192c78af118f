"""What the judge found, as a table to print."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inflight_lab.judge.results import COULD_BE_JUDGED, CheckResult
from inflight_lab.judge.trials import NETWORKS, Share
from inflight_lab.judge.verdict import in_short, where_it_matters

NAME_WIDTH = 16
CELL_WIDTH = 18
ROW_NAME_WIDTH = 34
NO_RATE = "It takes no `rate` and `period`, so it must be made for this quota."
Column = dict[str, str]
"""The cells of a limiter in a table of several, by the name of the row."""


@dataclass
class Card:
    """What was found about one limiter.  ``str(card)`` is the table."""

    name: str
    rate: float = 100
    period: float = 1.0
    arguments: str = ""
    """What it was made with; "" if it takes no rate."""
    shares: dict[str, dict[str, Share]] = field(default_factory=dict)
    """By quota and network."""
    findings: dict[str, CheckResult] = field(default_factory=dict)
    """By question."""

    def __str__(self) -> str:
        lines = [
            f"{self.name}: share of the quota used, and 429s",
            self._quota(),
            _head(),
        ]
        for quota, shares in self.shares.items():
            lines.append(_row(quota, shares))
        lines.append("")
        for question, result in self.findings.items():
            lines.append(f"{question}: {result}")
        lines += ["", f"In short: {in_short(self.shares, self.findings, self.rate)}"]
        bad_rows = where_it_matters(self.shares, self.findings, self.rate)
        if bad_rows:
            lines.append("Where it matters:")
            lines += [f"  {row}" for row in bad_rows]
        return "\n".join(lines)

    def _quota(self) -> str:
        judged = f"Judged for {self.rate:g} requests in {self.period:g} s"
        if self.arguments:
            return f"{judged}, made with {self.arguments}."
        return f"{judged}. {NO_RATE}"

    def column(self) -> Column:
        """The same in short, for a table of several."""
        cells = {}
        for quota, shares in self.shares.items():
            for network, share in shares.items():
                cell = f"{share.used:.1%}, {share.refused:>4}"
                cells[f"{quota}, {network}"] = cell
        for question, result in self.findings.items():
            cells[question] = result.short
        cells["made with"] = self.arguments or "nothing"
        return cells

    @property
    def problem(self) -> str:
        """Why nothing could be judged; empty if there are shares."""
        finding = self.findings.get(COULD_BE_JUDGED)
        return finding.detail if finding and not self.shares else ""

    @property
    def used_any_quota(self) -> bool:
        """Whether anything was accepted after the first period."""
        for shares in self.shares.values():
            if any(share.used for share in shares.values()):
                return True
        return False


def _head() -> str:
    names = [f"{network:>{CELL_WIDTH}}" for network in NETWORKS]
    return " " * NAME_WIDTH + "".join(names)


def _row(quota: str, shares: dict[str, Share]) -> str:
    cells = [f"{share.used:>10.1%}, {share.refused:>5}" for share in shares.values()]
    return f"{quota:{NAME_WIDTH}}" + "".join(cells)


def side_by_side(columns: Mapping[str, Column]) -> str:
    """A table with a column for each limiter, by its name."""
    lines = [["", *columns]]
    for name in _row_names(columns):
        lines.append([name, *(column.get(name, "") for column in columns.values())])
    width = 2 + max(len(cell) for _, *cells in lines for cell in cells)
    return "\n".join(_line(name, cells, width) for name, *cells in lines)


def _row_names(columns: Mapping[str, Column]) -> list[str]:
    """The rows of all columns, each once, in the order in which they come."""
    names: dict[str, None] = {}
    for column in columns.values():
        names |= dict.fromkeys(column)
    return list(names)


def _line(name: str, cells: list[str], width: int) -> str:
    return f"{name:{ROW_NAME_WIDTH}}" + "".join(f"{cell:>{width}}" for cell in cells)

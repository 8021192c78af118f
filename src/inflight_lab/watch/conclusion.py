"""What is said when a watched script has ended."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inflight_lab.watch.explained import notebook_for, without_notebook
from inflight_lab.watch.findings.finding import Finding


@dataclass(frozen=True)
class Conclusion:
    """The run in a sentence, what stands out, and what to be careful with.

    ``status`` is the script's exit status, or minus the signal that ended it.
    """

    summary: str
    findings: Sequence[Finding] = ()
    warnings: Sequence[str] = ()
    status: int = 0

    def __str__(self) -> str:
        """Its lines, for a terminal."""
        return "\n".join([self.summary, *map(str, self.findings), *self.warnings])

    def for_page(self) -> dict[str, Any]:
        """The same as the page takes it; each finding with its notebook."""
        return {
            "summary": self.summary,
            "findings": [_with_notebook(finding) for finding in self.findings],
            "warnings": list(self.warnings),
            "status": self.status,
        }


def _with_notebook(finding: Finding) -> dict[str, Any]:
    notebook = notebook_for(finding)
    return {
        **asdict(finding),
        "advice": without_notebook(finding.advice),
        "notebook": notebook._asdict() if notebook else None,
    }

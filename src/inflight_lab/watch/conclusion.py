"""What is said when a watched script has ended."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from inflight_lab.watch.explained import notebook_for, without_notebook
from inflight_lab.watch.findings.finding import Finding
from inflight_lab.watch.findings.fixes import OUTPUT

CERTAINTY = (
    "certain: the events of the run show it. likely: they suggest it, but something "
    "else could look the same."
)
OUTPUT_EXPLAINED = (
    "A command with --output writes a short script to edit, and beside it a file with "
    "what that uses. Without --output, it prints both as one script."
)
HEADERS_EXPLAINED = (
    "Your requests sent {names}. The script's HEADERS have a line for {each}, and the "
    "value comes from the environment, because watch doesn't look at values."
)
HEADER = re.compile(r"--header (\S+)")


@dataclass(frozen=True)
class Conclusion:
    """The run in a sentence, what stands out, and what to be careful with.

    ``status`` is the script's exit status, or minus the signal that ended it.
    """

    summary: str
    findings: Sequence[Finding] = ()
    warnings: Sequence[str] = ()
    verdict: str = ""
    """What there is to say where nothing stands out."""
    status: int = 0

    def __str__(self) -> str:
        """Its lines, for a terminal."""
        findings = one_command_a_recipe(self.findings)
        lines = [self.summary, *map(str, findings), *_hints(findings)]
        if self.verdict:
            lines.append(self.verdict)
        return "\n".join([*lines, *self.warnings])

    def for_page(self) -> dict[str, Any]:
        """The same as the page takes it; each finding with its notebook."""
        findings = one_command_a_recipe(self.findings)
        return {
            "summary": self.summary,
            "findings": [_with_notebook(finding) for finding in findings],
            "certainty": CERTAINTY if findings else "",
            "warnings": [*_on_headers(findings), *self.warnings],
            "verdict": self.verdict,
            "status": self.status,
        }


def one_command_a_recipe(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with one command for each recipe: the one that fills in most."""
    longest: dict[str, str] = {}
    for finding in findings:
        recipe = _recipe_in(finding.fix)
        longest[recipe] = max(longest.get(recipe, ""), finding.fix, key=len)
    kept = []
    for finding in findings:
        recipe = _recipe_in(finding.fix)
        if finding.fix == longest.get(recipe):
            del longest[recipe]
            kept.append(finding)
        else:
            kept.append(replace(finding, fix=""))
    return kept


def _recipe_in(command: str) -> str:
    return command.partition(" --")[0]


def _hints(findings: Sequence[Finding]) -> list[str]:
    """What the words mean, and how to use commands and notebooks, each said once."""
    hints = [CERTAINTY] if findings else []
    if any(OUTPUT in finding.fix for finding in findings):
        hints.append(OUTPUT_EXPLAINED)
    hints += _on_headers(findings)
    notebooks = filter(None, map(notebook_for, findings))
    numbers = sorted({notebook.number for notebook in notebooks})
    commands = [f"inflight-lab --open {number}" for number in numbers]
    if commands:
        hints.append(f"To open the notebook: {', or '.join(commands)}")
    return hints


def _on_headers(findings: Sequence[Finding]) -> list[str]:
    """A sentence on the headers in the commands, if there are any."""
    names: dict[str, None] = {}
    for finding in findings:
        names |= dict.fromkeys(HEADER.findall(finding.fix))
    if not names:
        return []
    each = "it" if len(names) == 1 else "each"
    return [HEADERS_EXPLAINED.format(names=" and ".join(names), each=each)]


def _with_notebook(finding: Finding) -> dict[str, Any]:
    notebook = notebook_for(finding)
    return {
        **asdict(finding),
        "advice": without_notebook(finding.advice),
        "notebook": notebook._asdict() if notebook else None,
    }

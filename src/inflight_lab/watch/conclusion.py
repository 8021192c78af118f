"""What is said when a watched script has ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inflight_lab.watch.counted import in_a_row
from inflight_lab.watch.explained import notebook_for, without_notebook
from inflight_lab.watch.findings.command import Command
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding

MEANINGS = {
    CERTAIN: "certain: the events of the run show it.",
    LIKELY: "likely: the events of the run suggest it, but something else could look "
    "the same.",
}
CERTAINTY = " ".join(MEANINGS.values())
OUTPUT_EXPLAINED = (
    "A command with --output writes a short script to edit, and beside it a file with "
    "what that uses. Without --output, it prints both as one script."
)
HEADERS_EXPLAINED = (
    "Your requests had the {headers}. The script's HEADERS have a line for {each}, and "
    "the value comes from the environment, because watch doesn't look at values. If "
    "you set Accept yourself, add a line for it: every client sends one, so watch "
    "can't tell."
)
BEARER = (
    'For Authorization the line has "Bearer $API_TOKEN": change the first word if your '
    "API wants another, such as Basic."
)


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
        findings = one_command_a_script(self.findings)
        lines = [self.summary, *map(str, findings), *_hints(findings)]
        if self.verdict:
            lines.append(self.verdict)
        return "\n".join([*lines, *self.warnings])

    def for_page(self) -> dict[str, Any]:
        """The same as the page takes it; each finding with its notebook."""
        findings = one_command_a_script(self.findings)
        return {
            "summary": self.summary,
            "findings": [_with_notebook(finding) for finding in findings],
            "certainty": _meanings(findings),
            "warnings": [*_on_headers(findings), *self.warnings],
            "verdict": self.verdict,
            "status": self.status,
        }


def one_command_a_script(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with one command for each script: the one that fills in most."""
    best = _best_commands(finding.fix for finding in findings if finding.fix)
    kept = []
    for finding in findings:
        if finding.fix in best:
            best.remove(finding.fix)
            kept.append(finding)
        else:
            kept.append(replace(finding, fix=None))
    return kept


def _best_commands(commands: Iterable[Command]) -> list[Command]:
    """For each script, the first of those that fill in most."""
    best: dict[tuple[str, str], Command] = {}
    for command in commands:
        known = best.setdefault(command.script, command)
        if command.count_settings() > known.count_settings():
            best[command.script] = command
    return list(best.values())


def _hints(findings: Sequence[Finding]) -> list[str]:
    """What the words mean, and how to use commands and notebooks, each said once."""
    hints = [_meanings(findings)] if findings else []
    if any(finding.fix and finding.fix.prints_a_script for finding in findings):
        hints.append(OUTPUT_EXPLAINED)
    hints += _on_headers(findings)
    notebooks = filter(None, map(notebook_for, findings))
    numbers = sorted({notebook.number for notebook in notebooks})
    commands = [f"inflight-lab --open {number}" for number in numbers]
    if commands:
        hints.append(f"To open the notebook: {', or '.join(commands)}")
    return hints


def _meanings(findings: Sequence[Finding]) -> str:
    """What the words mean that stand before these findings."""
    used = {finding.certainty for finding in findings}
    return " ".join(meaning for word, meaning in MEANINGS.items() if word in used)


def _on_headers(findings: Sequence[Finding]) -> list[str]:
    """Sentences on the headers in the commands, if there are any."""
    names: list[str] = []
    for finding in findings:
        if finding.fix:
            names += [name for name in finding.fix.headers if name not in names]
    if not names:
        return []
    if len(names) == 1:
        words = HEADERS_EXPLAINED.format(headers=f"header {names[0]}", each="it")
    else:
        several = f"headers {in_a_row(names)}"
        words = HEADERS_EXPLAINED.format(headers=several, each="each")
    if "authorization" in map(str.lower, names):
        words += f" {BEARER}"
    return [words]


def _with_notebook(finding: Finding) -> dict[str, Any]:
    notebook = notebook_for(finding)
    return {
        "certainty": finding.certainty,
        "headline": finding.headline,
        "facts": finding.facts,
        "advice": without_notebook(finding.whole_advice),
        "fix": str(finding.fix) if finding.fix else "",
        "notebook": notebook._asdict() if notebook else None,
    }

"""What a notebook's code cells show, as their metadata says: each claim of the prose
around them that could turn false.

>>> {"inflight_lab": {"shows": ["stats.refused == 0", "2.9 < elapsed < 4"]}}

Each is a Python expression that must be true in the kernel right after its cell ran in
Run All, on a slow computer and in a browser's page too: give times room above, and ask
``sys.platform == "emscripten"`` where a page cannot do what is claimed.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.notebooks.notebook_tools import load

_IN_THE_KERNEL = """
from IPython import get_ipython

shell = get_ipython()
shell.answers = []
last = [""]


def look(cell):
    for expression in shows.get(last[0], []):
        shell.answers.append([expression, answer_to(expression)])
    last[0] = cell.raw_cell.strip()  # a page's kernel adds a line end


def answer_to(expression):
    try:
        return repr(bool(eval(expression, shell.user_ns)))
    except Exception as error:
        return repr(error)


shell.events.register("pre_run_cell", look)
"""
"""It looks at the end of a cell: when the next begins, which every kernel says."""
ANSWERS = "get_ipython().answers"
"""The value to ask a kernel for after Run All."""


def shows_of(path: Path) -> dict[str, list[str]]:
    """What each code cell says that it shows, by the cell's source."""
    return {
        cell.source: cell.metadata["inflight_lab"]["shows"]
        for cell in load(path).cells
        if cell.metadata.get("inflight_lab", {}).get("shows")
    }


def looking_at(path: Path) -> str:
    """A cell to run before all others, which leaves no name behind."""
    return f"exec({_IN_THE_KERNEL!r}, {{'shows': {shows_of(path)!r}}})"


def false_in(path: Path, answers: list[list[str]]) -> list[str]:
    """What did not hold, and what nobody looked at."""
    expected = [each for shown in shows_of(path).values() for each in shown]
    false = [f"{claim}: {answer}" for claim, answer in answers if answer != "True"]
    if not false and [claim for claim, _ in answers] != expected:
        return [f"{len(answers)} of {len(expected)} claims were looked at"]
    return false

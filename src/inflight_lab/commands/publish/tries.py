"""Exercises on a page, where nothing can be typed: readers choose from three changes.

The cell of an exercise has the changes in its metadata: each is a part of the cell, the
text that replaces it and, if the check's own hint does not fit, another hint:

>>> wrong = ["Semaphore(20)", "Semaphore(1)", "How many a second does one slot send?"]
>>> {"inflight_lab": {"tries": [wrong, ["Semaphore(20)", "Pacer(20)"]]}}

The check judges each change while the page is made.  The page shows its verdict below
the change that the reader chooses, without any JavaScript.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from html import escape
from itertools import groupby
from textwrap import dedent
from typing import Any

from nbformat.v4 import new_code_cell, new_raw_cell

OPENED = """<details class="tries">
<summary>No Python here? Choose one of three changes</summary>
<fieldset><legend>Choose a change</legend>"""
CLOSED = "</fieldset></details>"
CHOICE = """<div>
<label><input type="radio" name="{exercise}" aria-describedby="{exercise}-{number}">
Change {number}</label>
<div class="highlight"><pre id="{exercise}-{number}">{diff}</pre></div>
<div class="said">{verdict}</div>
</div>"""
HINT = re.compile(r"(?<=\n).*(?=</span></div>\n</div>)")
"""The check's own hint: the last line of its card."""
CLASSES = {"+": "gi", "-": "gd", " ": "same"}
"""How the style of the page names the lines of a diff: as Pygments does."""


def with_tries(cells: Sequence[Any]) -> Iterator[Any]:
    """The cells, and after each exercise a cell for each of its tries, to be run."""
    for cell in cells:
        yield cell
        tries = cell.metadata.get("inflight_lab", {}).get("tries", [])
        for number, (old, new, *hint) in enumerate(tries, start=1):
            changed = cell.source.replace(old, new)
            tried = {
                "exercise": cell.id,
                "number": number,
                "diff": diff_of(cell.source, changed),
                "hint": "".join(hint),
            }
            yield new_code_cell(changed, metadata={"inflight_lab": {"tried": tried}})


def diff_of(before: str, after: str) -> str:
    """The lines that change, without common indentation, as HTML."""
    compared = unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    _, _, *lines = compared  # the names of files
    changes = [line for line in lines if line.strip() and line[0] in CLASSES]
    code = dedent("\n".join(line[1:] for line in changes)).split("\n")
    return "".join(
        f'<span class="{CLASSES[change[0]]}">{change[0]} {escape(line)}</span>'
        for change, line in zip(changes, code, strict=True)
    )


def to_choose_from(cells: Sequence[Any]) -> Iterator[Any]:
    """The cells; those of `with_tries` become choices."""
    for is_try, group in groupby(cells, is_tried):
        if not is_try:
            yield from group
            continue
        yield new_raw_cell("\n".join([OPENED, *map(choice, group), CLOSED]))


def is_tried(cell: Any) -> bool:
    """Whether `with_tries` made it."""
    return "tried" in cell.metadata.get("inflight_lab", {})


def choice(cell: Any) -> str:
    """A change and its verdict, as HTML."""
    verdict = "".join(
        output.data["text/html"] for output in cell.outputs if "data" in output
    )
    tried = cell.metadata["inflight_lab"]["tried"]
    if tried["hint"]:
        hint = escape(tried["hint"])
        verdict = HINT.sub(lambda _: hint, verdict)
    return CHOICE.format(**tried, verdict=verdict)

"""The entries of a list of notebooks: title and outcome of each."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from inflight_lab.publish.notebook_file import read_notebook

MARKDOWN = re.compile(r"[*`]|\[(.+?)\]\(.+?\)")
"""Emphasis, code and links: of these only the words are kept."""


class Entry(NamedTuple):
    """A line of the list."""

    page: str
    title: str
    outcome: str


def entries_of(notebooks: Sequence[Path]) -> dict[str, Entry]:
    """The entry of each notebook, by its name, in that order."""
    return {notebook.stem: entry_of(notebook) for notebook in notebooks}


def entry_of(notebook: Path) -> Entry:
    """Number, title, and the outcome from the paragraph below the title."""
    page = f"{notebook.stem}.html"
    text = first_text(notebook)
    if not text.startswith("# "):
        return Entry(page, title=notebook.stem, outcome="")
    title, _, below = text.removeprefix("# ").partition("\n")
    number = "".join(itertools.takewhile(str.isdecimal, notebook.stem))
    numbered = f"{number} {plain(title)}".strip()
    return Entry(page, title=numbered, outcome=outcome_in(below))


def first_text(notebook: Path) -> str:
    """The text of its first cell; empty if that is code, or if there is none."""
    cells = read_notebook(notebook).cells
    if not cells or cells[0].cell_type != "markdown":
        return ""
    return str(cells[0].source)


def outcome_in(text: str) -> str:
    """The first paragraph if all of it is bold, as in the series.

    Otherwise it is that paragraph's first sentence.
    """
    paragraph, _, _ = text.strip().partition("\n\n")
    if re.fullmatch(r"\*\*.+\*\*", paragraph, re.DOTALL):
        return plain(paragraph)
    first, *_ = re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)
    return plain(first)


def plain(markdown: str) -> str:
    """The words alone."""
    return MARKDOWN.sub(lambda found: found[1] or "", markdown)

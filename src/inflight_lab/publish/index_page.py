"""The page on which readers begin: every notebook, in order, and what it is for."""

import html
import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import NamedTuple

NAME = "index.html"
TEMPLATE = Path(__file__).with_name("index_page.html")
OURS = '<meta name="generator" content="inflight-lab pages">'
MARKDOWN = re.compile(r"[*`]|\[(.+?)\]\(.+?\)")
"""Emphasis, code and links: of these only the words are kept."""


class Entry(NamedTuple):
    """What the page says of one notebook."""

    page: str
    title: str
    outcome: str

    def as_html(self) -> str:
        """An item of the list."""
        link = f'<a href="{html.escape(self.page)}">{html.escape(self.title)}</a>'
        return f"<li>{link}\n<p>{html.escape(self.outcome)}</p></li>"


def make_index(notebooks: Iterable[Path], out: Path) -> Path:
    """Write the page for ``notebooks``, in that order, into ``out``; its path."""
    entries = "\n".join(entry_of(notebook).as_html() for notebook in notebooks)
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(entries=entries)
    index = out / NAME
    index.write_text(page, encoding="utf-8")
    return index


def entry_of(notebook: Path) -> Entry:
    """Its number and title, and what it promises right below the title."""
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
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
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


def is_somebody_elses(index: Path) -> bool:
    """Whether a file is there that this module did not write."""
    if not index.exists():
        return False
    return OURS not in index.read_text(encoding="utf-8", errors="replace")

"""The page on which readers of the static pages begin: every notebook, in order, and what it is for."""

import html
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
    """Write the page for ``notebooks``, in the order given, into ``out``; returns the file."""
    entries = "\n".join(entry_of(notebook).as_html() for notebook in notebooks)
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(entries=entries)
    index = out / NAME
    index.write_text(page, encoding="utf-8")
    return index


def entry_of(notebook: Path) -> Entry:
    """Its number and title, and what it promises right below the title."""
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    text = cells[0].source if cells and cells[0].cell_type == "markdown" else ""
    page = f"{notebook.stem}.html"
    if not text.startswith("# "):
        return Entry(page, notebook.stem, "")
    title, _, below = text.removeprefix("# ").partition("\n")
    number = re.match(r"\d*", notebook.stem)
    numbered = f"{number[0] if number else ''} {plain(title)}".strip()
    return Entry(page, numbered, outcome_in(below))


def outcome_in(text: str) -> str:
    """The first paragraph if all of it is bold, as in the series; else its first sentence."""
    paragraph = text.strip().partition("\n\n")[0]
    if re.fullmatch(r"\*\*.+\*\*", paragraph, re.DOTALL):
        return plain(paragraph)
    first, *_ = re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)
    return plain(first)


def plain(markdown: str) -> str:
    """The words alone."""
    return MARKDOWN.sub(lambda found: found[1] or "", markdown)


def is_somebody_elses(index: Path) -> bool:
    """Whether a file is there that this module did not write."""
    return index.exists() and OURS not in index.read_text(
        encoding="utf-8", errors="replace"
    )

"""What is said of each notebook where several are listed, and where its end leads."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import nbformat

HOME = '<a href="index.html">inflight-lab: all notebooks</a>'
MAP = "00_start_here"
"""The notebook with the map of the series."""

MARKDOWN = re.compile(r"[*`]|\[(.+?)\]\(.+?\)")
"""Emphasis, code and links: of these only the words are kept."""
LAST_PARAGRAPH = re.compile(
    r"^\*\*(?P<before>Next|Back)\*\*:(?P<text>.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\[(?P<words>[^]]+)\]\((?P<name>\w+)\.ipynb(?P<anchor>#[^)]*)?\)")


class Entry(NamedTuple):
    """A line of the list."""

    page: str
    title: str
    """With the notebook's number, where it has one."""
    outcome: str


def entries_of(notebooks: Sequence[Path]) -> dict[str, Entry]:
    """The entry of each notebook, by its name, in that order."""
    return {notebook.stem: entry_of(notebook) for notebook in notebooks}


def entry_of(notebook: Path) -> Entry:
    """Its title, and the paragraph below that, which says what one gets from it."""
    first = nbformat.read(notebook, as_version=4).cells[0].source
    heading, outcome, *_ = first.split("\n\n")
    number, _, _ = notebook.stem.partition("_")
    title = plain(heading.removeprefix("# "))
    if number.isdecimal():
        title = f"{number} {title}"
    return Entry(f"{notebook.stem}.html", title, plain(outcome))


def plain(markdown: str) -> str:
    """The words alone."""
    return MARKDOWN.sub(lambda found: found[1] or "", markdown)


def navigation_of(notebooks: Sequence[Path]) -> dict[str, str]:
    """The links at the top of each notebook's page, as HTML, by its name.

    A notebook ends with ``**Next**: ...`` or ``**Back**: ...``, and the links of that
    paragraph stand at the top too, so that both ends of a page agree.
    """
    entries = entries_of(notebooks)
    return {
        notebook.stem: " ".join([HOME, *links_at_the_end(notebook, entries)])
        for notebook in notebooks
    }


def links_at_the_end(notebook: Path, entries: Mapping[str, Entry]) -> list[str]:
    """The links to other pages in the last paragraph, as HTML.

    Left out are links to the map, because the top of each page leads to all notebooks
    anyway, and to a notebook without a page.
    """
    *_, last = nbformat.read(notebook, as_version=4).cells
    paragraph = LAST_PARAGRAPH.search(last.source)
    if paragraph is None:
        return []
    links: list[str] = []
    for link in LINK.finditer(paragraph["text"]):
        if link["name"] == MAP or link["name"] not in entries:
            continue
        before = "Or" if links else paragraph["before"]
        words = escape(plain(" ".join(link["words"].split())))
        target = escape(f"{link['name']}.html{link['anchor'] or ''}")
        links.append(f'<a href="{target}">{before}: {words}</a>')
    return links

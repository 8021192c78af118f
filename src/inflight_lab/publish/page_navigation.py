"""The links at the top of each page: to the landing page, and where its end leads."""

import itertools
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from inflight_lab.publish.contents import Entry, entries_of, plain
from inflight_lab.publish.notebook_file import read_notebook

HOME = '<a href="index.html">inflight-lab: all notebooks</a>'
MAP = "00_start_here"
"""The notebook with the map of the series."""

LAST_PARAGRAPH = re.compile(
    r"^\*\*(?P<before>Next|Back)\*\*:(?P<text>.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\[(?P<words>[^]]+)\]\((?P<name>\w+)\.ipynb(?P<anchor>#[^)]*)?\)")


class Link(NamedTuple):
    """A link to another notebook, or to a place in it."""

    before: str
    """What stands before it: "Next", "Or" or "Back"."""
    words: str
    name: str
    """The notebook's."""
    anchor: str = ""


def navigation_of(notebooks: Sequence[Path]) -> dict[str, str]:
    """The links for the page of each notebook, as HTML, by its name.

    A notebook ends with ``**Next**: ...`` or ``**Back**: ...``, and the links of that
    paragraph stand at the top too, so that both ends of a page agree.  Without such a
    paragraph, the notebook after it is the next one.
    """
    entries = entries_of(notebooks)
    navigation = {}
    for notebook, following in itertools.zip_longest(notebooks, notebooks[1:]):
        links = links_at_the_end(notebook, entries)
        if links is None:
            links = links_to(following, entries)
        navigation[notebook.stem] = " ".join([HOME, *map(as_html, links)])
    return navigation


def links_at_the_end(notebook: Path, entries: Mapping[str, Entry]) -> list[Link] | None:
    """The links to other pages in a notebook's last paragraph.

    None if it has no such paragraph.  Left out are links to the map, because the top
    of each page leads to all notebooks anyway, and to a notebook without a page.
    """
    cells = read_notebook(notebook).cells
    paragraph = LAST_PARAGRAPH.search(cells[-1].source) if cells else None
    if paragraph is None:
        return None
    links: list[Link] = []
    for found in LINK.finditer(paragraph["text"]):
        name = found["name"]
        if name == MAP or name not in entries:
            continue
        before = "Or" if links else paragraph["before"]
        words = plain(" ".join(found["words"].split()))
        links.append(Link(before, words, name, found["anchor"] or ""))
    return links


def links_to(notebook: Path | None, entries: Mapping[str, Entry]) -> list[Link]:
    """One link to a notebook, which says its title; none if there is no notebook."""
    if notebook is None:
        return []
    return [Link("Next", entries[notebook.stem].title, notebook.stem)]


def as_html(link: Link) -> str:
    """The link for a page."""
    target = escape(f"{link.name}.html{link.anchor}")
    return f'<a href="{target}">{link.before}: {escape(link.words)}</a>'

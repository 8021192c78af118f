"""The links at the top of each page: to the landing page, and where its end leads."""

import itertools
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from inflight_lab.publish.contents import Entry, entries_of
from inflight_lab.publish.notebook_file import read_notebook

HOME = '<a href="index.html">inflight-lab: all notebooks</a>'
LAST_SENTENCE = re.compile(r"^\*\*(Next|Back)\*\*:(.*)", re.MULTILINE)
LINK = re.compile(r"\[([^]]+)\]\((\w+)\.ipynb[)#]")


class Link(NamedTuple):
    """A link to another notebook: what stands before it, its words, where it leads."""

    before: str
    words: str
    name: str


def navigation_of(notebooks: Sequence[Path]) -> dict[str, str]:
    """The links for the page of each notebook, as HTML, by its name.

    A notebook ends with ``**Next**: ...`` or ``**Back**: ...``, and the links of that
    sentence stand at the top too, so that both ends of a page agree.  Without such a
    sentence, the notebook after it is the next one.
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
    """The links to other pages in a notebook's last sentence; None if it has none.

    What is next comes later in the list: the way back to the map is left out.
    """
    cells = read_notebook(notebook).cells
    found = LAST_SENTENCE.search(cells[-1].source) if cells else None
    if found is None:
        return None
    before, sentence = found.groups()
    names = list(entries)
    if before == "Next":
        names = names[names.index(notebook.stem) + 1 :]
    links: list[Link] = []
    for words, name in LINK.findall(sentence):
        if name in names:
            links.append(Link("Or" if links else before, words, name))
    return links


def links_to(notebook: Path | None, entries: Mapping[str, Entry]) -> list[Link]:
    """One link to a notebook, which says its title; none if there is no notebook."""
    if notebook is None:
        return []
    return [Link("Next", entries[notebook.stem].title, notebook.stem)]


def as_html(link: Link) -> str:
    """The link for a page."""
    return f'<a href="{escape(link.name)}.html">{link.before}: {escape(link.words)}</a>'

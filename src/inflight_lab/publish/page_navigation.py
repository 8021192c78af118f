"""The links at the top of each page: back to the landing page, and on to the next."""

import itertools
from collections.abc import Sequence
from html import escape
from pathlib import Path

from inflight_lab.publish.contents import entries_of

HOME = '<a href="index.html">inflight-lab: all notebooks</a>'


def navigation_of(notebooks: Sequence[Path]) -> dict[str, str]:
    """The links for the page of each notebook, as HTML, by its name."""
    entries = entries_of(notebooks)
    navigation = dict.fromkeys(entries, HOME)
    names = list(entries)
    for name, following in itertools.pairwise(names):
        page, title, _ = entries[following]
        navigation[name] += f' <a href="{escape(page)}">Next: {escape(title)}</a>'
    return navigation

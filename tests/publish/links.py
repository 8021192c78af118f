"""The links of a folder of pages: where they lead, and whether anything is there."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class Link(NamedTuple):
    """A link on a page."""

    page: str
    target: str


def values_of(page: Path, *names: str) -> list[str]:
    """What the attributes with these names have, all over the page."""
    attributes = rf'\s(?:{"|".join(names)})="([^"]*)"'
    return [
        unescape(value) for value in re.findall(attributes, page.read_text("utf-8"))
    ]


def links_in(folder: Path) -> list[Link]:
    """Every link on the pages right in the folder, but for data in the address."""
    return [
        Link(page.name, target)
        for page in sorted(folder.glob("*.html"))
        for target in values_of(page, "href", "src")
        if not target.startswith("data:")
    ]


def broken_links(folder: Path) -> list[Link]:
    """Those that lead to a file or a passage that is not there."""
    return [
        link
        for link in links_in(folder)
        if not urlsplit(link.target).netloc and not is_there(folder, link)
    ]


def is_there(folder: Path, link: Link) -> bool:
    """Whether the file is there, and the passage in it: as it stands or, like in a
    browser, decoded.
    """
    _, _, path, _, fragment = urlsplit(link.target)
    page = folder / unquote(path or link.page)
    if not fragment or not page.is_file():
        return page.is_file()
    passages = values_of(page, "id")
    return fragment in passages or unquote(fragment) in passages

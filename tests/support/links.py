"""The links of a folder of pages: where they lead, and whether anything is there."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class Link(NamedTuple):
    """A link on a page."""

    page: str
    target: str


class PageParser(HTMLParser):
    """Collects what a page links to, and the passages that one can link to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.passages: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element has of both."""
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.targets.append(value)
            if name == "id" and value is not None:
                self.passages.add(value)


def parsed(page: Path) -> PageParser:
    """The page, read."""
    parser = PageParser()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def links_in(folder: Path) -> list[Link]:
    """Every link on the pages right in the folder, but for data in the address."""
    return [
        Link(page.name, target)
        for page in sorted(folder.glob("*.html"))
        for target in parsed(page).targets
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
    if not page.is_file():
        return False
    passages = parsed(page).passages
    return not fragment or fragment in passages or unquote(fragment) in passages

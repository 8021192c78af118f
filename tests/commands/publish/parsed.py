"""Pages, parsed."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag


def parsed(html: str) -> BeautifulSoup:
    """A page, or a part of one."""
    return BeautifulSoup(html, "html.parser")


def texts(part: Tag, selector: str) -> list[str]:
    """What stands in each of these elements."""
    return [each.get_text().strip() for each in part.select(selector)]


def links(part: Tag, selector: str = "a") -> list[tuple[str, str]]:
    """Where each of these links leads, and its words."""
    return [(str(each["href"]), each.get_text()) for each in part.select(selector)]

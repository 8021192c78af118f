"""What the accessibility checker axe finds wrong with a page."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SERIOUS = ("serious", "critical")
IN_PLACE = {"preload": False}
"""It would fetch style sheets once more, which a page opened as a file must not."""


def serious_findings(page: Page, context: str | None = None) -> list[str]:
    """What it finds from serious upwards; in the part of the page that is ``context``,
    a selector.
    """
    found = Axe().run(page, context=context, options=IN_PLACE)
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found.response["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]

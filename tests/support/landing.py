"""The landing page for tests in a browser."""

from __future__ import annotations

from pathlib import Path

from inflight_lab.publish import beside
from inflight_lab.publish.landing_page import NAME, landing_page
from tests.support.notebook_tools import NOTEBOOKS


def make_landing_page(folder: Path) -> Path:
    """The page of a site with the browser build; where it is."""
    beside.write(folder)
    series = sorted(NOTEBOOKS[0].parent.glob("*.ipynb"))
    page = landing_page(series, with_lab=True)
    (folder / NAME).write_text(page, encoding="utf-8")
    return folder / NAME

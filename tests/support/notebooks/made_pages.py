"""Pages of a site for tests: the landing page, and those of notebooks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inflight_lab.commands.publish import beside
from inflight_lab.commands.publish.landing_page import NAME, landing_page
from inflight_lab.commands.publish.notebook_page import LiveLink
from inflight_lab.commands.publish.site import make_pages
from tests.support.notebooks.notebook_tools import NOTEBOOKS


def pages_of(notebooks: Sequence[Path], folder: Path, *, live: LiveLink) -> list[Path]:
    """The page of each notebook, and in ``folder`` what stands beside them; also where
    an event loop runs already.
    """

    def make() -> list[str]:
        return asyncio.run(make_pages(notebooks, folder, live=live))

    folder.mkdir(exist_ok=True)
    beside.write(folder)
    with ThreadPoolExecutor() as thread:  # Playwright's loop is in this one
        assert thread.submit(make).result() == []
    return [folder / f"{notebook.stem}.html" for notebook in notebooks]


def make_landing_page(folder: Path) -> Path:
    """The page of a site with the browser build; where it is."""
    beside.write(folder)
    series = sorted(NOTEBOOKS[0].parent.glob("*.ipynb"))
    page = landing_page(series, wheel="this.whl", with_lab=True)
    (folder / NAME).write_text(page, encoding="utf-8")
    return folder / NAME

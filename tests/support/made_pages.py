"""Pages of notebooks for tests, also where an event loop runs already."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inflight_lab.publish import beside
from inflight_lab.publish.notebook_page import LiveLink
from inflight_lab.publish.site import make_pages


def pages_of(notebooks: Sequence[Path], folder: Path, *, live: LiveLink) -> list[Path]:
    """The page of each notebook, and in ``folder`` what stands beside them."""

    def make() -> list[str]:
        return asyncio.run(make_pages(notebooks, folder, live=live))

    folder.mkdir(exist_ok=True)
    beside.write(folder)
    with ThreadPoolExecutor() as thread:  # Playwright's loop is in this one
        assert thread.submit(make).result() == []
    return [folder / f"{notebook.stem}.html" for notebook in notebooks]

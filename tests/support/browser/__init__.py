"""What tests in a browser take from here by name: their marks, places and tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.support.browser.lab import CHROMIUM
from tests.support.waiting import PATIENCE

BROWSERS_PATIENCE = 1000 * PATIENCE
"""Milliseconds: a busy machine may take longer than the usual five seconds."""
expect.set_options(timeout=BROWSERS_PATIENCE)
ROOT = Path(__file__).parents[3]
UV = os.environ.get("UV") or shutil.which("uv")
IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here"),
]


class Place(NamedTuple):
    """A front end of `tests.support.browser.lab.FRONTS`, and a kernel: ``python3`` is
    this environment's, and any other a package and version such as "ipykernel-6.31".
    """

    front: str = "lab"
    kernel: str = "python3"

    def __str__(self) -> str:
        return f"{self.front}-{self.kernel}"


USUAL = Place()

NOT_OURS = (
    # Notebook 7.6, on an empty notebook too.
    "Cannot read properties of undefined (reading 'schema')",
    # A front end that opens a notebook whose kernel has gone.
    "widget model not found",
)


class Pages:
    """Opens pages of a browser, and notes the ``errors`` on their consoles.

    One of them is to ask another site for anything: Chromium finds none.
    """

    def __init__(self, browser: Browser) -> None:
        self.errors: list[str] = []
        self._browser = browser
        self._opened: list[Page] = []

    def open(self) -> Page:
        """A new page, as large as a desk has it."""
        page = self._browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(BROWSERS_PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        self._opened.append(page)
        return page

    def close(self) -> None:
        """Close all that were opened."""
        for page in self._opened:
            page.close()

    def forgive(self, *words: str) -> None:
        """Forget the errors with one of these words, which a test has provoked."""
        self.errors = [
            each for each in self.errors if not any(word in each for word in words)
        ]

    def expect_peace(self) -> None:
        """No error so far."""
        self.forgive(*NOT_OURS)
        assert not self.errors, self.errors

    def _hear(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        # JupyterLite asks for a drawing once before it knows where the file is.
        is_early = "/live/" in url and url.endswith(".svg")
        is_harmless = is_early or url.endswith("/favicon.ico")
        if message.type == "error" and not is_harmless:
            self.errors.append(f"{message.text} {url}")


@contextmanager
def watched(browser: Browser) -> Iterator[Pages]:
    """Pages of ``browser``, closed in the end; what they did wrong fails the test."""
    pages = Pages(browser)
    yield pages
    pages.close()
    pages.expect_peace()


def stop_clock(page: Page) -> None:
    """From now on the page's time passes only with ``page.clock.run_for``."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def make_environment(
    folder: Path, *packages: str | Path, python: str | Path = sys.executable
) -> Path:
    """Make an environment with these packages; returns its Python.  Quick with uv."""
    made = folder / "bin" / "python"
    create: list[str | Path] = [python, "-m", "venv", folder]
    install: list[str | Path] = [made, "-m", "pip", "install", "--quiet"]
    if UV:
        create = [UV, "venv", "--quiet", "--clear", "--python", python, folder]
        install = [UV, "pip", "install", "--quiet", "--python", made]
    subprocess.run(create, check=True)
    subprocess.run([*install, *packages], check=True, cwd=ROOT)
    return made

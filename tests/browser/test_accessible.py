"""Every page of the package can be read by everybody: the checker axe finds nothing
serious, and nothing is wider than the window.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import nbformat
import pytest
from playwright.sync_api import Page, expect

from inflight_lab.publish import index_page, static_pages
from tests.browser.test_watch_page import send, watched
from tests.support.accessible import serious_findings
from tests.support.browser import IN_BROWSER
from tests.support.lab import StudentPage
from tests.support.notebook_tools import GLOSSARY, NOTEBOOKS

pytestmark = IN_BROWSER
Look = Callable[[], None]
"""Looks at the page in every theme and width."""
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (390, 1280)

TEXT = """# A title

A [link](https://example.com), `code`, and a list:

- *one*
- **two**

| a | b |
|---|---|
| 1 | 2 |
"""
CODE = """\
import asyncio  # with a comment
from inflight_lab import LivePlot, PracticeServer
from inflight_lab.exercises.check import verdict_on
from inflight_lab.runners import naive
server = PracticeServer(latency=0.01).start()
plot = LivePlot(server)
display(plot, verdict_on(f"{1 + 1} in flight."))
with plot:
    await naive.make_many_requests(server.url, 3)
print("done")
"""


def static_page(page: Page, folder: Path, look: Look) -> None:
    """A notebook as a page, with all that such a page may have."""
    cells = [nbformat.v4.new_markdown_cell(TEXT), nbformat.v4.new_code_cell(CODE)]
    notebook = folder / "notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    page.goto(static_pages.make_page(notebook, folder).as_uri())
    expect(page.locator(".ifl-picture")).to_have_count(1)
    look()


def index(page: Page, folder: Path, look: Look) -> None:
    """The page on which readers begin."""
    page.goto(index_page.make_index([*NOTEBOOKS, GLOSSARY], folder).as_uri())
    look()


def watch_page(page: Page, folder: Path, look: Look) -> None:
    """The page of ``watch``, while the script runs, and with its diagnosis."""
    with watched(folder) as script:
        page.goto(address_in(script))
        send(script)
        expect(page.locator("#state")).to_contain_text("Running")
        look()
        send(script)
        expect(page.locator("#diagnosis")).to_contain_text("certain")
        look()


def address_in(script: subprocess.Popen[str]) -> str:
    """Where the script's page is."""
    assert script.stderr
    return script.stderr.readline().split()[-1]


def student_page(page: Page, folder: Path, look: Look) -> None:
    """The student page: at rest, in a run, and after it."""
    voila = StudentPage(folder)
    try:
        panel = voila.open(page)
        look()
        panel.press("Run")
        panel.expect(in_flight=3)
        look()
        panel.press("Stop")
        panel.expect(live=False)
        look()
        page.goto("about:blank")  # it would say that its server has ended
    finally:
        voila.close()


class Case(NamedTuple):
    """A page, and the class of its plots that follow the theme; "" if it has none."""

    visit: Callable[[Page, Path, Look], None]
    plot: str = ""


CASES = [
    Case(index),
    Case(static_page),
    Case(watch_page, plot=".ifl-plot"),
    Case(student_page, plot=".ifl-panel"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.visit.__name__)
def test_everybody_can_read_it(case: Case, page: Page, tmp_path: Path) -> None:
    """In the light and in the dark, on a phone and on a desk."""

    def look() -> None:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            if case.plot:
                dark = page.locator(f"{case.plot}.ifl-dark")
                expect(dark).to_have_count(int(theme == "dark"))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_function(
                    "document.documentElement.scrollWidth <= innerWidth"
                )
                assert serious_findings(page) == []

    case.visit(page, tmp_path, look)

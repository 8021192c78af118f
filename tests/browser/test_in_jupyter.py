"""The panel in JupyterLab and in Notebook: all that a person does to it in a lesson.

One page in each serves these tests, and the panel is reset before each.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.support.browser import (
    IN_BROWSER,
    USUAL,
    Pages,
    Place,
    watched,
)
from tests.support.browser.lab import START_UP, Lab, PanelOnPage, run_all, save
from tests.support.browser.panel_page import PANEL, SET_UP, panel_of, try_out
from tests.support.notebooks.notebook_tools import notebook

pytestmark = IN_BROWSER

LAST = """
import asyncio
import time
from pathlib import Path

while Path("awaiting").exists():
    await asyncio.sleep(0.05)
while Path("blocking").exists():
    time.sleep(0.05)
print("the last cell has ended")
"""
ENDED = re.compile("^the last cell has ended")
FULL = "document.fullscreenElement && document.querySelector('.ifl-presented')"
END_KERNEL = "jupyterapp.shell.currentWidget.sessionContext.shutdown()"

OLD_KERNEL = Place("lab", "ipykernel-6.31")
"""In an environment of its own.  Between it and the newest, which is this
environment's, are those that a busy computer can make deaf for good.
"""


def in_lab(*others: Place) -> pytest.MarkDecorator:
    """Run the test in JupyterLab, and with ``-m full`` in other places as well."""
    full = [pytest.param(place, marks=pytest.mark.full) for place in others]
    return pytest.mark.parametrize("place", [USUAL, *full], ids=str, indirect=True)


class Opened(NamedTuple):
    """A notebook with a panel on a page."""

    lab: Lab
    name: str
    pages: Pages
    page: Page
    panel: PanelOnPage

    @contextmanager
    def last_cell(self, what: str) -> Iterator[None]:
        """Run the last cell again, which is ``awaiting`` or ``blocking`` meanwhile."""
        ended = self.page.get_by_text(ENDED)
        expect(ended).to_be_visible()
        held_up = self.lab.notebooks / what
        held_up.touch()
        try:
            self.page.locator(".jp-CodeCell .cm-content").last.click()
            self.page.keyboard.press("Control+Enter")
            expect(ended).to_have_count(0)
            yield
        finally:
            held_up.unlink()
        expect(ended).to_be_visible()

    def wait_for_a_new_panel(self) -> None:
        """A panel made since the last call, shown at rest."""
        self.page.wait_for_selector(".ifl-lane:not([data-old])", timeout=START_UP)
        self.panel.expect(live=False, started=0)
        self.page.evaluate("document.querySelector('.ifl-lane').dataset.old = 'yes'")


@pytest.fixture(scope="module")
def opened(
    place: Place, servers: Callable[[str], Lab], browser: Browser
) -> Iterator[Opened]:
    """A notebook after Run All."""
    lab = servers(place.front)
    with watched(browser) as pages:
        page = pages.open()
        name = f"panel-{place.kernel}.ipynb"
        lab.open(page, lab.write(name, SET_UP, PANEL, LAST, kernel=place.kernel))
        run_all(page)
        opened = Opened(lab, name, pages, page, panel_of(page))
        opened.wait_for_a_new_panel()
        yield opened


@pytest.fixture
def panel(opened: Opened) -> Iterator[PanelOnPage]:
    """Its panel, at rest."""
    opened.panel.press("Reset")
    opened.panel.expect(live=False, started=0)
    yield opened.panel
    opened.pages.expect_peace()


@in_lab(OLD_KERNEL, Place("notebook"))
def test_it_follows_every_gesture(panel: PanelOnPage) -> None:
    """In a run, after it, and in the next; no request is lost, and Reset forgets."""
    try_out(panel)
    assert panel.number("answered") + panel.number("cancelled") == 1000
    panel.press("Reset")
    panel.expect(started=0, answered=0, cancelled=0)
    expect(panel.limit).to_have_value("3")


@in_lab(OLD_KERNEL)
def test_the_slider_lives_while_a_cell_awaits_and_after(
    panel: PanelOnPage, opened: Opened
) -> None:
    """Also in a kernel that hears of a page only between two cells."""
    panel.press("Run")
    panel.expect(in_flight=3)
    with opened.last_cell("awaiting"):
        for _ in range(3):
            panel.key("PageUp")
    panel.expect(limit=18, in_flight=18)
    panel.key("PageUp")
    panel.expect(limit=23, in_flight=23)


@in_lab(OLD_KERNEL)
def test_the_picture_moves_while_a_cell_blocks(
    panel: PanelOnPage, opened: Opened
) -> None:
    """The kernel's main thread does nothing but sleep; the page says so."""
    panel.press("Run")
    panel.expect(in_flight=3)
    with opened.last_cell("blocking"):
        panel.notice("blocked")
        seconds = opened.page.locator(".ifl-panel .ifl-time")
        before = seconds.inner_text()
        expect(seconds).not_to_have_text(before)


@in_lab()
def test_everything_by_keyboard(panel: PanelOnPage, opened: Opened) -> None:
    """On the whole screen and off it: Space runs and stops, arrows set the limit, R
    resets, F presents, and no key reaches the notebook's shortcuts.
    """
    page = opened.page
    cells = page.locator(".jp-Notebook .jp-CodeCell").count()
    # It cannot take the focus: the cell would.
    page.locator(".ifl-panel .ifl-flow").click()
    page.keyboard.press("f")
    page.wait_for_function(FULL)
    page.keyboard.press("Space")
    panel.expect(in_flight=3, live=True)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    panel.expect(in_flight=5, limit=5)
    for key in "dxabmz":
        page.keyboard.press(key)
        page.keyboard.press(key)
    panel.expect(in_flight=5, live=True)
    page.keyboard.press("Space")
    panel.expect_end()
    page.keyboard.press("r")
    panel.expect(started=0)
    page.keyboard.press("f")
    page.wait_for_function(f"!({FULL})")
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == cells
    save(page)  # its key is S with Control: the front end's, as ever


@in_lab()
def test_two_pages_on_one_notebook_show_the_same_run(
    panel: PanelOnPage, opened: Opened
) -> None:
    """One that opens late has the run so far; either moves the slider, and stops it."""
    save(opened.page)
    panel.press("Run")
    panel.expect(in_flight=3)
    other = opened.pages.open()
    for _ in range(3):  # JupyterLab may miss what its busy kernel says of widgets
        opened.lab.open(other, opened.name)
        with contextlib.suppress(TimeoutError):
            other.locator(".ifl-lane").wait_for(timeout=START_UP / 3)
            break
    second = panel_of(other)
    second.expect(live=True, in_flight=3, limit=3)
    panel.key("ArrowRight")  # few in flight: the run outlasts a busy computer's delays
    for each in (panel, second):
        each.expect(limit=4, in_flight=4)
    expect(second.limit).to_have_value("4")
    second.key("ArrowRight")
    for each in (panel, second):
        each.expect(limit=5, in_flight=5)
    expect(panel.limit).to_have_value("5")
    second.press("Stop")
    for each in (panel, second):
        each.expect_end()
        each.expect(live=False, in_flight=0)
    for name in ("started", "answered", "cancelled"):
        assert panel.number(name) == second.number(name)
    other.close()


@in_lab()
def test_a_kernel_restart_in_mid_run(panel: PanelOnPage, opened: Opened) -> None:
    """After Restart and Run All the new panel, in the place of the old, runs."""
    page = opened.page
    panel.press("Run")
    panel.expect(in_flight=3)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text(re.compile("^Restart Kernel and Run All Cells")).click()
    page.locator(".jp-Dialog button", has_text="Restart").click()
    opened.wait_for_a_new_panel()
    panel.press("Run")
    panel.expect(in_flight=3, live=True)


@in_lab()
def test_a_notebook_opened_again_shows_pictures(
    panel: PanelOnPage, opened: Opened
) -> None:
    """The last test of this page, whose kernel it ends: where the panel was there is
    the picture of its run.
    """
    page = opened.page
    picture = page.locator("img.ifl-picture")
    panel.press("Run")
    panel.expect(in_flight=3)
    panel.press("Stop")
    panel.expect_end()
    expect(picture.first).to_be_hidden()
    save(page)
    kept = json.loads((opened.lab.notebooks / opened.name).read_text(encoding="utf-8"))
    assert "0 refused" in json.dumps(kept["cells"][1]["outputs"])

    page.evaluate(END_KERNEL)
    page.goto("about:blank")
    opened.lab.open(page, opened.name)
    expect(picture.first).to_be_visible()
    assert picture.first.evaluate("({ naturalWidth }) => naturalWidth") == 860
    lost = page.locator(".jp-OutputArea-output.jupyter-widgets").first
    expect(lost).to_have_text("Error displaying widget: model not found")
    expect(lost).to_have_css("font-size", "0px")
    added = lost.evaluate("each => getComputedStyle(each, '::after').content")
    assert "run this cell again" in added
    expect(page.locator(".ifl-lane")).to_have_count(0)


def test_the_first_minute(lab: Lab, page: Page) -> None:
    """The first cell of the first notebook sends at once, and without scrolling the
    limit is in reach and changes how many are in flight.
    """
    shutil.copy(notebook("00"), lab.notebooks)
    page.set_viewport_size({"width": 1024, "height": 768})
    lab.open(page, notebook("00").name)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    panel = PanelOnPage(page)
    panel.expect(in_flight=3)
    for part in (panel.limit, page.locator(".ifl-sentence")):
        expect(part).to_be_in_viewport(ratio=1)
    panel.key("ArrowRight")
    panel.expect(in_flight=4)

"""The first minute: notebook 00 as it opens in JupyterLab."""

from __future__ import annotations

import shutil

from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.lab import Lab, PanelOnPage
from tests.support.notebook_tools import notebook

pytestmark = IN_BROWSER


def test_one_key_lets_requests_move(lab: Lab, page: Page) -> None:
    """The first cell sends them at once, and without scrolling the limit is in reach
    and changes how many are in flight.
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

"""The first minute: notebook 00 as it opens in JupyterLab."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.lab import Lab, PanelOnPage
from tests.support.notebook_tools import notebook

pytestmark = IN_BROWSER


@pytest.mark.parametrize("size", [(1400, 900), (1024, 768)], ids="{0[0]}".format)
def test_one_key_lets_requests_move(
    lab: Lab, page: Page, size: tuple[int, int]
) -> None:
    """The first cell sends them at once, and without scrolling the limit is in reach
    and changes how many are in flight.
    """
    width, height = size
    name = f"first_minute_{width}.ipynb"
    shutil.copy(notebook("00"), lab.notebooks / name)
    page.set_viewport_size({"width": width, "height": height})
    lab.open(page, name)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    panel = PanelOnPage(page)
    panel.expect(in_flight=3)
    for part in (panel.limit, page.locator(".ifl-sentence")):
        expect(part).to_be_in_viewport(ratio=1)
    panel.key("ArrowRight")
    panel.expect(in_flight=4)

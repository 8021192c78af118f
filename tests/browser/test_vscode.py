"""The panel in VS Code's own bundle for widgets, with a live kernel."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.gestures import try_out
from tests.support.lab import Lab
from tests.support.npm import NPM
from tests.support.panel_page import PANEL, SET_UP, panel_of
from tests.support.vscode_page import VSCodePage

pytestmark = [
    *IN_BROWSER,
    pytest.mark.skipif(
        not NPM and not os.environ.get("CI"), reason="there is no npm here"
    ),
]


@pytest.fixture(scope="module")
def vscode(tmp_path_factory: pytest.TempPathFactory) -> VSCodePage:
    """What VS Code loads."""
    return VSCodePage(tmp_path_factory.mktemp("npm"))


def test_the_panel_works_in_vscodes_bundle(
    lab: Lab, page: Page, vscode: VSCodePage
) -> None:
    """It follows every gesture, is not shown twice, and is dark on the white that VS
    Code puts behind it.
    """
    vscode.run(page, lab, SET_UP + PANEL)
    try_out(panel_of(page))
    picture = page.locator("#outputs > div > :is(img, svg)")
    expect(picture).to_have_count(1)
    expect(picture).to_be_hidden()
    expect(page.locator(".ifl-dark")).to_have_count(0)

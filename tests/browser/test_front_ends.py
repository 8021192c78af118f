"""The panel in every other front end and browser, by the same gestures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.browser.driven_panel import DrivenPanel, driven, run_command
from tests.support.browser.lab import HAS_KERNEL, Lab
from tests.support.browser.marimo_page import marimo
from tests.support.browser.panel_page import (
    PANEL,
    SET_UP,
    panel_of,
    try_out,
)
from tests.support.browser.vscode_page import NPM, VSCodePage
from tests.support.browser.webdriver import BROWSERS

pytestmark = [*IN_BROWSER, pytest.mark.full]

CENSUS = """
import builtins
import threading

builtins.runs = getattr(builtins, "runs", 0) + 1
names = [thread.name for thread in threading.enumerate()]
servers, plots = names.count("practice-server"), names.count("live-plot")
print(f"run {builtins.runs}: {servers} server, {plots} plots")
"""


def test_in_marimo(page: Page, tmp_path: Path) -> None:
    """On a dark page it follows every gesture and can be presented; a cell that runs
    again closes what it made.
    """
    cell = SET_UP + CENSUS + PANEL
    with marimo(tmp_path, cell) as address:
        page.goto(address)
        for run in (1, 2):
            page.locator(".cm-content").first.click()
            page.keyboard.press("Control+Enter")
            page.get_by_text(f"run {run}: 1 server, 0 plots").wait_for()
        panel = panel_of(page)
        try_out(panel)
        expect(page.locator(".ifl-panel.ifl-dark")).to_have_count(1)
        panel.press("Present")
        expect(page.locator(".ifl-presented")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".ifl-presented")).to_have_count(0)
        page.close()  # before its server ends


@pytest.mark.skipif(not NPM, reason="there is no npm here")
def test_in_vscodes_bundle(lab: Lab, page: Page, tmp_path: Path) -> None:
    """It is not shown twice, and is dark on the white that VS Code puts behind it."""
    VSCodePage(tmp_path).run(page, lab, SET_UP + PANEL)
    try_out(panel_of(page))
    picture = page.locator("#outputs > div > :is(img, svg)")
    expect(picture).to_have_count(1)
    expect(picture).to_be_hidden()
    expect(page.locator(".ifl-dark")).to_have_count(0)


FILLS_THE_SCREEN = """
const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
return document.fullscreenElement && middle.closest(".ifl-presented");
"""


@pytest.mark.parametrize("name", BROWSERS)
def test_in_another_browser(
    name: str, servers: Callable[[str], Lab], tmp_path: Path
) -> None:
    """In JupyterLab it also fills the screen and leaves it, and its colours follow the
    theme.
    """
    lab = servers("lab")
    lab.use_theme("JupyterLab Dark")
    with driven(name, tmp_path) as page:
        page.open(lab.where(lab.write(f"{name}.ipynb", SET_UP, PANEL)))
        page.wait_for(HAS_KERNEL)
        run_command(page, "notebook:run-all-cells")
        panel = DrivenPanel(page)
        page.wait_for("return document.querySelector('.ifl-dark')")
        try_out(panel)
        panel.press("Present")
        page.wait_for(FILLS_THE_SCREEN)
        page.press("Escape")
        page.wait_for("return !document.fullscreenElement")
        page.wait_for("return !document.querySelector('.ifl-presented')")
        run_command(page, "apputils:change-theme", theme="JupyterLab Light")
        page.wait_for("return !document.querySelector('.ifl-dark')")

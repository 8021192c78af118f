"""The panel in every other front end and browser, by the same gestures."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from inflight_lab import ClassRoom
from tests.support.browser import IN_BROWSER, Pages, watched
from tests.support.browser.bare_page import SHOW_WIDGET, state_of, widget_of
from tests.support.browser.lab import Lab, firefox, run_all
from tests.support.browser.marimo_page import marimo
from tests.support.browser.panel_page import (
    PANEL,
    SET_UP,
    panel_of,
    try_out,
)
from tests.support.browser.vscode_page import NPM, run_in_vscode
from tests.support.browser.webkit import webkit
from tests.support.notebooks.made_pages import make_landing_page

pytestmark = [*IN_BROWSER, pytest.mark.full]

CENSUS = """
import builtins
import threading

builtins.runs = getattr(builtins, "runs", 0) + 1
names = [thread.name for thread in threading.enumerate()]
servers, plots = names.count("practice-server"), names.count("live-plot")
print(f"run {builtins.runs}: {servers} server, {plots} plots")
"""

FULL = "document.fullscreenElement && document.querySelector('.ifl-presented')"
LIGHT = """jupyterapp.commands.execute(
  "apputils:change-theme", { theme: "JupyterLab Light" })"""
SENTENCE = "document.querySelector('.ifl-sentence').innerText"


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
            panel = panel_of(page)  # the cell has ended: before, marimo takes no key
        try_out(panel)
        expect(page.locator(".ifl-panel.ifl-dark")).to_have_count(1)
        panel.press("Present")
        expect(page.locator(".ifl-presented")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".ifl-presented")).to_have_count(0)
        page.close()  # before its server ends


@pytest.mark.skipif(not NPM, reason="there is no npm here")
def test_in_vscodes_bundle(lab: Lab, pages: Pages, tmp_path: Path) -> None:
    """It is not shown twice, is not dark on the white that VS Code puts behind it, and
    is presented in its frame, which may not fill the screen.
    """
    page = pages.open()
    frame = run_in_vscode(page, lab, SET_UP + PANEL, tmp_path)
    panel = panel_of(page, frame)
    try_out(panel)
    picture = frame.locator("div > :is(img, svg)")
    expect(picture).to_have_count(1)
    expect(picture).to_be_hidden()
    expect(frame.locator(".ifl-dark")).to_have_count(0)
    panel.press("Present")
    presented = frame.locator(".ifl-presented")
    assert presented.bounding_box() == frame.owner.bounding_box()
    assert "fullscreen is not allowed" in pages.errors.pop()
    page.keyboard.press("Escape")
    expect(presented).to_have_count(0)


def test_in_firefox(lab: Lab, playwright: Playwright) -> None:
    """In JupyterLab it also fills the screen and leaves it, and its colours follow the
    theme.
    """
    lab.use_theme("JupyterLab Dark")
    with firefox(playwright) as browser, watched(browser) as pages:
        page = pages.open()
        lab.open(page, lab.write("firefox.ipynb", SET_UP, PANEL))
        run_all(page)
        panel = panel_of(page)
        dark = page.locator(".ifl-panel.ifl-dark")
        expect(dark).to_have_count(1)
        try_out(panel)
        panel.press("Present")
        page.wait_for_function(FULL)
        page.keyboard.press("Escape")
        page.wait_for_function(f"!({FULL})")
        expect(page.locator(".ifl-presented")).to_have_count(0)
        page.evaluate(LIGHT)
        expect(dark).to_have_count(0)


def test_in_webkit(tmp_path: Path) -> None:
    """On an iPhone somebody sends to the class and plays the landing page's run, and a
    panel asks its kernel, and fills the screen.
    """
    with (
        webkit(tmp_path) as page,
        ClassRoom(address="127.0.0.1", port=0, quota="none", latency=0) as room,
    ):
        page.open(room.url)
        page.click("#send:not([disabled])")
        page.wait_for("return document.body.innerText.includes('200 OK after')")
        page.open(make_landing_page(tmp_path).as_uri())
        page.click("inflight-toy .ifl-go")
        page.wait_for(f"return {SENTENCE}.includes('answered')")
        page.open("about:blank")
        page.evaluate(f"return ({SHOW_WIDGET})(arguments[0])", widget_of(state_of()))
        page.click(".ifl-panel .ifl-go")
        page.wait_for("return model.sent.some((message) => message.press === 'run')")
        page.click(".ifl-panel .ifl-present")
        page.wait_for(f"return {FULL}")

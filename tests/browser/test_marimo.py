"""The panel in marimo: a page and a kernel of its own, and no IPython."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.gestures import try_out
from tests.support.marimo_page import marimo
from tests.support.panel_page import PANEL, PLOT_COMES, SET_UP, panel_of

pytestmark = IN_BROWSER


def test_the_panel_works_in_an_app(page: Page, tmp_path: Path) -> None:
    """As an app it runs, follows a drag and stops, on a page that is light."""
    with marimo(tmp_path, SET_UP + PANEL, mode="run", theme="light") as address:
        page.goto(address)
        panel = panel_of(page)
        panel.press("Run")
        panel.expect(in_flight=3, live=True)
        limit = panel.drag("limit", 0.5)
        panel.expect(limit=limit, in_flight=limit)
        panel.press("Stop")
        panel.expect_end()
        expect(page.locator(".ifl-dark")).to_have_count(0)
        page.close()  # before its server ends


def test_the_panel_works_in_the_editor(page: Page, tmp_path: Path) -> None:
    """In the editor it follows every gesture, notices a dark page, and can be
    presented.
    """
    with marimo(tmp_path, SET_UP + PANEL, mode="edit", theme="dark") as address:
        page.goto(address)
        page.locator(".cm-content").first.wait_for(timeout=PLOT_COMES)
        page.get_by_test_id("run-button").last.click()  # that of the whole notebook
        panel = panel_of(page)
        try_out(panel)
        expect(page.locator(".ifl-dark")).to_have_count(1)
        panel.press("Present")
        expect(page.locator(".ifl-presented")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".ifl-presented")).to_have_count(0)
        page.close()  # before its server ends


CENSUS = """
import builtins, threading
builtins.runs = getattr(builtins, "runs", 0) + 1
names = [thread.name for thread in threading.enumerate()]
servers, plots = names.count("practice-server"), names.count("live-plot")
print(f"run {builtins.runs}: {servers} server, {plots} plots")
"""


def test_a_cell_that_runs_again_leaves_one_server(page: Page, tmp_path: Path) -> None:
    """What the cell made is closed before it runs again, in the middle of a run too."""
    cell = SET_UP + CENSUS + PANEL.replace("\npanel", "\npanel.start()\npanel")
    with marimo(tmp_path, cell, mode="edit") as address:
        page.goto(address)
        editor = page.locator(".cm-content").first
        for run in (1, 2, 3):
            editor.click(timeout=PLOT_COMES)
            page.keyboard.press("Control+Enter")
            page.get_by_text(f"run {run}: 1 server, 0 plots").wait_for()
            panel_of(page).expect(in_flight=3)
        page.close()

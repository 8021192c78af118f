"""A notebook with a panel in a browser, for the tests that use one."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.browser import USUAL
from tests.support.browser.lab import Lab, PanelOnPage, run_all

SET_UP = """
from inflight_lab import LivePlot, Panel, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause
server = PracticeServer(latency=0.5, seed=1).start()
"""
PANEL = """\
panel = Panel(semaphore.make_many_requests, server=server, count=1000, limit=3)
panel"""
PLOT_COMES = 60_000
"""Milliseconds."""


def open_panel(
    lab: Lab, page: Page, name: str, *cells: str, kernel: str = USUAL.kernel
) -> PanelOnPage:
    """The panel of a new notebook ``{name}-{kernel}.ipynb``, after Run All of SET_UP
    and ``cells``.
    """
    lab.open(page, lab.write(f"{name}-{kernel}.ipynb", SET_UP, *cells, kernel=kernel))
    run_all(page)
    return panel_of(page)


def panel_of(page: Page) -> PanelOnPage:
    """The panel that the page shows, once it is there."""
    panel = PanelOnPage(page)
    panel.plot.wait_for(timeout=PLOT_COMES)
    return panel

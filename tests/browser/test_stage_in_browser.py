"""The panel in front of a class: the whole screen, the keyboard, and side by side."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.drawn import plot_on, spy_on
from tests.support.lab import Lab, PanelOnPage, run_all, save
from tests.support.panel_page import PANEL, SET_UP, open_panel

pytestmark = IN_BROWSER

SIDE_BY_SIDE = """
server.latency = 2  # long enough to see all sixty in flight, also on a busy machine
panel = Panel(
    {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests},
    server=server, count=60, limit=15)
panel
"""
FULL = "document.fullscreenElement && document.querySelector('.ifl-presented')"
PLOTS = ".ifl-panel .inflight-lab"
IS_WITHIN_ITS_CELL = """() => {
    const panel = document.querySelector(".ifl-panel").getBoundingClientRect();
    const cell = document.querySelector(".jp-Cell-outputWrapper:has(.ifl-panel)");
    return panel.width > 0 && panel.right <= cell.getBoundingClientRect().right;
}"""


def test_the_panel_fills_the_screen_and_leaves_it(lab: Lab, page: Page) -> None:
    """Presented, all of it is on one screen, in larger letters, and it still answers;
    Escape ends that.
    """
    panel = open_panel(lab, page, "present", PANEL)
    panel.open_more()
    page.locator(".ifl-view select").select_option("lines")
    usual = panel.plot.locator(".ifl-number").first.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    page.get_by_role("button", name="Present", exact=True).click()
    page.wait_for_function(FULL)
    page.keyboard.press("Space")
    panel.expect(in_flight=3, live=True)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    panel.expect(in_flight=6, limit=6)
    shown = panel.plot.locator(".ifl-number").first.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert shown > 1.5 * usual
    height = page.viewport_size["height"] if page.viewport_size else 0
    for part in (".ifl-lines", ".ifl-tiles"):
        box = panel.plot.locator(part).bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
    page.keyboard.press("Space")
    panel.expect_end()
    page.keyboard.press("f")
    page.wait_for_function(f"!({FULL})")


def test_in_a_window_made_narrow_nothing_is_cut_off(lab: Lab, page: Page) -> None:
    """The panel follows: its pictures do not keep the output as wide as it was."""
    open_panel(lab, page, "narrow", PANEL)
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(IS_WITHIN_ITS_CELL)


def test_everything_by_keyboard(lab: Lab, page: Page) -> None:
    """Space runs and stops, arrows set the limit, R resets, and no key reaches the
    notebook's shortcuts.
    """
    panel = open_panel(lab, page, "keys", PANEL)
    cells = page.locator(".jp-Notebook .jp-CodeCell").count()
    panel.limit.focus()
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
    panel.press("Run")
    panel.expect(in_flight=3)
    panel.press("Stop")
    panel.expect_end()
    page.locator(
        ".ifl-lines"
    ).click()  # what cannot take the focus: the cell would take it
    page.keyboard.press("r")
    panel.expect(started=0)
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == cells
    save(page)  # its key is S with Control: the front end's, as ever


def test_two_runners_on_one_axis(lab: Lab, page: Page) -> None:
    """One click starts both; their plots show the same seconds and the same scale, also
    afterwards.
    """
    spy_on(page)
    lab.open(page, lab.write("side.ipynb", SET_UP, SIDE_BY_SIDE))
    run_all(page)
    plots = page.locator(PLOTS)
    expect(plots).to_have_count(2, timeout=60_000)
    page.locator(".ifl-panel button", has_text="Run").click()
    for plot, peak in ((plots.nth(0), "60"), (plots.nth(1), "15")):
        expect(plot).to_have_attribute("data-in-flight", peak)
        expect(plot).to_have_attribute("data-live", "true")
    PanelOnPage(page).expect_end()
    axes = [
        [(word.text, word.y) for word in plot_on(page, lane).axis("in flight")]
        for lane in (0, 1)
    ]
    assert axes[0] == axes[1]
    assert [int(plot.get_attribute("data-accepted") or 0) for plot in plots.all()] == [
        60,
        60,
    ]

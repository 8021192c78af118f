"""The panel in a browser, moved by pointer and keyboard and judged by the server's
count.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER, Place
from tests.support.lab import Lab, PanelOnPage, run_all, save
from tests.support.panel_page import PANEL, SET_UP, open_panel

pytestmark = IN_BROWSER

STARTED = PANEL.replace("\npanel", "\npanel.start()\npanel")
AWAITING = """
import asyncio
from pathlib import Path

while Path("awaiting").exists():
    await asyncio.sleep(0.05)
print("cell ended")
"""
BLOCKING = """
import threading
import time
from pathlib import Path

import httpx

server.latency = 600
client = threading.Thread(
    target=httpx.get, args=[server.url], kwargs={"timeout": None}, daemon=True
)
with plot:
    client.start()
    Path("blocking").touch()
    while Path("blocking").exists():
        time.sleep(0.05)
print("cell ended")
"""
CENSUS = """
import threading

names = [thread.name for thread in threading.enumerate()]
servers, plots = names.count("practice-server"), names.count("live-plot")
print(f"{servers} server, {plots} plot thread")
"""


def test_the_slider_moves_the_plateau_while_requests_fly(
    lab: Lab, page: Page, place: Place
) -> None:
    """A drag and a key move the limit in a run and between runs, until Reset: in flight
    follows every time.
    """
    panel = open_panel(lab, page, "slider", PANEL, place=place)
    panel.press("Run")
    panel.expect(in_flight=3, limit=3, live=True)
    panel.key("PageUp")
    panel.expect(limit=8, in_flight=8)
    limit = panel.drag("limit", 0.5)
    panel.expect(limit=limit, in_flight=limit)

    panel.press("Stop")
    panel.expect_end()
    panel.expect(live=False, in_flight=0, waiting=0)
    assert panel.number("answered") + panel.number("cancelled") == 1000

    limit = panel.drag("limit", 0.2)
    panel.key("ArrowRight")
    panel.press("Run")
    panel.expect(limit=limit + 1, in_flight=limit + 1, live=True)
    panel.press("Stop")
    panel.expect_end()

    panel.press("Reset")
    panel.expect(started=0, answered=0, cancelled=0)
    panel.press("Run")
    panel.expect(limit=3, in_flight=3, live=True)
    panel.press("Stop")
    panel.expect_end()


def test_a_wild_slider_never_lets_more_through_than_its_highest_value(
    lab: Lab, page: Page
) -> None:
    """After a drag to and fro the limit in use is the one the slider shows, and no slot
    was lost.
    """
    panel = open_panel(lab, page, "wild", PANEL)
    panel.press("Run")
    panel.expect(in_flight=3)
    for share in (0.9, 0.1, 0.7, 0.2, 0.6, 0.3):
        limit = panel.drag("limit", share)
    panel.expect(limit=limit, in_flight=limit)
    panel.press("Stop")
    panel.expect_end()


def test_the_slider_lives_while_a_cell_awaits_and_after(
    lab: Lab, page: Page, place: Place
) -> None:
    """A user who awaits in a cell while dragging still has a slider that works
    afterwards.
    """
    panel = open_panel(lab, page, "awaits", STARTED, AWAITING, place=place)
    drag_while_awaiting(panel, lab.notebooks / "awaiting")


def test_the_slider_lives_after_an_awaiting_cell_without_subshells(
    lab: Lab, page: Page
) -> None:
    """The same where the front end is told to reach widgets only between cells."""
    lab.use_subshells(False)
    panel = open_panel(lab, page, "awaits-longer", STARTED, AWAITING)
    drag_while_awaiting(panel, lab.notebooks / "awaiting")


def drag_while_awaiting(panel: PanelOnPage, awaiting: Path) -> None:
    """Move the limit in a cell that awaits; when it has ended, the limit is there.

    The cell runs once more, and awaits, when the panel is there: ipykernel 6 would not
    bring the panel meanwhile.
    """
    ended = panel.page.get_by_text("cell ended", exact=True)
    expect(ended).to_be_visible()
    awaiting.touch()
    panel.page.locator(".jp-CodeCell .cm-content").last.click()
    panel.page.keyboard.press("Control+Enter")
    expect(ended).to_have_count(0)
    panel.expect(in_flight=3)
    for _ in range(3):
        panel.key("PageUp")
    awaiting.unlink()
    ended.wait_for()
    panel.expect(limit=18, in_flight=18)
    for limit in (23, 28):
        panel.key("PageUp")
        panel.expect(limit=limit, in_flight=limit)
    panel.press("Stop")
    panel.expect_end()


def test_the_plot_moves_while_a_cell_blocks(lab: Lab, page: Page) -> None:
    """The server's side reaches the page while the kernel's main thread does nothing
    but sleep.
    """
    plot = "plot = LivePlot(server)\nplot"
    panel = open_panel(lab, page, "blocks", plot, BLOCKING)
    panel.expect(live=True, in_flight=1)
    seconds = page.locator(".ifl-time")
    before = seconds.inner_text()
    expect(seconds).not_to_have_text(before)
    (lab.notebooks / "blocking").unlink()
    page.get_by_text("cell ended", exact=True).wait_for()


def test_a_reloaded_page_shows_the_run_so_far(lab: Lab, page: Page) -> None:
    """A view that comes late is sent the history, and the run goes on."""
    panel = open_panel(lab, page, "reload", PANEL)
    panel.press("Run")
    panel.expect(in_flight=3)
    save(page)
    page.reload()
    panel.plot.wait_for(timeout=60_000)
    panel.expect(live=True, in_flight=3, limit=3)
    panel.press("Stop")
    panel.expect_end()


SIDE_BY_SIDE = """
server.latency = 2  # long enough to see all sixty in flight, also on a busy machine
panel = Panel(
    {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests},
    server=server, count=60, limit=15)
panel"""
FULL = "document.fullscreenElement && document.querySelector('.ifl-presented')"


def test_two_runners_with_one_click(lab: Lab, page: Page) -> None:
    """Both are seen at work, and when both are done all their answers."""
    lab.open(page, lab.write("side.ipynb", SET_UP, SIDE_BY_SIDE))
    run_all(page)
    stages = page.locator(".ifl-panel .ifl-lane")
    expect(stages).to_have_count(2, timeout=60_000)
    page.locator(".ifl-panel .ifl-go").click()
    for stage, peak in ((stages.nth(0), "60"), (stages.nth(1), "15")):
        expect(stage).to_have_attribute("data-in-flight", peak)
        expect(stage).to_have_attribute("data-live", "true")
    PanelOnPage(page).expect_end()
    for stage in stages.all():
        expect(stage).to_have_attribute("data-answered", "60")


def test_everything_by_keyboard(lab: Lab, page: Page) -> None:
    """On the whole screen and off it: Space runs and stops, arrows set the limit, R
    resets, F presents, and no key reaches the notebook's shortcuts.
    """
    panel = open_panel(lab, page, "keys", PANEL)
    cells = page.locator(".jp-Notebook .jp-CodeCell").count()
    page.locator(".ifl-flow").click()  # what cannot take the focus: the cell would
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


INJECTED = (
    """<img src=x onerror="window.harmed=1"><b>bold</b> $\\text{formula}$ &amp;"""
)
ECHO = f"""
import httpx
injected = {INJECTED!r}

async def echo(url, count, *, client, return_exceptions=False):
    response = await client.get(url, params={{"text": injected}})
    raise ValueError(response.json()["args"]["text"])

panel = Panel(echo, server=server, count=9, goals={{injected: lambda stats: False}})
panel"""


def test_text_from_a_response_is_shown_as_text(lab: Lab, page: Page) -> None:
    """What a server answers reaches the page as its characters: no element, no script,
    no formula.
    """
    panel = open_panel(lab, page, "injected", "server.latency = 0", ECHO)
    panel.press("Run")
    notice = panel.notice("your code raised ValueError: ")
    goal = page.locator(".ifl-panel .ifl-missed")
    expect(goal.locator("b")).to_have_text(f"✘ {INJECTED}")
    expect(notice).to_have_text(f"your code raised ValueError: {INJECTED}")
    assert page.locator(".ifl-panel").locator("b b, img, mjx-container").count() == 0
    assert page.evaluate("window.harmed") is None


def test_running_the_cell_again_leaves_one_server_and_one_run(
    lab: Lab, page: Page
) -> None:
    """Run All twice: the first run's panel and server are closed, nothing of them is
    left behind.
    """
    panel = open_panel(lab, page, "again", STARTED, CENSUS)
    panel.expect(in_flight=3)
    page.get_by_text("1 server, 1 plot thread").wait_for()
    page.evaluate("document.querySelector('.ifl-lane').dataset.old = 'yes'")
    run_all(page)
    page.wait_for_selector(".ifl-lane:not([data-old])", timeout=60_000)
    panel.expect(in_flight=3)
    page.get_by_text("1 server, 1 plot thread").wait_for()
    panel.press("Stop")
    panel.expect_end()

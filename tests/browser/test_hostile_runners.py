"""The table of hostile runners in JupyterLab: Run and Stop are pressed, and the kernel
has to answer.
"""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER, ROOT
from tests.support.hostile_runners import COUNT, STOPPED, TABLE
from tests.support.lab import Lab, PanelOnPage, run_all

pytestmark = IN_BROWSER

PANEL = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
from tests.support.hostile_runners import TABLE, blocks
server = PracticeServer().start()
rows = iter(TABLE.items())
panel = Panel(semaphore.make_many_requests, server=server, count={COUNT}, limit=3)
panel
"""
BLOCKS = """
panel.lanes[""].runner, panel.notice = blocks, "now: blocks"
"""
SHOWN_BY_THE_PICTURE = (STOPPED, "done: ")
"""Ends of which the page says nothing more."""
NEXT = """
name, hostile = next(rows)
panel.lanes[""].runner, server.latency = hostile.runner, 600 if hostile.stop else 0.02
panel.notice = "now: " + name
"""


def test_every_hostile_runner_is_stopped_by_a_click(lab: Lab, page: Page) -> None:
    """After each of them Run is there again, the page says what happened, and the
    next cell runs.
    """
    lab.open(page, lab.write("hostile.ipynb", PANEL, BLOCKS, NEXT))
    run_all(page)
    panel = PanelOnPage(page)
    panel.plot.wait_for(timeout=60_000)
    go = page.locator(".ifl-panel .ifl-go")

    def run_cell(number: int) -> None:
        page.locator(".jp-CodeCell .cm-content").nth(number).click()
        page.keyboard.press("Control+Enter")

    for name, hostile in TABLE.items():
        asked = time.monotonic()
        panel.notice(f"now: {name}")
        answered = time.monotonic()
        go.click()
        if hostile.stop:
            expect(go).to_have_text("Stop")
            page.wait_for_timeout(100)  # it does its worst meanwhile
            go.click()
        stopped = time.monotonic()
        if hostile.says[-1].startswith(SHOWN_BY_THE_PICTURE):
            panel.expect(live=False)
        else:
            panel.notice(hostile.says[-1])
        expect(go).to_have_text("Run")
        ready = time.monotonic()
        print(
            f"{name}: a cell ran after {answered - asked:.2f} s, "
            f"ready again after {ready - stopped:.2f} s"
        )
        panel.press("Reset")
        panel.expect(started=0)
        run_cell(2 if name != list(TABLE)[-1] else 1)

    panel.notice("now: blocks")
    go.click()
    panel.notice("blocked: your code or a cell holds up the event loop")
    go.click()  # heard when it is over
    panel.notice("restart the kernel")
    expect(go).to_have_text("Run")

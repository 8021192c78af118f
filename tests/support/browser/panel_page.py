"""A notebook with a panel in a browser, and what is done with it in every front end."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Page

from tests.support.browser.lab import START_UP, PanelOnPage

SET_UP = """
from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
server = PracticeServer(latency=2, seed=1).start()
"""
PANEL = """\
panel = Panel(semaphore.make_many_requests, server=server, count=1000, limit=3)
panel"""


def panel_of(page: Page, frame: FrameLocator | None = None) -> PanelOnPage:
    """The panel that the page shows, or a frame of it, once it is there."""
    panel = PanelOnPage(page, frame)
    panel.plot.wait_for(timeout=START_UP)
    return panel


def try_out(panel: PanelOnPage) -> None:
    """Run, keys, a drag, Stop by the keyboard, Run again, Stop: in flight follows.

    The panel has 1000 requests, a limit of 3 at first, and a server that takes so long
    that a busy machine, too, keeps as many in flight as the limit says.
    """
    panel.press("Run")
    panel.expect(in_flight=3, limit=3, live=True)
    for key, limit in (
        ("End", 50),
        ("Home", 1),
        ("PageUp", 6),
        ("ArrowRight", 7),
        ("ArrowDown", 6),
    ):
        panel.key(key)
        panel.expect(limit=limit, in_flight=limit)
    limit = panel.drag(0.5)
    assert 20 <= limit <= 30
    panel.expect(limit=limit, in_flight=limit)
    panel.key(" ")
    panel.expect_end()
    panel.expect(live=False, in_flight=0, waiting=0)

    panel.press("Run")
    panel.expect(limit=limit, in_flight=limit, live=True)
    panel.press("Stop")
    panel.expect_end()

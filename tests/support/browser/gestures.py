"""What is done with a panel in every front end and browser that it must work in."""

from __future__ import annotations

from tests.support.browser.driven_panel import DrivenPanel
from tests.support.browser.lab import PanelOnPage


def try_out(panel: PanelOnPage | DrivenPanel) -> None:
    """Run, keys, a drag, Stop by the keyboard, Run again, Stop: in flight follows.

    The panel has 1000 requests, a limit of 3 at first, and a server that takes long
    enough to look at it.
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
    limit = panel.drag("limit", 0.5)
    assert 20 <= limit <= 30
    panel.expect(limit=limit, in_flight=limit)
    panel.key(" ")
    panel.expect_end()
    panel.expect(live=False, in_flight=0, waiting=0)

    panel.press("Run")
    panel.expect(limit=limit, in_flight=limit, live=True)
    panel.press("Stop")
    panel.expect_end()

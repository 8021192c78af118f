"""What is done with a panel in every front end and browser that it must work in."""

from __future__ import annotations

from typing import Protocol


class Panel(Protocol):
    """`tests.support.lab.PanelOnPage` in Chromium,
    `tests.support.driven_panel.DrivenPanel` elsewhere.
    """

    def press(self, button: str) -> None:
        """Click Run, Stop or Reset."""

    def key(self, key: str) -> None:
        """Press a key on the limit's slider."""

    def drag(self, slider: str, share: float) -> int:
        """Drag a slider's handle to ``share`` of its track; returns the number that it
        then shows.
        """

    def expect(self, **numbers: object) -> None:
        """Wait until the plot shows these numbers: ``in_flight`` is the server's own
        count.
        """

    def expect_end(self) -> None:
        """Wait until nothing runs."""


def try_out(panel: Panel) -> None:
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

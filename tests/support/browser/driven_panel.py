"""JupyterLab and the panel in a browser driven by WebDriver, with the gestures of
`tests.support.browser.lab`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser.webdriver import BROWSERS, NEEDED, Page

LIMIT = ".ifl-panel input[name=limit]"


@contextmanager
def driven(name: str, folder: Path, **preferences: Any) -> Iterator[Page]:
    """A page of that browser; it may not end with an error."""
    program, packages = NEEDED[name]
    if not program:
        pytest.skip(f"there is no {name} here (Debian: {packages})")
    with BROWSERS[name](folder, **preferences) as page:
        yield page
        page.expect_peace()


def run_command(page: Page, command: str, **arguments: str) -> None:
    """Run a command of JupyterLab, whose menus close while a page is being built."""
    page.evaluate(
        "window.jupyterapp.commands.execute(...arguments)", command, arguments
    )


class DrivenPanel:
    """The one panel of a page, once it is there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for(f"return document.querySelector('{LIMIT}')")

    def press(self, button: str) -> None:
        """Click Run, Stop or Reset."""
        self.page.click(button)

    def key(self, key: str) -> None:
        """Press a key on the limit's slider."""
        self.page.evaluate(f"document.querySelector('{LIMIT}').focus()")
        self.page.press(key)

    def drag(self, slider: str, share: float) -> int:
        """Drag the handle of a slider to ``share`` of its track; returns the number
        that it then shows.
        """
        where = f".ifl-panel input[name={slider}]"
        self.page.drag(*self.page.evaluate(_HANDLE, where, share))
        return int(
            self.page.evaluate(
                "return document.querySelector(arguments[0]).value", where
            )
        )

    def expect(self, **numbers: object) -> None:
        """Wait until the plot shows these numbers: ``in_flight`` is the server's own
        count.
        """
        shown = {name: str(value).lower() for name, value in numbers.items()}
        self.page.wait_for(_SHOWS, shown)

    def expect_end(self) -> None:
        """Wait until nothing runs."""
        self.page.wait_for(_RESTS)


_HANDLE = """
const slider = document.querySelector(arguments[0]), { min, max, value } = slider;
slider.scrollIntoView({ block: "nearest" });
const { x, y, width, height } = slider.getBoundingClientRect();
// The handle is as wide as it is high.
const at = (share) => [x + height / 2 + (width - height) * share, y + height / 2];
return [at((value - min) / (max - min)), at(arguments[1])];
"""
_SHOWS = """
const { dataset } = document.querySelector(".ifl-panel .ifl-lane");
const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const wanted = Object.entries(arguments[0]);
return wanted.every(([name, value]) => dataset[camel(name)] === value);
"""
_RESTS = """
return document.querySelector(".ifl-panel .ifl-go").textContent === "Run";
"""

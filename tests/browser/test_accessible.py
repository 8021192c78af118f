"""Every page of the package can be read by everybody: the checker axe finds nothing
serious, and nothing is wider than the window.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from inflight_lab import ClassRoom
from tests.support.browser import IN_BROWSER, Pages
from tests.support.browser.accessible import serious_findings
from tests.support.browser.bare_page import hear, run_of, show, state_of
from tests.support.notebooks.made_pages import make_landing_page
from tests.support.watching import SCRIPTS, watch

pytestmark = IN_BROWSER
Look = Callable[[], None]
"""Looks at the page in both themes and widths."""
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280),
    ("dark", 390),
)
"""Themes, and widths of a desk and a phone."""


def landing(pages: Pages, page: Page, look: Look, folder: Path) -> None:
    """The page where strangers arrive."""
    page.goto(make_landing_page(folder).as_uri())
    look()


def watch_page(pages: Pages, page: Page, look: Look, folder: Path) -> None:
    """The page that ``watch`` writes: the run, and what was said."""
    path = folder / "watch.html"
    script = (SCRIPTS / "faults.py", "too_fast", "https://a.example")
    watch("--page", path, "--practice", "5/s", *script)
    page.goto(path.as_uri())
    expect(page.locator("inflight-run.ifl-plays")).to_have_count(1)
    look()


def phone_of_a_class(pages: Pages, page: Page, look: Look, folder: Path) -> None:
    """The page from which a student sends."""
    with ClassRoom(address="127.0.0.1", port=0, quota="none", latency=0.01) as room:
        page.goto(room.url)
        page.get_by_text("Send 20").click()
        expect(page.get_by_text("200 OK after")).to_be_visible()
        look()


def wall_of_a_class(pages: Pages, page: Page, look: Look, folder: Path) -> None:
    """The page for the projector, before anybody has come, and after."""
    with ClassRoom(address="127.0.0.1", port=0, latency=60) as room:
        page.goto(room.wall)
        expect(page.get_by_text("Scan the code")).to_be_visible()
        look()
        phone = pages.open()
        phone.goto(room.url)
        phone.get_by_text("Send 20").click()
        expect(page.get_by_role("listitem")).to_have_count(1)
        look()
        for each in (page, phone):  # they would say that their server has ended
            each.goto("about:blank")


def panel(pages: Pages, page: Page, look: Look, folder: Path) -> None:
    """Before a run, in one, and after it, with a goal that was met and one missed."""
    goals = {"no 429": lambda _: True, "quick": lambda _: True}
    state = state_of(goals=goals)
    show(page, state)
    look()
    page.evaluate("model.set('running', true)")
    hear(page, run_of((0, 3, 200), (0, 9, 200), live=True), reset=True, number=1)
    look()
    judged = [
        {"name": name, "met": met, "seen": "3 refused"}
        for name, met in (("no 429", False), ("quick", True))
    ]
    lane = state["_lanes"][0] | {"goals": judged}
    page.evaluate("lane => model.set('_lanes', [lane])", lane)
    page.evaluate("model.set('running', false)")
    hear(page, run_of((0, 3, 200), (0, 0.1, 429)), reset=True, number=2)
    look()


PAGES = (landing, watch_page, phone_of_a_class, wall_of_a_class, panel)


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.__name__)
def test_everybody_can_read_it(
    visit: Callable[..., None], pages: Pages, tmp_path: Path
) -> None:
    """In the light on a desk, and in the dark on a phone."""
    page = pages.open()
    visit(pages, page, lambda: look_at(page), tmp_path)


def look_at(page: Page) -> None:
    """Nothing is wider than the window, and nothing is seriously wrong."""
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        assert serious_findings(page) == []

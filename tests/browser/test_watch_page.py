"""The page of ``inflight-lab watch``: a script's requests as they go, and the words at
the end.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.watched_script import TWO_LIBRARIES, send, watched

pytestmark = IN_BROWSER


@pytest.fixture
def script(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """One such script."""
    with watched(tmp_path) as child:
        yield child


def test_a_script_is_followed_to_its_end(
    script: subprocess.Popen[str], page: Page
) -> None:
    """A page that is opened late shows it all, follows the rest, and keeps the words
    when watch is gone.
    """
    assert script.stderr
    address = script.stderr.readline().split()[-1]
    send(script)
    page.goto(address)
    plot = page.locator(".ifl-stage")
    state = page.locator("#state")
    expect(state).to_contain_text("Running")
    expect(state).to_contain_text("my_script.py")
    assert page.title().startswith("▶ running: ")
    expect(plot).to_have_attribute("data-started", "30")
    expect(plot).to_have_attribute("data-live", "true")
    send(script)
    expect(state).to_contain_text("Finished")
    assert page.title().startswith("✓ finished: ")
    expect(page.locator(".summary")).to_contain_text("60 requests to api.example.com")
    script.wait(30)
    expect(plot).to_have_attribute("data-started", "60")
    expect(plot).to_have_attribute("data-live", "false")
    assert int(plot.get_attribute("data-refused") or 0) >= 10
    expect(page.get_by_role("article").first).to_contain_text("Over the quota")
    card = page.get_by_role("article").filter(has_text="The connection pool")
    expect(card).to_contain_text("was the limitcertain")
    expect(card).to_contain_text("inflight-lab --open 02")
    assert above(card, plot)
    expect(plot.locator(".ifl-sentence")).to_contain_text("20 are allowed")


def test_which_library_sent_what(tmp_path: Path, page: Page) -> None:
    """Each has a line with the script's line and its numbers, wide and narrow; the
    script of one library needs none.
    """
    page.set_viewport_size({"width": 390, "height": 844})
    clients = page.get_by_role("list", name="Who sent what").locator("li")
    with watched(tmp_path, TWO_LIBRARIES) as script:
        assert script.stderr
        page.goto(script.stderr.readline().split()[-1])
        send(script)
        expect(clients).to_contain_text(["aiohttp", "requests"])
        expect(clients.first).to_contain_text("my_script.py:17")
        expect(clients.first).to_contain_text("20 requests: ")
        send(script)
        expect(page.locator("#state")).to_contain_text("Finished")
        expect(clients.first).to_contain_text("40 requests: ")
        expect(clients.last).to_contain_text("20 requests: ")
        width = "document.documentElement.scrollWidth"
        assert page.evaluate(width) == 390
    with watched(tmp_path) as script:
        assert script.stderr
        page.goto(script.stderr.readline().split()[-1])
        send(script)
        expect(page.locator(".ifl-stage")).to_have_attribute("data-started", "30")
        expect(clients).to_have_count(0)
        page.goto("about:blank")


def test_a_watch_that_was_killed_is_not_called_running(
    script: subprocess.Popen[str], page: Page, errors: list[str]
) -> None:
    """The page says so, in the tab's title as well, and keeps what it had."""
    assert script.stderr
    page.goto(script.stderr.readline().split()[-1])
    send(script)
    plot = page.locator(".ifl-stage")
    expect(plot).to_have_attribute("data-started", "30")
    script.kill()
    expect(page.locator("#state")).to_contain_text("Watch has ended")
    assert page.title().startswith("? lost: ")
    expect(plot).to_have_attribute("data-started", "30")
    page.goto("about:blank")  # it goes on trying
    errors[:] = [error for error in errors if "ERR_" not in error]


def above(upper: Locator, lower: Locator) -> bool:
    """Whether one ends before the other begins."""
    upper_box, lower_box = upper.bounding_box(), lower.bounding_box()
    assert upper_box
    assert lower_box
    return upper_box["y"] + upper_box["height"] <= lower_box["y"]

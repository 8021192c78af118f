"""The page where strangers arrive: three lanes play, on a phone one at a time."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.browser import IN_BROWSER
from tests.support.landing import make_landing_page

pytestmark = IN_BROWSER
PHONE: ViewportSize = {"width": 390, "height": 844}
LANES = ".ifl-lane:visible"
SENTENCES = ".sentence:visible"
TIME = "() => Number(document.querySelector('[role=slider]').ariaValueNow)"
"""Where the player stands, in seconds."""

TWO_FRAMES = """() => new Promise(
  (done) => requestAnimationFrame(() => requestAnimationFrame(done))
)"""
"""By then a player shows that it plays."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page, as a file: no server stands behind it."""
    return make_landing_page(tmp_path_factory.mktemp("landing")).as_uri()


def test_three_lanes_play_at_once(page: Page, address: str) -> None:
    """From a file, without a click: with a sentence for each, and nothing is loaded."""
    page.goto(address)
    expect(page.locator(LANES)).to_have_count(3)
    expect(page.locator(SENTENCES)).to_have_count(3)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function(f"({TIME})() > 0.2")
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_on_a_phone_one_lane_at_a_time(page: Page, address: str) -> None:
    """Three buttons say which, by keyboard too; the chosen one plays from its start."""
    page.set_viewport_size(PHONE)
    page.goto(address)
    for name in ("All at once", "Semaphore", "Paced"):
        choice = page.get_by_role("radio", name=name)
        if name != "All at once":
            page.keyboard.press("ArrowRight")
        choice.focus()
        expect(choice).to_be_checked()
        expect(page.locator(LANES)).to_have_count(1)
        expect(page.locator(SENTENCES)).to_have_count(1)
    page.get_by_role("slider").press("End")
    page.wait_for_function(f"({TIME})() > 2")
    choose(page, "Semaphore")
    page.wait_for_function(f"({TIME})() < 2")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_opened_as_a_file_it_says_how_to_run_live(page: Page, address: str) -> None:
    """JupyterLab needs a server; on one, nothing is said."""
    hint = page.get_by_text("This page was opened as a file")
    page.goto(address)
    expect(hint).to_contain_text("python3 -m http.server")
    html = Path(urlsplit(address).path).read_bytes()
    page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body=html))
    page.goto("http://127.0.0.1:9/")
    expect(page.get_by_role("heading", name="Try it live")).to_be_visible()
    expect(hint).to_have_count(0)


def choose(page: Page, name: str) -> None:
    """Tap on the button of a lane."""
    page.locator("label", has_text=name).click()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_without_javascript_there_are_words_and_a_picture(
    browser: Browser, address: str, width: int
) -> None:
    """All lanes in one picture, their sentences, and every link."""
    page = browser.new_page(
        java_script_enabled=False, viewport={"width": width, "height": 800}
    )
    page.goto(address)
    expect(page.locator("img.ifl-picture")).to_be_visible()
    expect(page.locator(SENTENCES)).to_have_count(1 if width == 390 else 3)
    expect(page.get_by_role("link", name="02 Send many at once")).to_be_visible()
    page.close()


def test_who_wants_no_motion_gets_none(page: Page, address: str) -> None:
    """Nothing plays before Play is pressed, also when a lane is chosen."""
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    page.goto(address)
    play = page.get_by_role("button", name="Play")
    expect(play).to_be_visible()
    choose(page, "Paced")
    expect(page.locator(LANES)).to_have_count(1)
    page.evaluate(TWO_FRAMES)
    assert play.is_visible()
    play.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_on_paper_there_is_the_picture(page: Page, address: str) -> None:
    """With all three sentences, and nothing to press."""
    page.goto(address)
    page.emulate_media(media="print")
    expect(page.locator("img.ifl-picture")).to_be_visible()
    expect(page.locator(SENTENCES)).to_have_count(3)
    expect(page.get_by_role("button")).to_have_count(0)

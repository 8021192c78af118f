"""The page where strangers arrive: dots, one button, and then a limit to drag."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.support.browser import IN_BROWSER, stop_clock
from tests.support.browser.lab import box_of
from tests.support.notebooks.made_pages import make_landing_page

pytestmark = IN_BROWSER
PHONE: ViewportSize = {"width": 390, "height": 844}
SENTENCE = ".ifl-sentence"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page, as a file: no server stands behind it."""
    return make_landing_page(tmp_path_factory.mktemp("landing")).as_uri()


def press(page: Page, name: str, *, seconds: float = 0) -> None:
    """Press a button, and let time pass."""
    page.get_by_role("button", name=name, exact=True).click()
    page.clock.run_for(int(1000 * seconds))


def open_at_all_controls(page: Page, address: str) -> None:
    """Skip the opening, on a clock that stands still."""
    stop_clock(page)
    page.goto(address)
    press(page, "All controls", seconds=0.1)


def test_it_opens_with_all_that_matters_and_one_button(
    page: Page, address: str
) -> None:
    """The requests, what the API allows, and one thing to press: it sends a hundred at
    once, then ten at a time, then paced.  Each says what came of it, nothing is loaded,
    and it says that it is computed.
    """
    stop_clock(page)
    page.goto(address)
    page.clock.run_for(100)
    expect(page.get_by_role("slider", name="limit")).to_have_count(0)
    expect(page.locator(SENTENCE)).to_contain_text("100 requests, all at once.")
    expect(page.locator(SENTENCE)).to_contain_text("allows 20 a second")
    expect(page.get_by_role("button", name="Play")).to_be_disabled()
    go = page.locator(".ifl-go")
    place = go.bounding_box()
    press(page, "Send 100 at once", seconds=5)
    expect(page.locator(SENTENCE)).to_contain_text("20 answered, 80 refused")
    expect(page.get_by_role("button", name="All controls")).to_be_visible()
    assert go.bounding_box() == place
    press(page, "Now 10 at a time", seconds=3)
    expect(page.locator(SENTENCE)).to_contain_text("10 in flight")
    expect(page.get_by_role("slider", name="limit")).to_be_visible()
    page.clock.run_for(11_000)
    expect(page.locator(SENTENCE)).to_contain_text("All 100 answered in 12 s")
    press(page, "Now paced", seconds=9)
    expect(page.locator(SENTENCE)).to_contain_text("All 100 answered in 6.2 s: 99 %")
    expect(page.locator(".ifl-slots")).to_have_text("pacer", use_inner_text=True)
    expect(page.get_by_role("slider", name="limit")).to_have_count(0)
    expect(go).to_have_text("Send 100")
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    expect(page.get_by_text("Computed in your browser")).to_be_visible()


def test_all_controls_keep_what_is_shown(page: Page, address: str) -> None:
    """Whoever goes his own way after the first run still sees what came of it and how
    it was sent, and from then on the button sends what is chosen.
    """
    stop_clock(page)
    page.goto(address)
    press(page, "Send 100 at once", seconds=5)
    press(page, "All controls", seconds=0.1)
    expect(page.locator(SENTENCE)).to_contain_text("20 answered, 80 refused")
    expect(page.get_by_role("radio", name="All at once")).to_be_checked()
    page.get_by_role("radio", name="All at once").press("ArrowRight")
    press(page, "Send 100", seconds=1)
    expect(page.locator(SENTENCE)).to_contain_text("10 in flight")


def set_limit(page: Page, limit: int) -> None:
    """Drag the limit."""
    page.get_by_role("slider", name="limit").fill(str(limit))
    page.clock.run_for(100)


def test_it_is_set_and_used_again(page: Page, address: str) -> None:
    """Each setting shows at once: before the first run, and while it is paused.  After
    Stop, what came of it stays until the next run, which has all of them.
    """
    open_at_all_controls(page, address)
    sentence = page.locator(SENTENCE)
    set_limit(page, 6)
    expect(sentence).to_contain_text("at most 6 in flight")
    press(page, "Send 100", seconds=1)
    press(page, "Pause")
    line = page.locator(".ifl-line")
    expect(line).to_have_text("limit 6")
    page.get_by_role("button", name="sent in").click()
    page.clock.run_for(100)
    expect(line).to_have_text("20 allowed")
    said = sentence.inner_text()
    set_limit(page, 15)
    expect(page.locator(".ifl-slots b")).to_have_text("15")
    expect(sentence).not_to_have_text(said)
    press(page, "Stop", seconds=0.1)
    expect(sentence).to_contain_text("Stopped after")
    said = sentence.inner_text()
    set_limit(page, 16)
    expect(page.get_by_text("from the next Run")).to_be_visible()
    for way in ("All at once", "Semaphore"):
        page.get_by_role("radio", name=way).check(force=True)
        page.clock.run_for(1000)
        expect(page.get_by_role("button", name="Stop")).to_have_count(0)
        expect(sentence).to_have_text(said)
    press(page, "Send 100", seconds=1)
    expect(sentence).to_contain_text("16 in flight")
    page.get_by_role("radio", name="All at once").check(force=True)
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.clock.run_for(2000)
    expect(sentence).to_contain_text("20 answered, 80 refused")


def add_toy(page: Page, settings: dict[str, Any]) -> Locator:
    """One more at the end of the page."""
    page.evaluate(
        """(settings) => {
            const toy = document.createElement("inflight-toy");
            toy.id = "another";
            toy.dataset.settings = JSON.stringify(settings);
            document.body.append(toy);
        }""",
        settings,
    )
    return page.locator("#another")


def test_run_brings_the_stage_into_view(page: Page, address: str) -> None:
    """All of it, on a phone too, where the bar stays above it; what is in view already
    does not move.
    """
    page.set_viewport_size(PHONE)
    stop_clock(page)
    page.goto(address)
    press(page, "Send 100 at once", seconds=0.1)
    assert page.evaluate("scrollY") == 0
    toy = add_toy(page, {"names": [], "sliders": ["limit"]})
    run = toy.get_by_role("button", name="Run")
    run.evaluate("(button) => button.scrollIntoView({ block: 'end' })")
    run.click()
    page.clock.run_for(100)
    for part in (".ifl-go", SENTENCE, ".ifl-flow", ".ifl-strip"):
        expect(toy.locator(part)).to_be_in_viewport(ratio=1)


def test_a_dragged_rate_keeps_its_period(page: Page, address: str) -> None:
    """A toy whose API counts by the minute has more or fewer a minute."""
    stop_clock(page)
    page.goto(address)
    toy = add_toy(page, {"quota": {"rate": 20, "period": 60}, "sliders": ["rate"]})
    toy.get_by_role("slider", name="rate").fill("40")
    page.clock.run_for(100)
    expect(toy.locator(".ifl-quota")).to_have_text("0 of 40 in a minute")


@pytest.mark.parametrize("width", [320, 390, 592, 1024, 1400])
def test_the_sentence_keeps_its_height(page: Page, address: str, width: int) -> None:
    """Whatever it says, before, during and after a run, nothing below it moves."""
    page.set_viewport_size({"width": width, "height": 800})
    open_at_all_controls(page, address)
    page.get_by_role("slider", name="limit").fill("22")
    heights = set[float]()
    for name, seconds in (("Send 100", 0.1), ("Pause", 0), ("Play", 4), ("Stop", 1)):
        press(page, name, seconds=seconds)
        heights.add(box_of(page.locator(SENTENCE))["height"])
    expect(page.locator(SENTENCE)).to_contain_text("Stopped after")
    assert len(heights) == 1


def test_on_a_phone_all_of_it_is_on_one_screen(page: Page, address: str) -> None:
    """The sentence, the API, the button, the limit and every way to send; nothing is
    wider than the phone.
    """
    page.set_viewport_size(PHONE)
    open_at_all_controls(page, address)
    controls = (".ifl-go", "[data-name=limit] input", ".ifl-runners")
    for part in (SENTENCE, ".ifl-api", *controls):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_opened_as_a_file_it_says_how_to_run_live(page: Page, address: str) -> None:
    """JupyterLab needs a server; on one, nothing is said."""
    hint = page.get_by_text("This page was opened as a file")
    page.goto(address)
    expect(hint).to_contain_text("python3 -m http.server")
    folder = Path(urlsplit(address).path).parent
    served = "http://127.0.0.1:9/"
    page.route(
        f"{served}*",
        lambda route: route.fulfill(path=folder / Path(route.request.url).name),
    )
    page.goto(f"{served}index.html")
    expect(page.get_by_role("button", name="Send 100")).to_be_visible()
    expect(hint).to_have_count(0)


def test_without_javascript_there_are_words(browser: Browser, address: str) -> None:
    """What the figure would have shown, and every link."""
    page = browser.new_page(java_script_enabled=False)
    page.goto(address)
    expect(page.get_by_text("20 are answered, 80 are refused")).to_be_visible()
    expect(page.get_by_role("link", name="02 Send many at once")).to_be_visible()
    page.close()

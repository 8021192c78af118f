"""What a page does the second time: after a run or Stop, and with other settings."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from inflight_lab.runs.run import Run
from tests.support.browser import IN_BROWSER, stop_clock
from tests.support.browser.bare_page import hear, run_of, show, state_of
from tests.support.notebooks.made_pages import make_landing_page

pytestmark = IN_BROWSER
SENTENCE = ".ifl-sentence"


def press(page: Page, name: str, *, seconds: float = 0.1) -> None:
    """Press a button, and let time pass."""
    page.get_by_role("button", name=name, exact=True).click()
    page.clock.run_for(int(1000 * seconds))


def set_limit(page: Page, limit: int) -> None:
    """Drag the limit of a toy."""
    page.get_by_role("slider", name="limit").fill(str(limit))
    page.clock.run_for(100)


def test_a_toy_that_is_set_and_used_again(page: Page, tmp_path: Path) -> None:
    """Each setting shows at once: before the first run, and while it is paused.  After
    Stop, what came of it stays until the next run, which has all of them.
    """
    stop_clock(page)
    page.goto(make_landing_page(tmp_path).as_uri())
    press(page, "All controls")
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
    press(page, "Stop")
    expect(sentence).to_contain_text("Stopped after")
    said = sentence.inner_text()
    set_limit(page, 16)
    page.get_by_role("radio", name="All at once").check(force=True)
    page.clock.run_for(1000)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(sentence).to_have_text(said)
    press(page, "Send 100", seconds=1)
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.clock.run_for(1500)
    expect(sentence).to_contain_text("20 answered, 80 refused")


def test_a_panel_that_runs_again(page: Page) -> None:
    """The plan is that of the settings; the second run is followed though the first was
    paused, and none of the first is left in it; after Reset there is a plan again.
    """
    stop_clock(page)
    show(page, state_of())
    sentence, time = page.locator(SENTENCE), page.locator(".ifl-time")
    page.evaluate("model.set('limit', 7)")
    page.clock.run_for(100)
    expect(sentence).to_contain_text("200 requests, at most 7 in flight")
    first = run_of((0, 0.5, 200), (0, 0.6, 429), now=8.0, live=True)
    hear(page, first, reset=True, number=1)
    page.clock.run_for(100)
    press(page, "Pause")
    hear(page, run_of((0, 0.5, 200), now=1.0, live=True), reset=True, number=2)
    page.clock.run_for(1000)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".ifl-count-answered b")).to_have_text("1")
    expect(page.locator(".ifl-count-refused b")).to_have_text("0")
    expect(time).to_have_text("1.0 s")
    hear(page, Run(now=2.0))
    page.clock.run_for(2000)
    expect(time).to_have_text("2.0 s")
    expect(page.get_by_role("button", name="Play again")).to_be_visible()
    hear(page, Run(), reset=True, number=3)
    page.evaluate("model.set('limit', 4)")
    page.clock.run_for(100)
    expect(sentence).to_contain_text("200 requests, at most 4 in flight")
    expect(time).to_be_empty()


def test_a_page_that_becomes_dark(page: Page) -> None:
    """A panel is dark where the text around it is light, but not on the white that VS
    Code puts behind a widget, whatever the theme.
    """
    show(page, state_of())
    dark = page.locator(".ifl-panel.ifl-dark")
    page.evaluate("document.body.style = 'color: #ccc'")
    expect(dark).to_have_count(1)
    page.evaluate("document.body.style = 'color: #ccc; --jp-ui-font-color1: #222'")
    expect(dark).to_have_count(0)


def test_a_button_that_the_kernel_does_not_answer(page: Page) -> None:
    """Pressed again after a kernel has gone, it says so, until there is an answer."""
    stop_clock(page)
    show(page, state_of())
    hear(page, run_of((0, 0.5, 200)), reset=True, number=1)
    notice = page.locator(".ifl-notice")
    press(page, "Run", seconds=2)
    expect(notice).to_be_empty()
    page.clock.run_for(20_000)
    expect(notice).to_contain_text("no answer")
    page.evaluate("model.set('_heard', {})")
    expect(notice).to_be_empty()

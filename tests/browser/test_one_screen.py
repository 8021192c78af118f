"""What of a panel is on the screen at once: on a page, on a phone, and presented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from inflight_lab.runs.run import Run
from tests.support.bare_page import TWO, hear, run_of, show, state_of
from tests.support.browser import IN_BROWSER
from tests.support.lab import PanelOnPage

pytestmark = IN_BROWSER

PHONE = (390, 844)
STATE_OF_FOCUS = """() => {
    const { activeElement } = document;
    const panel = document.querySelector(".ifl-panel");
    if (activeElement === document.body) return "body";
    return panel.contains(activeElement) ? "panel" : "behind";
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page that is touched."""
    with browser.new_context(has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        yield page
        page.close()


def is_on_screen(part: Locator) -> bool:
    """Whether all of it can be seen without scrolling."""
    box = part.bounding_box()
    size = part.page.viewport_size
    assert box
    assert size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def test_only_what_a_lesson_is_about_stands_on_the_page(page: Page) -> None:
    """The other settings are under More, which the model keeps open."""
    show(page, state_of(knobs=("limit", "rate")))
    panel = PanelOnPage(page)
    always = [panel.limit, panel.slider("rate")]
    folded = [panel.slider("count"), page.locator(".ifl-panel select[name=quota]")]
    for setting in always:
        expect(setting).to_be_visible()
    for setting in folded:
        expect(setting).to_be_hidden()
    panel.open_more()
    for setting in always + folded:
        expect(setting).to_be_visible()
    assert page.evaluate("model.get('more')") is True


class Screen(NamedTuple):
    """What JupyterLab leaves for a notebook's output on a usual screen."""

    width: int
    height: int


@pytest.mark.parametrize(
    "screen", [Screen(968, 779), Screen(592, 647)], ids=["1400x900", "1024x768"]
)
def test_it_fits_where_jupyterlab_shows_it(page: Page, screen: Screen) -> None:
    """Limit, a knob, goals, sentence, requests and their strip, without scrolling."""
    goals = {"no 429": lambda stats: stats.refused == 0}
    state = state_of(goals=goals, knobs=("limit", "latency"))
    show(page, state, width=screen.width + 16, height=screen.height)
    panel = page.locator(".ifl-panel").bounding_box()
    assert panel
    assert panel["width"] == screen.width
    for part in (".ifl-limit", ".ifl-sentence", ".ifl-flow", ".ifl-lines"):
        expect(page.locator(part)).to_be_visible()
    assert panel["height"] <= screen.height


@pytest.mark.parametrize("knobs", [("limit",), ("limit", "latency")], ids=" ".join)
@pytest.mark.parametrize(
    "screen",
    [Screen(592, 647), Screen(848, 600), Screen(934, 647), Screen(968, 779)],
    ids=["1024x768", "1280x720", "1366x768", "1400x900"],
)
def test_the_limit_is_wide_enough_to_choose_a_number(
    page: Page, screen: Screen, knobs: tuple[str, ...]
) -> None:
    """At 300 pixels a step of its 50 is six pixels wide."""
    show(page, state_of(knobs=knobs), width=screen.width + 16, height=screen.height)
    box = PanelOnPage(page).limit.bounding_box()
    assert box
    assert box["width"] >= 300


def test_no_number_beside_a_slider_is_cut(page: Page) -> None:
    """Neither in a low window, where the first settings stand beside the buttons."""
    show(page, state_of(knobs=("limit", "rate")), width=856, height=768)
    numbers = page.locator(".ifl-setting output:visible")
    expect(numbers.last).to_have_text("100 / s")
    cut = numbers.evaluate_all(
        "all => all.filter(each => each.scrollWidth > each.clientWidth)"
    )
    assert not cut


def test_two_lanes_fit_a_low_screen(page: Page) -> None:
    """JupyterLab leaves 592x647 of 1024x768: there is room for the requests of both,
    also once a run is over.
    """
    show(page, state_of(TWO), width=1024, height=647)
    page.add_style_tag(content="body { width: 592px; margin: 0 }")
    run = run_of({"client": [(0, 1, 1, 1), (6, 0, 0, 0)]}, now=6.0)
    for lane in (0, 1):
        hear(page, run, lane=lane, reset=True)
    expect(page.locator(".ifl-shown").last).to_contain_text("Shown: ")
    for lane in (0, 1):
        assert is_on_screen(page.locator(".ifl-flow").nth(lane))


def test_on_a_phone_the_limit_and_run_stay_below_the_picture(phone: Page) -> None:
    """However far the page is scrolled, and an input that gets the focus is large
    enough not to be zoomed in on.
    """
    show(phone, state_of(), width=PHONE[0], height=PHONE[1])
    hear(phone, Run(live=True))
    panel = PanelOnPage(phone)
    flow = phone.locator(".ifl-flow").bounding_box()
    for scrolled in (0, 150):
        phone.evaluate("scrolled => scrollTo(0, scrolled)", scrolled)
        for part in (panel.limit, phone.locator(".ifl-run")):
            assert is_on_screen(part)
            box = part.bounding_box()
            assert box
            assert flow
            assert box["y"] > flow["y"]
            assert box["height"] >= 44
    panel.open_more()
    for choice in phone.locator(".ifl-panel select").all():
        letters = choice.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert letters >= 16


def test_on_a_phone_it_is_presented_with_its_limit(phone: Page) -> None:
    """The whole picture stands above the limit, with goals in one line; other settings
    come with More, and there is a button that leaves.
    """
    goals = dict.fromkeys(("no 429", "under 4 s", "all sent"), lambda stats: True)
    state = state_of(goals=goals, knobs=("limit", "latency"))
    show(phone, state, width=PHONE[0], height=PHONE[1])
    phone.evaluate("delete Element.prototype.requestFullscreen")
    phone.get_by_role("button", name="Present").tap()
    panel = PanelOnPage(phone)
    assert is_on_screen(panel.limit)
    tops = phone.locator(".ifl-goal").evaluate_all("all => all.map(e => e.offsetTop)")
    assert len(set(tops)) == 1
    picture = phone.locator(".ifl-flow canvas").bounding_box()
    controls = phone.locator(".ifl-controls").bounding_box()
    assert picture
    assert controls
    assert picture["y"] + picture["height"] <= controls["y"]
    expect(panel.slider("latency")).to_be_hidden()
    panel.open_more()
    expect(panel.slider("latency")).to_be_visible()
    phone.get_by_role("button", name="Leave").tap()
    expect(phone.locator(".ifl-presented")).to_have_count(0)


def test_presented_the_focus_stays_in_the_panel(page: Page) -> None:
    """Tab goes round in it, and what lies behind has its keys back afterwards."""
    show(page, state_of())
    page.evaluate("delete Element.prototype.requestFullscreen")
    page.evaluate(
        "document.body.insertAdjacentHTML('afterbegin', '<button>behind</button>')"
    )
    page.get_by_role("button", name="Present").press("Enter")
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(STATE_OF_FOCUS))
    assert "behind" not in seen
    assert seen.count("panel") >= 6
    page.get_by_role("button", name="Leave (Esc)").press("Escape")
    expect(page.locator(".ifl-presented")).to_have_count(0)
    page.get_by_text("behind").focus()
    assert page.evaluate(STATE_OF_FOCUS) == "behind"


def test_a_kernel_that_goes_in_mid_run_is_missed(page: Page) -> None:
    """The page says what to do, and takes it back when there is news after all."""
    page.clock.install(time=0)
    show(page, state_of())
    page.evaluate("model.set('running', true)")
    hear(page, Run(live=True, now=0.1))
    panel = PanelOnPage(page)
    page.clock.run_for(10_000)
    panel.notice("the kernel is gone: run the cell again")
    hear(page, Run(live=True, now=10.1))
    expect(page.locator(".ifl-notice")).to_be_empty()


def test_a_goal_is_a_card_and_is_read_out(page: Page) -> None:
    """What it wants, whether it was met, and what was seen."""
    state = state_of(goals={"no 429": lambda stats: stats.refused == 0})
    show(page, state)
    card = page.locator(".ifl-goal")
    expect(card).to_have_text("no 429○open")
    missed: dict[str, Any] = {"name": "no 429", "met": False, "seen": "38 refused"}
    page.evaluate(
        "goal => model.set('_headings', [{ name: '', goals: [goal] }])", missed
    )
    expect(card).to_have_text("no 429✘missed: 38 refused")
    spoken = page.get_by_role("status").filter(has_text="goal no 429: ✘ missed")
    expect(spoken).to_have_count(1)

"""The panel's page without Jupyter: what fits, what keeps its place, and what a finger,
a key and the kernel do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from inflight_lab.lesson.plot.live_plot import Plot
from inflight_lab.lesson.plot.modules import PAGE, script, style
from inflight_lab.lesson.runs.run import RequestEvent, Run
from tests.support.browser import IN_BROWSER, stop_clock
from tests.support.browser.bare_page import hear, run_of, show, state_of
from tests.support.browser.lab import PanelOnPage, box_of
from tests.support.panels import TWO

pytestmark = IN_BROWSER

BOXES = """elements => elements.map(
    (element) => JSON.stringify(element.getBoundingClientRect()))"""
BAR = ".ifl-controls > button, .ifl-settings :is(input, output, span)"
LETTERS = """() => [...document.querySelectorAll(".ifl-presented *")]
    .filter((each) => each.innerText?.trim() && !each.children.length)
    .filter((each) => each.checkVisibility() && each.offsetWidth > 1)
    .map((each) => {
        const size = parseFloat(getComputedStyle(each).fontSize);
        return [each.innerText, size * (each.currentCSSZoom ?? 1)];
    })"""
"""Words of the page, and how high their letters are."""
FOCUS = """() => {
    const { activeElement } = document;
    if (activeElement === document.body) return "body";
    return document.querySelector(".ifl-panel").contains(activeElement)
        ? "panel" : "behind";
}"""
PICTURE = '<svg class="ifl-7"><text>Nothing was sent</text></svg>'
GOALS = {"no 429": lambda stats: stats.refused == 0}
SHORT = run_of((0, 0.5, 200), (0, 0.5, 429))
MIXED = run_of(*[(0, 0.5, 200), (0, 0.5, 429), (0, 0.5, 500)] * 50)


States = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def states() -> States:
    """What the page of a panel gets, by how many runners it has."""
    four = TWO | {f"{name} again": runner for name, runner in TWO.items()}
    return {
        "one": state_of(goals=GOALS, knobs=("limit", "latency")),
        "two": state_of(TWO, goals=GOALS),
        "four": state_of(four),
    }


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page that is touched."""
    with browser.new_context(has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        yield page
        page.close()


def sent(page: Page) -> list[dict[str, Any]]:
    """What the page has asked of the kernel, without its hello."""
    return page.evaluate("model.sent.filter((message) => !message.hello)")


def asked(page: Page) -> list[dict[str, Any]]:
    """What it has asked, without the numbers of the moves."""
    return [
        {name: value for name, value in each.items() if name not in ("input", "move")}
        for each in sent(page)
    ]


def hear_heard(page: Page, message: dict[str, Any]) -> None:
    """The kernel says that it has dealt with a message."""
    heard = {message["input"]: message["move"]}
    page.evaluate("heard => model.set('_heard', heard)", heard)


@pytest.mark.parametrize("runners", ["one", "two"])
def test_nothing_is_cut_off(page: Page, runners: str, states: States) -> None:
    """At any width; and the limit is the largest thing on the bar: 240 px where there
    is room, and high enough for a thumb.  What a lesson is not about is under More.
    """
    show(page, states[runners])
    panel = PanelOnPage(page)
    expect(panel.slider("latency")).to_be_visible(visible=runners == "one")
    panel.open_more()
    for width in (320, 390, 608, 1024, 1400):
        page.set_viewport_size({"width": width, "height": 768})
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        limit = box_of(panel.limit)
        assert limit["width"] >= (240 if width >= 608 else 200)
        assert limit["height"] >= 44
        for name in ("count", "latency", "rate"):
            box = box_of(panel.slider(name))
            assert 100 <= box["width"] <= limit["width"]
            assert box["x"] + box["width"] <= width


def test_a_value_beyond_the_end_moves_the_end(page: Page, states: States) -> None:
    """A slider reaches what a cell has set, at either end, and keeps that end when the
    value goes back; the sentence says each, also before anything has run.
    """
    show(page, states["one"])
    sentence = page.locator(".ifl-sentence")
    page.evaluate("model.set('limit', 60)")
    panel = PanelOnPage(page)
    expect(panel.limit).to_have_value("60")
    expect(sentence).to_contain_text("at most 60 in flight")
    page.evaluate("model.set('limit', 5)")
    expect(panel.limit).to_have_attribute("max", "60")
    expect(sentence).to_contain_text("at most 5 in flight")
    page.evaluate("model.set('count', 0)")
    expect(panel.slider("count")).to_have_attribute("min", "0")
    expect(panel.slider("count")).to_have_value("0")


def test_a_swipe_up_is_the_pages(phone: Page, states: States) -> None:
    """One that begins on a slider scrolls; a swipe along it sets it."""
    show(phone, states["one"], width=390, height=500)
    panel = PanelOnPage(phone)
    touch = phone.context.new_cdp_session(phone)

    def swipe(from_x: float, from_y: float, right: float, down: float) -> None:
        for step in range(9):
            point = {"x": from_x + right * step / 8, "y": from_y + down * step / 8}
            kind = "touchMove" if step else "touchStart"
            touch.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]}
            )
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(*panel.handle(0.6), 0, -150)
    phone.wait_for_function("scrollY > 60")
    assert panel.limit.input_value() == "3"
    assert asked(phone)[-1] == {"set": "limit", "value": 3}
    swipe(*panel.handle(), 150, 0)
    expect(panel.limit).not_to_have_value("3")
    assert asked(phone)[-1] == {
        "set": "limit",
        "value": int(panel.limit.input_value()),
    }


def test_on_a_phone_the_limit_and_run_stay_in_reach(
    phone: Page, states: States
) -> None:
    """Above the picture, on the screen, however far one scrolls down to the strip; and
    they cover nothing, because there is room for all of it.
    """
    show(phone, states["one"], width=288, height=732)  # JupyterLab leaves that of 390
    panel = PanelOnPage(phone)
    below = box_of(phone.locator(".ifl-chart"))
    assert below["y"] + below["height"] <= 732
    phone.evaluate("document.body.style.paddingBottom = '500px'")
    for scrolled in (0, 100):
        phone.evaluate("scrolled => scrollTo(0, scrolled)", scrolled)
        for part in (panel.limit, phone.locator(".ifl-go")):
            expect(part).to_be_in_viewport(ratio=1)
            box = box_of(part)
            assert box["y"] < 732 / 4
            assert box["height"] >= 44


def test_it_fits_where_jupyterlab_shows_it(page: Page, states: States) -> None:
    """All of it, in what JupyterLab leaves of 1024 x 768 and of 1400 x 900."""
    for width, window, room in ((592, 768, 647), (968, 900, 650)):
        show(page, states["one"], width=width + 16, height=window)
        panel = box_of(page.locator(".ifl-panel"))
        assert panel["width"] == width
        assert panel["height"] <= room


def test_a_run_is_seen_down_to_its_strip(page: Page, states: States) -> None:
    """Below a cell with much code, a run that begins brings all of its panel onto the
    screen, whether it was pressed or a cell has started it.
    """
    page.set_viewport_size({"width": 1280, "height": 720})
    show(page, states["one"])
    page.evaluate("document.body.style.padding = '500px 0'")
    strip = page.locator(".ifl-chart")
    expect(strip).not_to_be_in_viewport()
    page.evaluate("model.set('running', true)")
    expect(strip).to_be_in_viewport(ratio=1)
    expect(page.locator(".ifl-panel .ifl-go")).to_be_in_viewport(ratio=1)


def test_a_plot_comes_into_view_when_its_run_begins(page: Page) -> None:
    """Below the code of its cell, too: a run that a cell has started goes by once."""
    show(page, {"_esm": script(PAGE / "live_plot.js"), "_css": style()}, height=720)
    page.evaluate("document.body.style.padding = '500px 0'")
    strip = page.locator(".ifl-chart")
    expect(strip).not_to_be_in_viewport()
    hear(page, run_of((0, 0.5, 200), live=True), reset=True, number=1)
    expect(strip).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 0)")
    hear(page, run_of((0.6, 0.9, 200), live=True))
    expect(page.locator(".ifl-count-answered")).to_have_text("2 answered")
    expect(strip).not_to_be_in_viewport()  # whoever has scrolled away is left there


def test_a_plot_that_is_answered_can_be_played_again(page: Page) -> None:
    """Before anybody has ended its run; and it goes on by itself if more comes."""
    stop_clock(page)
    show(page, {"_esm": script(PAGE / "live_plot.js"), "_css": style()})
    first = run_of((0, 0.5, 429), (1, 1.5, 200), live=True, announced=1)
    hear(page, first, reset=True, number=1)
    for now in (2.0, 3.0, 4.0):
        hear(page, Run(now=now, live=True, announced=1))
        page.clock.run_for(1000)
    page.get_by_role("button", name="Play again").click()
    page.clock.run_for(400)
    expect(page.locator(".ifl-count-answered b")).to_have_text("0")
    events = [RequestEvent(4.5, "sent", 2, None)]
    hear(page, Run(events, now=5.0, live=True, announced=1))
    page.clock.run_for(400)
    expect(page.locator(".ifl-count-answered b")).to_have_text("1")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    time = page.locator(".ifl-time").inner_text()
    assert float(time.removesuffix(" s")) > 4.5


def test_a_plot_fills_the_screen(page: Page) -> None:
    """As a panel does, and Escape leaves it."""
    show(page, {"_esm": script(PAGE / "live_plot.js"), "_css": str(Plot._css)})
    page.evaluate("delete Element.prototype.requestFullscreen")
    page.get_by_role("button", name="Present").click()
    plot = page.locator(".ifl-plot").bounding_box()
    assert plot == {"x": 0, "y": 0, "width": 1024, "height": 768}
    strip = box_of(page.locator(".ifl-chart"))
    assert 740 < strip["y"] + strip["height"] <= 768
    page.keyboard.press("Escape")
    expect(page.locator(".ifl-presented")).to_have_count(0)


def test_of_two_runs_on_a_phone_the_first_is_seen(phone: Page, states: States) -> None:
    """Both are higher than the screen: one that begins shows the first sentence, and
    not behind the bar.
    """
    show(phone, states["two"], width=288, height=732)
    phone.locator(".ifl-lane").last.evaluate("lane => lane.scrollIntoView(false)")
    phone.evaluate("model.set('running', true)")
    phone.wait_for_function(
        """() => {
            const [bar, first] = [".ifl-controls", ".ifl-sentence"].map(
                (name) => document.querySelector(name).getBoundingClientRect());
            return bar.top >= 0 && bar.bottom <= first.top;
        }"""
    )


def test_nothing_moves_when_words_and_numbers_change(
    page: Page, states: States
) -> None:
    """Every control keeps its place and size, and the picture when more are shown; a
    double click on Stop is one Stop.
    """
    show(page, states["one"], width=700)
    page.evaluate("model.set('running', true)")
    bar = page.locator(BAR)
    everything = page.locator(f"{BAR}, .ifl-sentence, .ifl-flow, .ifl-chart")
    before, all_before = bar.evaluate_all(BOXES), everything.evaluate_all(BOXES)
    for name, value in (("limit", 50), ("count", 1000), ("latency", 1.234)):
        page.evaluate("([name, value]) => model.set(name, value)", [name, value])
    PanelOnPage(page).open_more()
    assert everything.evaluate_all(BOXES) == all_before
    more, sentence = (
        box_of(page.locator(part)) for part in (".ifl-folded", ".ifl-sentence")
    )
    assert sentence["y"] + sentence["height"] <= more["y"]  # one reads it meanwhile
    page.locator(".ifl-go").evaluate(
        "go => go.addEventListener('click', () => {"
        " model.set('running', false);"
        " model.set('notice', 'your code raised ' + 'many words '.repeat(30)); })"
    )
    page.locator(".ifl-go").dblclick()
    assert asked(page) == [{"press": "stop"}]
    assert bar.evaluate_all(BOXES) == before
    assert page.locator(".ifl-notice").evaluate(
        "line => line.scrollWidth <= line.clientWidth"
    )


def test_a_run_that_has_stopped_can_be_run_again(page: Page, states: States) -> None:
    """At once, although its picture is still on the way to its end."""
    stop_clock(page)
    show(page, states["one"])
    page.evaluate("model.set('running', true)")
    hear(page, run_of((0, 0.5, 200), live=True), reset=True, number=1)
    page.clock.run_for(100)
    page.evaluate("model.set('running', false)")
    hear(page, run_of((0.6, 5, 200)))
    expect(page.locator(".ifl-go")).to_have_text("Run")
    page.locator(".ifl-panel").press(" ")
    assert asked(page) == [{"press": "run"}]


def test_a_panel_that_runs_again(page: Page, states: States) -> None:
    """The plan is that of the settings; the second run is followed though the first was
    paused, and none of the first is left in it; after Reset there is a plan again.
    """
    stop_clock(page)
    show(page, states["one"])
    sentence, time = page.locator(".ifl-sentence"), page.locator(".ifl-time")
    page.evaluate("model.set('limit', 7)")
    page.evaluate("model.set('count', 60)")
    page.clock.run_for(100)
    expect(sentence).to_contain_text("60 requests, at most 7 in flight")
    first = run_of((0, 0.5, 200), (0, 0.6, 429), now=8.0, live=True)
    hear(page, first, reset=True, number=1)
    page.clock.run_for(100)
    page.get_by_role("button", name="Pause").click()
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
    expect(sentence).to_contain_text("60 requests, at most 4 in flight")
    expect(time).to_be_empty()


def test_a_moved_slider_waits_for_the_kernel(page: Page, states: States) -> None:
    """What the kernel says before it has dealt with the last move does not pull it
    back.
    """
    show(page, states["one"])
    panel = PanelOnPage(page)
    for _ in range(2):
        panel.key("ArrowRight")
    page.evaluate("model.set('limit', 4)")
    hear_heard(page, sent(page)[0])
    expect(panel.limit).to_have_value("5")
    page.evaluate("model.set('limit', 7)")
    hear_heard(page, sent(page)[1])
    expect(panel.limit).to_have_value("7")


class Screen(NamedTuple):
    """A screen in front of a class."""

    width: int
    height: int


SCREENS = [Screen(1024, 768), Screen(1366, 768), Screen(1920, 1080)]


@pytest.mark.parametrize(
    ("runners", "screen"), [*zip(["one", "two", "four"], SCREENS, strict=True)]
)
def test_presented_it_fills_the_screen(
    page: Page, runners: str, screen: Screen, states: States
) -> None:
    """All of it is on the screen, letters can be read from the last row, and pictures
    side by side are level.
    """
    state = states[runners]
    show(page, state, width=screen.width, height=screen.height)
    last = len(state["_lanes"]) - 1
    for lane in range(last + 1):
        run = MIXED if lane == last else SHORT
        hear(page, run, lane=lane, reset=True, number=1)
    page.evaluate("delete Element.prototype.requestFullscreen")
    page.get_by_role("button", name="Present").click()
    expect(page.locator(".ifl-count-failed").last).to_have_text("50 failed")
    tops = {box_of(flow)["y"] for flow in page.locator(".ifl-flow").all()}
    assert max(tops) - min(tops) < 1
    for part in page.locator(".ifl-presented :is(button, input, canvas):visible").all():
        box = box_of(part)
        assert 0 <= box["x"] <= box["x"] + box["width"] <= screen.width + 1
        assert 0 <= box["y"] <= box["y"] + box["height"] <= screen.height + 1
    letters = page.evaluate(LETTERS)
    assert len(letters) > 10
    assert [each for each in letters if each[1] < screen.height / 50] == []


def test_presented_the_focus_stays_in_the_panel(page: Page, states: States) -> None:
    """Tab goes round in it; Escape leaves it, wherever the focus is, and what lies
    behind has its keys back.
    """
    show(page, states["one"])
    page.evaluate("delete Element.prototype.requestFullscreen")
    page.evaluate(
        "document.body.insertAdjacentHTML('afterbegin', '<button>behind</button>')"
    )
    page.get_by_role("button", name="Present").press("Enter")
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    assert "behind" not in seen
    assert seen.count("panel") >= 6
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(page.locator(".ifl-presented")).to_have_count(0)
    page.get_by_text("behind").focus()
    assert page.evaluate(FOCUS) == "behind"


def test_the_picture_is_of_what_the_kernel_sends(page: Page, states: States) -> None:
    """After a run it stays at the end, in all lanes, and who looks back is not
    disturbed when another view opens.
    """
    show(page, states["two"])
    long = run_of((0, 60, 200), (0, 0.1, 429))
    times = page.locator(".ifl-time")
    for lane in (0, 1):
        hear(page, long, lane=lane, reset=True, number=1)
    expect(times).to_have_text(["60.0 s"] * 2)
    expect(page.locator(".ifl-count-answered b").first).to_have_text("1")
    page.get_by_role("slider", name="Look back").first.press("Home")
    expect(times).to_have_text(["0.0 s"] * 2)
    hear(page, long, reset=True, number=1)
    page.wait_for_timeout(100)
    expect(times).to_have_text(["0.0 s"] * 2)
    hear(page, Run(live=True), lane=0, reset=True, number=2)
    expect(page.locator(".ifl-lane").first).to_have_attribute("data-live", "true")


def test_news_are_shown_before_the_whole(page: Page, states: States) -> None:
    """Of a run that is under way when the page opens: ipykernel 6 hears a hello only
    when the cell that runs has ended.
    """
    show(page, states["one"])
    expect(page.locator(".ifl-time")).to_be_empty()
    hear(page, run_of((0, 9, 200), live=True, now=1.0))
    expect(page.locator(".ifl-time")).not_to_be_empty()


def test_a_page_misses_its_kernel(page: Page, states: States) -> None:
    """It says hello until it is answered; and what to do when the kernel goes in
    mid-run, or does not hear a button, until there is news after all.
    """
    stop_clock(page)
    show(page, states["one"])
    hellos = "model.sent.filter((message) => message.hello).length"
    page.clock.run_for(2500)
    assert page.evaluate(hellos) == 3
    hear(page, Run(), reset=True, number=0)
    page.clock.run_for(5000)
    assert page.evaluate(hellos) == 3
    panel = PanelOnPage(page)
    panel.press("Run")
    page.clock.run_for(10_000)
    panel.notice("no answer")
    page.evaluate("model.set('_heard', {})")
    expect(page.locator(".ifl-notice")).to_be_empty()
    page.evaluate("model.set('running', true)")
    hear(page, Run(live=True, now=0.1), reset=True, number=1)
    page.clock.run_for(10_000)
    panel.notice("the kernel is gone: run the cell again")
    hear(page, Run(live=True, now=10.1))
    expect(page.locator(".ifl-notice")).to_be_empty()


def test_a_view_that_closes_leaves_nothing(page: Page, states: States) -> None:
    """A cell that runs again closes it: nothing listens or says hello any more.  The
    plain picture is hidden only by a view that hears from a kernel, and is there again.
    """
    stop_clock(page)
    show(page, states["two"])
    page.evaluate(f"document.body.insertAdjacentHTML('beforeend', '{PICTURE}')")
    picture = page.locator(".ifl-7")
    expect(picture).to_be_visible()
    hear(page, Run(), reset=True, number=0, picture="ifl-7")
    expect(picture).to_be_hidden()
    assert page.evaluate("model.listenerCount") > 0
    page.evaluate("end()")
    expect(picture).to_be_visible()
    assert page.evaluate("model.listenerCount") == 0
    before = page.evaluate("model.sent.length")
    page.clock.run_for(5000)
    assert page.evaluate("model.sent.length") == before


def test_goals_are_read_out_and_tries_are_kept(page: Page, states: States) -> None:
    """What it wants, whether it was met and what was seen; each try by its settings.
    Whatever an API says is shown as text.
    """
    show(page, states["one"])
    expect(page.locator(".ifl-goal")).to_have_text("○ no 429 open")
    missed = {"name": "no <b>429</b>", "met": False, "seen": "38 refused"}
    quick = {"name": "quick", "met": True, "seen": ""}
    tried = {"settings": {"limit": 9, "latency": 0.3}, "goals": [missed, quick]}
    lane = states["one"]["_lanes"][0] | {"goals": [missed], "tries": [tried]}
    page.evaluate("lane => model.set('_lanes', [lane])", lane)
    spoken = page.get_by_role("status").filter(has_text="missed: 38 refused")
    expect(spoken).to_have_text("✘ no <b>429</b> missed: 38 refused")
    expect(page.get_by_role("list", name="Tries")).to_have_text(
        "limit 9, latency 0.3 s: ✘ 38 refused · ✔ quick"
    )
    page.evaluate("model.set('notice', '<b>of</b> <img src=x> &amp; others')")
    notice = page.locator(".ifl-notice")
    expect(notice).to_have_text("<b>of</b> <img src=x> &amp; others")


def test_without_a_limiter_the_limit_says_why_it_is_off(
    page: Page, states: States
) -> None:
    """If no runner takes one; with one that does it can be moved."""
    panel = PanelOnPage(page)
    show(page, states["two"])
    expect(panel.limit).to_be_enabled()
    show(page, states["two"] | {"_lanes": states["two"]["_lanes"][:1]})
    expect(panel.limit).to_be_disabled()
    expect(page.locator(".ifl-slider:has([name=limit])")).to_contain_text(
        "this code has no limit to set"
    )

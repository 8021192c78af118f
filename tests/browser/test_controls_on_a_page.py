"""The panel's page without Jupyter: what fits, what keeps its place, and what a finger or a key does."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.bare_page import TWO, hear, show, state_of
from tests.support.browser import IN_BROWSER
from tests.support.lab import PanelOnPage

pytestmark = IN_BROWSER

BOXES = "elements => elements.map(element => JSON.stringify(element.getBoundingClientRect()))"
PARTS = ".ifl-panel :is(button, select, input, output, .ifl-setting span)"
MIDDLES = [("limit", 22, 29), ("count", 450, 550), ("latency", 0.9, 1.1), ("rate", 135, 165)]
SIZES = [(1024, 768), (1366, 768), (1920, 1080)]


@pytest.fixture(scope="module")
def one() -> dict[str, Any]:
    """What the page of a panel with one runner is told."""
    return state_of(goals={"no 429": lambda stats: True})


@pytest.fixture(scope="module")
def two() -> dict[str, Any]:
    """The same of a panel with two."""
    return state_of(TWO)


def sent(page: Page) -> list[dict[str, Any]]:
    """The messages to the kernel that the page has sent, without its hello."""
    return page.evaluate("sent.filter((message) => !message.hello)")


@pytest.mark.parametrize("width", [320, 421, 768, 1024])
@pytest.mark.parametrize("runners", ["one", "two"])
def test_every_slider_can_be_dragged(
    page: Page, runners: str, width: int, request: pytest.FixtureRequest
) -> None:
    """At any width from 320 px on nothing is cut off, tracks are long and handles large enough to be met."""
    show(page, request.getfixturevalue(runners), width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    panel = PanelOnPage(page)
    for name, low, high in (
        ("limit", 22, 29),
        ("count", 450, 550),
        ("latency", 0.9, 1.1),
        ("rate", 135, 165),
    ):
        box = panel.slider(name).bounding_box()
        assert box
        assert box["width"] >= 100
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= width
        panel.drag(name, 0.5)
        assert low <= sent(page)[-1]["set"][name] <= high


def test_a_finger_has_room_and_a_swipe_is_the_pages(browser: Browser, one: dict[str, Any]) -> None:
    """By touch handles are 44 px; a swipe up that begins on a slider scrolls, a swipe along it sets it."""
    with browser.new_context(has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        show(page, one, width=390, height=500)
        panel = PanelOnPage(page)
        box = panel.limit.bounding_box()
        assert box
        assert box["height"] >= 44
        touch = context.new_cdp_session(page)

        def swipe(from_x: float, from_y: float, right: float, down: float) -> None:
            for step in range(9):
                point = {"x": from_x + right * step / 8, "y": from_y + down * step / 8}
                kind = "touchMove" if step else "touchStart"
                touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
            touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        swipe(*panel.handle("limit", 0.6), 0, -150)
        page.wait_for_function("scrollY > 60")
        assert panel.limit.input_value() == "3"
        page.evaluate("scrollTo(0, 0)")
        swipe(*panel.handle("limit"), 150, 0)
        expect(panel.limit).not_to_have_value("3")
        assert sent(page)[-1]["set"]["limit"] == int(panel.limit.input_value())
        page.close()


def test_nothing_moves_when_words_and_numbers_change(page: Page, one: dict[str, Any]) -> None:
    """Every control keeps its place and size; the status wraps; a double click on Stop is one Stop."""
    show(page, one, width=700)
    page.evaluate("model.set('running', true)")
    before = page.locator(PARTS).evaluate_all(BOXES)
    for name, value in (("limit", 50), ("count", 1000), ("latency", 1.234), ("rate", 300)):
        page.evaluate("([name, value]) => model.set(name, value)", [name, value])
    assert page.locator(PARTS).evaluate_all(BOXES) == before
    page.evaluate("model.set('status', 'ready')")
    page.locator(".ifl-stop").evaluate(
        "stop => stop.addEventListener('click', () => {"
        " model.set('running', false); model.set('status', 'stopped: ' + 'many words '.repeat(30)); })"
    )
    places = page.locator(".ifl-buttons > *").evaluate_all(BOXES)
    page.locator(".ifl-stop").dblclick()
    assert sent(page) == [{"press": "stop"}]
    assert page.locator(".ifl-buttons > *").evaluate_all(BOXES) == places
    assert page.locator(".ifl-status").evaluate("line => line.scrollWidth <= line.clientWidth")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("full", [True, False], ids=["screen", "window"])
@pytest.mark.parametrize("runners", ["one", "two"])
def test_presented_the_plot_is_large(
    page: Page, runners: str, size: tuple[int, int], full: bool, request: pytest.FixtureRequest
) -> None:
    """On the screen, or filling the window where there is none, 60 % of the height is the plot's."""
    width, height = size
    state = request.getfixturevalue(runners) | {"view": "lines"}
    show(page, state, width=width, height=height)
    page.add_style_tag(content=".ifl-panel { zoom: 1.4 }")  # as the student page has it
    if not full:
        page.evaluate("delete Element.prototype.requestFullscreen")
    panel = PanelOnPage(page)
    for lane in range(len(state["_lanes"])):
        hear(page, lane=lane, now=2.0, series={"server": [[0.1, 0, 60, 60]], "rate": [[0.1, 0, 99, 99]]})
    page.get_by_role("button", name="Present").click()
    page.wait_for_function("document.querySelector('.ifl-presented') !== null")
    for plot in page.locator("svg.ifl-lines").all():
        box = plot.bounding_box()
        assert box
        assert box["height"] >= 0.6 * height
        assert box["y"] + box["height"] <= height
        expect_labels_apart(plot.locator(".ifl-axis text:visible").all())
    rows = {round(part["y"] + part["height"] / 2) for part in boxes(page, "button:visible, input:visible")}
    assert max(rows) - min(rows) <= 2
    page.keyboard.press("ArrowRight")  # the limit has the focus
    assert sent(page)[-1] == {"set": {"limit": 4}}
    page.keyboard.press("f")
    page.wait_for_function("document.querySelector('.ifl-presented') === null")
    assert panel.plot.first.is_visible()


def boxes(page: Page, parts: str) -> list[Any]:
    """Where these parts of the panel are."""
    return [part.bounding_box() for part in page.locator(f".ifl-panel :is({parts})").all()]


def expect_labels_apart(labels: list[Any]) -> None:
    """No two labels of an axis cover each other."""
    places = [label.bounding_box() for label in labels if label.text_content()]
    assert len(places) >= 4
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 3
                or other["y"] + other["height"] <= one["y"] + 3
            )
            assert apart, (one, other)


def test_after_a_click_anywhere_keys_are_the_panels(page: Page, one: dict[str, Any]) -> None:
    """Not the notebook's, where R makes a raw cell of the code; with Control they are the front end's."""
    show(page, one)
    page.evaluate("document.addEventListener('keydown', ({ key }) => sent.push(key), true)")
    page.locator("svg.ifl-lines").click()
    for key in ("r", " ", "x"):
        page.keyboard.press(key)
    assert sent(page) == [{"press": "reset"}, {"press": "run"}]
    PanelOnPage(page).key("ArrowRight")
    assert sent(page)[2:] == [{"set": {"limit": 4}}]
    page.keyboard.press("Control+x")
    assert sent(page)[3:] == ["Control", "x"]


def test_a_moved_slider_waits_for_the_kernel(page: Page, one: dict[str, Any]) -> None:
    """Values that are older than a person's last move do not pull it back; the kernel's next one moves it."""
    show(page, one)
    panel = PanelOnPage(page)
    for _ in range(3):
        panel.key("ArrowRight")
    for older in (4, 5):
        page.evaluate("limit => model.set('limit', limit)", older)
        expect(panel.limit).to_have_value("6")
    for limit in (6, 20):
        page.evaluate("limit => model.set('limit', limit)", limit)
    expect(panel.limit).to_have_value("20")
    panel.key("ArrowRight")  # and if the kernel never agrees, the slider says so
    expect(panel.limit).to_have_value("20")


def drawn(page: Page, line: str) -> list[tuple[float, float]]:
    """The steps of a line, as it is on the page: from when on, and at what level."""
    path = page.locator(f"path.ifl-line.ifl-{line}").first.get_attribute("d") or ""
    steps, time = list[tuple[float, float]](), 0.0
    for command, number, level in re.findall(r"([MHV])([\d.e-]+)(?: ([\d.]+))?", path):
        time = float(number) if command != "V" else time
        if command != "H":
            steps.append((time, float(level if command == "M" else number)))
    return steps


def test_a_plateau_is_drawn_as_one(page: Page, one: dict[str, Any]) -> None:
    """Slots that are empty for a moment leave no mark; a dip and a peak that last are there, in full."""
    show(page, one)
    points = [[n / 100, 0, 9, 9] for n in range(1000)]
    points[300:310] = [[n / 100, 4, 4, 4] for n in range(300, 310)]
    points[600:610] = [[n / 100, 20, 20, 20] for n in range(600, 610)]
    hear(page, now=10.0, reset=True, series={"server": points, "client": points, "limit": [[0, 9, 9, 9]]})
    page.wait_for_function("document.querySelector('path.ifl-server').getAttribute('d')")
    levels = [level for _, level in drawn(page, "server")]
    assert len(levels) < 20
    assert (levels[0], levels[-1], min(levels), max(levels)) == (9, 9, 4, 20)
    assert sum(level == 9 for level in levels) == 3  # before the dip, between the two, and after the peak
    assert drawn(page, "client") == []  # it tells nothing else
    assert page.locator(".ifl-name-of").all_text_contents()[:3] == ["limit 9", "", "server"]


def test_refusals_can_be_counted(page: Page, one: dict[str, Any]) -> None:
    """A group of them has its number, however many of them the kernel sends as one mark."""
    show(page, one)
    counts = {"started": 200, "refused": 66}
    marks = [[1 + n / 100, 5, 5, 5] for n in range(12)] + [[1.2, 6, 6, 6]]
    hear(page, now=2.0, live=True, reset=True, counts=counts, series={"refused": marks})
    count = page.locator(".ifl-mark.ifl-refused text")
    expect(count.nth(1)).to_have_text("66")
    more = {"counts": counts | {"refused": 70}, "series": {"refused": [[3.0, 4, 4, 4]]}}
    hear(page, now=3.0, **more)
    expect(count).to_have_text(["refused", "66", "4"])
    expect(page.locator(".ifl-mark.ifl-failed text")).to_have_text([""])


def test_the_axis_says_where_it_was_cut(page: Page, one: dict[str, Any]) -> None:
    """A long run leaves its oldest points out, and says so beside the plot's title, not on it."""
    show(page, one)
    hear(page, now=70.0, series={"server": [[time, 0, 3, 3] for time in range(70)]})
    cut, title = page.locator(".ifl-cut").bounding_box(), page.locator(".ifl-title").first.bounding_box()
    assert cut
    assert title
    assert title["x"] + title["width"] < cut["x"]


SVG = '<svg class="ifl-1" xmlns="http://www.w3.org/2000/svg" width="30" height="30"></svg>'
IMAGE = f'<div class="jp-OutputArea-child"><img alt="" src="data:image/svg+xml,{quote(SVG)}"></div>'


def test_the_plain_picture_hides_while_the_live_one_is_fed(page: Page, one: dict[str, Any]) -> None:
    """However a front end shows it; without a kernel it stays, and it comes back when the view goes."""
    show(page, one)
    for each in (SVG, IMAGE):
        page.evaluate(
            "html => document.body.insertAdjacentHTML('beforeend', html)", f"<section>{each}</section>"
        )
    shown = page.locator("section :is(svg, img)").locator("visible=true")
    expect(shown).to_have_count(2)
    hear(page, reset=True, picture="ifl-1")
    expect(shown).to_have_count(0)
    page.evaluate("end()")
    expect(shown).to_have_count(2)


def test_the_words_say_how_the_run_stands(page: Page, one: dict[str, Any]) -> None:
    """Ready before it, then running, finished or stopped; a stopped run is not done, and its bar not full."""
    show(page, one)
    readout = page.locator(".ifl-spoken")
    expect(page.locator(".ifl-hint")).to_have_text("Press Run, or Space: at most 3 in flight, quota 100")
    expect(readout).to_contain_text("ready: 0 of 0 done")
    counts = {"started": 1000, "accepted": 533}
    hear(page, now=2.0, live=True, counts=counts)
    expect(readout).to_contain_text("running: 533 of 1000 done")
    expect(page.locator(".ifl-hint")).to_be_hidden()
    hear(page, now=2.0, counts=counts | {"cancelled": 467})
    expect(readout).to_contain_text("stopped: 533 of 1000 done")
    bar, part = (page.locator(f".ifl-{name}").bounding_box() for name in ("progress", "part.ifl-accepted"))
    assert bar
    assert part
    assert part["width"] == pytest.approx(0.533 * bar["width"], abs=2)


@pytest.mark.parametrize(
    ("colour", "dark"),
    [("#222", False), ("#ddd", True), ("color(srgb 0.9 0.9 0.9)", True), ("oklch(0.3 0 0)", False)],
)
def test_light_text_means_a_dark_page(page: Page, one: dict[str, Any], colour: str, dark: bool) -> None:
    """In whatever notation the front end gives its colours."""
    show(page, one)
    page.evaluate("colour => document.body.setAttribute('style', 'color: ' + colour)", colour)
    page.wait_for_function(
        "dark => document.querySelector('.ifl-panel').matches('.ifl-dark') === dark", arg=dark
    )


@pytest.mark.parametrize("name", ["$x^2$", "<b>bold</b>", "naïve 🐢", "a\nb"])
def test_names_are_shown_as_they_are(page: Page, name: str) -> None:
    """A runner's or a goal's name is neither a formula nor markup."""
    show(page, state_of({name: TWO["naive"]}, goals={name: lambda stats: True}))
    for part, before in ((".ifl-name", ""), (".ifl-goals span >> nth=1", "○ ")):
        assert page.locator(part).text_content() == before + name

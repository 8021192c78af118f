"""The panel's page without Jupyter: what fits, what keeps its place, and what a finger
or a key does.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from inflight_lab import Stats
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.runs.run import RequestEvent, Run
from tests.support.bare_page import TWO, hear, run_of, show, state_of
from tests.support.browser import IN_BROWSER
from tests.support.drawn import TITLES, Word, pictures_on, plot_on, spy_on
from tests.support.lab import PanelOnPage

pytestmark = IN_BROWSER

BOXES = """elements => elements.map(
    (element) => JSON.stringify(element.getBoundingClientRect()))"""
PARTS = ".ifl-panel :is(button, select, input, output, .ifl-setting span)"
MIDDLES = [
    ("limit", 22, 29),
    ("count", 450, 550),
    ("latency", 0.9, 1.1),
    ("rate", 135, 165),
]
CROWDED = run_of(
    {
        "server": [(0.1, 0, 60, 60)],
        "limit": [(0.1, 60, 60, 60)],
        "rate": [(0.1, 0, 99, 99)],
        "waiting": [(0.1, 300, 300, 300)],
        "refused": [(0.5, 66, 66, 66)],
    },
    policy=QuotaPolicy("sliding-window", 100),
    counts=Stats(started=1000, in_flight=60, waiting=300, accepted=569, refused=66),
    now=2.0,
)
"""What a page hears of a run with much to say."""
LINES = {"view": "lines"}
SIZES = [(1024, 768), (1366, 768), (1920, 1080)]
LETTERS = """() => [...document.querySelectorAll(".ifl-presented *")]
    .filter((each) => each.innerText?.trim() && !each.children.length)
    .filter((each) => each.checkVisibility() && each.offsetWidth > 1)
    .map((each) => [each.innerText, parseFloat(getComputedStyle(each).fontSize)])"""
"""Words of the page, and how high their letters are."""
CUT_OFF = """() => {
    const texts = ".ifl-presented :is(.ifl-tile *, .ifl-name, output)";
    return [...document.querySelectorAll(texts)]
        .filter((each) => each.scrollWidth > each.clientWidth)
        .map((each) => each.innerText);
}"""


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


@pytest.mark.parametrize(
    ("runners", "width"),
    [("one", 320), ("one", 421), ("one", 1024), ("two", 320), ("two", 768)],
)
def test_every_slider_can_be_dragged(
    page: Page, runners: str, width: int, request: pytest.FixtureRequest
) -> None:
    """At any width from 320 px on nothing is cut off, tracks are long and handles large
    enough to be met.
    """
    show(page, request.getfixturevalue(runners), width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    panel = PanelOnPage(page)
    panel.open_more()
    for name, low, high in MIDDLES:
        box = panel.slider(name).bounding_box()
        assert box
        assert box["width"] >= 100
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= width
        panel.drag(name, 0.5)
        assert low <= sent(page)[-1]["set"][name] <= high


def test_a_value_beyond_the_end_moves_the_end(page: Page, one: dict[str, Any]) -> None:
    """A slider reaches what a cell has set, and keeps that end when the value goes
    back.
    """
    show(page, one)
    page.evaluate("model.set('limit', 60)")
    panel = PanelOnPage(page)
    expect(panel.limit).to_have_value("60")
    panel.drag("limit", 0.5)
    assert 25 <= sent(page)[-1]["set"]["limit"] <= 35
    expect(panel.limit).to_have_attribute("max", "60")


def test_a_finger_has_room_and_a_swipe_is_the_pages(
    browser: Browser, one: dict[str, Any]
) -> None:
    """By touch sliders are 44 px high; a swipe up that begins on one scrolls, a swipe
    along it sets it.
    """
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
                touch.send(
                    "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]}
                )
            touch.send(
                "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
            )

        swipe(*panel.handle("limit", 0.6), 0, -150)
        page.wait_for_function("scrollY > 60")
        assert panel.limit.input_value() == "3"
        page.evaluate("scrollTo(0, 0)")
        swipe(*panel.handle("limit"), 150, 0)
        expect(panel.limit).not_to_have_value("3")
        assert sent(page)[-1]["set"]["limit"] == int(panel.limit.input_value())
        page.close()


def test_nothing_moves_when_words_and_numbers_change(
    page: Page, one: dict[str, Any]
) -> None:
    """Every control keeps its place and size; the notice wraps; a double click on Stop
    is one Stop.
    """
    show(page, one | {"more": True}, width=700)
    page.evaluate("model.set('running', true)")
    before = page.locator(PARTS).evaluate_all(BOXES)
    for name, value in (
        ("limit", 50),
        ("count", 1000),
        ("latency", 1.234),
        ("rate", 300),
    ):
        page.evaluate("([name, value]) => model.set(name, value)", [name, value])
    assert page.locator(PARTS).evaluate_all(BOXES) == before
    page.locator(".ifl-stop").evaluate(
        "stop => stop.addEventListener('click', () => {"
        " model.set('running', false);"
        " model.set('notice', 'your code raised ' + 'many words '.repeat(30)); })"
    )
    places = page.locator(".ifl-buttons > *").evaluate_all(BOXES)
    page.locator(".ifl-stop").dblclick()
    assert sent(page) == [{"press": "stop"}]
    assert page.locator(".ifl-buttons > *").evaluate_all(BOXES) == places
    assert page.locator(".ifl-notice").evaluate(
        "line => line.scrollWidth <= line.clientWidth"
    )


@pytest.mark.parametrize(
    ("size", "full"),
    [(size, False) for size in SIZES] + [((1366, 768), True)],
    ids=lambda value: {True: "screen", False: "window"}.get(value),
)
@pytest.mark.parametrize("runners", ["one", "two"])
def test_presented_the_plot_is_large(
    page: Page,
    runners: str,
    size: tuple[int, int],
    full: bool,
    request: pytest.FixtureRequest,
) -> None:
    """On the screen, or filling the window where there is none, 60 % of the height is
    the plot's.
    """
    width, height = size
    spy_on(page)
    state = request.getfixturevalue(runners) | {"view": "lines"}
    show(page, state, width=width, height=height)
    page.add_style_tag(content=".ifl-panel { zoom: 1.4 }")  # as the student page has it
    if not full:
        page.evaluate("delete Element.prototype.requestFullscreen")
    panel = PanelOnPage(page)
    for lane in range(len(state["_headings"])):
        hear(page, CROWDED, lane=lane)
    page.get_by_role("button", name="Present").click()
    page.wait_for_function("document.querySelector('.ifl-presented') !== null")
    for lane, plot in enumerate(page.locator(".ifl-lines canvas").all()):
        box = plot.bounding_box()
        assert box
        assert box["height"] >= 0.6 * height
        assert box["y"] + box["height"] <= height
        expect_apart(plot_on(page, lane).words)
    expect_readable(page, height)
    rows = {
        round(part["y"] + part["height"] / 2)
        for part in boxes(page, ".ifl-buttons button:visible, input:visible")
    }
    assert max(rows) - min(rows) <= 2
    page.keyboard.press("ArrowRight")  # the limit has the focus
    assert sent(page)[-1]["set"] == {"limit": 4}
    page.keyboard.press("f")
    page.wait_for_function("document.querySelector('.ifl-presented') === null")
    assert panel.plot.first.is_visible()


@pytest.mark.parametrize("size", [*SIZES, (1400, 900)])
@pytest.mark.parametrize("runners", ["one", "two"])
def test_presented_the_pictures_use_the_height(
    page: Page, runners: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """From below the controls to the lower edge: the requests and one strip below them,
    or, of several runners, the requests alone.
    """
    width, height = size
    spy_on(page)
    state = request.getfixturevalue(runners)
    show(page, state, width=width, height=height)
    page.evaluate("delete Element.prototype.requestFullscreen")
    for lane in range(len(state["_headings"])):
        hear(page, CROWDED, lane=lane)
    page.get_by_role("button", name="Present").click()
    page.wait_for_function("document.querySelector('.ifl-presented') !== null")
    for lane in page.locator(".ifl-lane").all():
        canvases = [
            box
            for each in lane.locator("canvas:visible").all()
            if (box := each.bounding_box())
        ]
        assert len(canvases) == (2 if runners == "one" else 1)
        assert sum(box["height"] for box in canvases) >= 0.65 * height
        assert 0.95 * height <= canvases[-1]["y"] + canvases[-1]["height"] <= height
    if runners == "one":
        plot_on(page, says=["in flight", "limit 60"])
    expect_readable(page, height)
    chosen = page.locator(".ifl-view option:checked")
    expect(chosen).to_have_text("both, if they fit")
    PanelOnPage(page).open_more()
    assert page.locator(".ifl-view select").is_visible()  # to have the other
    page.evaluate("model.set('view', 'lines')")
    assert len(pictures_on(page)) == len(state["_headings"])
    expect_readable(page, height)


def boxes(page: Page, parts: str) -> list[Any]:
    """Where these parts of the panel are."""
    return [
        part.bounding_box() for part in page.locator(f".ifl-panel :is({parts})").all()
    ]


def expect_readable(page: Page, height: int) -> None:
    """From the last row: no letter is lower than a fiftieth of the screen, and none is
    covered or cut off.
    """
    small = [
        (text, size) for text, size in page.evaluate(LETTERS) if size < height / 50
    ]
    assert small == []
    assert page.evaluate(CUT_OFF) == []
    for words in pictures_on(page):
        assert [
            (word.text, word.size) for word in words if word.size < height / 50
        ] == []
        expect_apart(words)


def expect_apart(words: list[Word]) -> None:
    """No two words of a plot cover each other."""
    assert len(words) >= 12
    for number, one in enumerate(words):
        for other in words[number + 1 :]:
            beside = one.right <= other.left + 1 or other.right <= one.left + 1
            above, below = sorted((one, other), key=lambda word: word.y)
            assert beside or below.y - above.y >= 0.8 * below.size, (above, below)


def test_after_a_click_anywhere_keys_are_the_panels(
    page: Page, one: dict[str, Any]
) -> None:
    """Not the notebook's, where R makes a raw cell of the code; with Control they are
    the front end's.
    """
    show(page, one)
    page.evaluate(
        "document.addEventListener('keydown', ({ key }) => sent.push(key), true)"
    )
    page.locator(".ifl-lines").click()
    for key in ("r", " ", "x"):
        page.keyboard.press(key)
    assert sent(page) == [{"press": "reset"}, {"press": "run"}]
    PanelOnPage(page).key("ArrowRight")
    _, _, move = sent(page)
    assert move["set"] == {"limit": 4}
    page.keyboard.press("Control+x")
    assert sent(page)[3:] == ["Control", "x"]


def test_a_moved_slider_waits_for_the_kernel(page: Page, one: dict[str, Any]) -> None:
    """What the kernel says before it has dealt with the last move does not pull it
    back.
    """
    show(page, one)
    panel = PanelOnPage(page)
    for _ in range(2):
        panel.key("ArrowRight")
    for late, shown in ((4, "5"), (7, "7")):
        page.evaluate(
            "limit => { model.set('limit', limit); hear({ settled: 'limit' }); }", late
        )
        expect(panel.limit).to_have_value(shown)


def test_a_plateau_is_drawn_as_one(page: Page, one: dict[str, Any]) -> None:
    """Slots that are empty for a moment leave no mark; a dip and a peak that last are
    there, in full.
    """
    spy_on(page)
    show(page, one | LINES)
    points = [(n / 100, 0, 9, 9) for n in range(1000)]
    points[300:310] = [(n / 100, 4, 4, 4) for n in range(300, 310)]
    points[600:610] = [(n / 100, 20, 20, 20) for n in range(600, 610)]
    lines = {"server": points, "client": points, "limit": [(0, 9, 9, 9)]}
    hear(page, run_of(lines, now=10.0), reset=True)
    plot = plot_on(page, says=["limit 9"])
    levels = [round(level, 1) for _, level in plot.line("server")]
    assert len(levels) < 30
    assert (levels[0], levels[-1], min(levels), max(levels)) == (9, 9, 4, 20)
    assert [level for level in dict.fromkeys(levels) if level in (9, 4, 20)] == [
        9,
        4,
        20,
    ]
    assert (
        sum(one == two == 9 for one, two in pairwise(levels)) == 3
    )  # around the dip and the peak
    first, last = plot.line("limit")  # from end to end of the strip
    assert first == pytest.approx((0, 9))
    assert last == pytest.approx((10, 9), abs=0.5)
    assert plot.line("client") == []  # it tells nothing else
    assert not {"client", "server"} & set(plot.texts())


def test_a_line_that_ended_has_its_name_beside_its_peak(
    page: Page, one: dict[str, Any]
) -> None:
    """As of the naive runner's 200 in flight, of which the server saw half, and for a
    moment only.
    """
    spy_on(page)
    show(page, one | LINES)
    client = [(0.1, 200, 200, 200), (1.0, 100, 100, 100)]
    lines = {"server": [(0.1, 100, 100, 100)], "client": client}
    hear(page, run_of(lines, now=3.0), reset=True)
    plot = plot_on(page, says=["client", "server"])
    title = "in flight (dotted: with those not arrived yet)"
    marks = {word.text: word.y for word in plot.axis(title)}
    assert plot.line("client", title)[0][1] == pytest.approx(200, abs=3)
    assert abs(plot.word("client").y - marks["200"]) < 10
    assert abs(plot.word("server").y - marks["100"]) < 10


def test_refusals_can_be_counted(page: Page, one: dict[str, Any]) -> None:
    """A group of them has its number, however many of them the kernel sends as one
    mark.
    """
    spy_on(page)
    show(page, one | LINES)
    marks = [(1 + n / 100, 5, 5, 5) for n in range(12)] + [(1.2, 6, 6, 6)]
    counts = Stats(started=200, refused=66)
    run = run_of({"refused": marks}, now=2.0, live=True, counts=counts)
    hear(page, run, reset=True)
    plot_on(page, says=["66"])
    counts = Stats(started=200, refused=103)
    hear(page, run_of({"refused": [(3.0, 37, 37, 37)]}, now=3.0, counts=counts))
    plot = plot_on(page, says=["37"])
    row = [word.text for word in plot.words if word.y == plot.word("66").y]
    assert row == ["refused", "66", "37"]
    assert "failed" not in plot.texts()


def test_the_last_refusals_leave_room_for_their_name(
    page: Page, one: dict[str, Any]
) -> None:
    """Their number stands beside them, also at the end of the run, where the name of
    their row stands.
    """
    spy_on(page)
    show(page, one | LINES, width=420)
    lines = {"server": [(0.1, 9, 9, 9)], "refused": [(9.9, 20, 20, 20)]}
    counts = Stats(started=200, refused=20)
    hear(page, run_of(lines, now=10.0, counts=counts), reset=True)
    plot = plot_on(page, when="plot.words.some(({ text }) => text === 'refused')")
    assert plot.word("20").y == plot.word("refused").y
    expect_apart(plot.words)


def test_the_axis_says_where_it_was_cut(page: Page, one: dict[str, Any]) -> None:
    """A long run leaves its oldest points out, and says so beside the plot's title, not
    on it.
    """
    spy_on(page)
    show(page, one | LINES)
    points = [(time, 0, 3, 3) for time in range(70)]
    hear(page, run_of({"server": points}, now=70.0))
    plot = plot_on(
        page, when="plot.words.some(({ text }) => text === 'older points left out')"
    )
    assert plot.word("in flight").right < plot.word("older points left out").left
    expect_apart(plot.words)


def test_two_share_their_time_axis_also_when_one_has_ended(
    page: Page, two: dict[str, Any]
) -> None:
    """The axis of the one that has ended goes on with the other's, and does not scroll
    it away.
    """
    page.clock.install(time=0)
    spy_on(page)
    show(page, two | LINES, width=1366)
    page.clock.pause_at(60)  # it would go on between two looks
    for lane, now in ((0, 2.0), (1, 20.0)):
        run = run_of({"server": [(0.1, 0, 3, 3)]}, now=now, live=lane == 1)
        hear(page, run, lane=lane, reset=True)
    page.clock.run_for(100)
    ended = plot_on(page, 0, says=["0 s", "20 s"])
    running = plot_on(page, 1, says=["0 s", "20 s"])
    assert ended.word("0 s").left == running.word("0 s").left
    assert ended.word("20 s").left == pytest.approx(running.word("20 s").left, abs=5)


@pytest.mark.parametrize("width", [768, 1366])
def test_the_smaller_of_two_can_be_read(
    page: Page, two: dict[str, Any], width: int
) -> None:
    """Beside 200 in flight, 3 have a height axis of their own, and say so; 60 beside
    200 share theirs.
    """
    spy_on(page)
    show(page, two | LINES, width=width)
    for lane, peak in ((0, 200), (1, 3)):
        run = run_of({"server": [(0.1, 0, peak, peak)]}, now=2.0)
        hear(page, run, lane=lane, reset=True)
    line = (
        "plot.lines.some(({ colour, points }) => colour === '#0072b2' && points.length)"
    )
    small = plot_on(page, 1, when=line, says=["enlarged 50 times"])
    settled = "!plot.words.some(({ text }) => text.startsWith('enlarged'))"
    large = plot_on(page, 0, when=f"{line} && {settled}", says=["250"])
    assert [int(plot.axis("in flight")[-1].text) for plot in (large, small)] == [250, 5]
    assert max(level for _, level in small.line("server")) == pytest.approx(3, abs=0.1)
    assert "enlarged 50 times" in small.texts()
    hear(page, run_of({"server": [(0.2, 0, 60, 60)]}, now=3.0), lane=1)
    shared = plot_on(page, 1, when="plot.words.some(({ text }) => text === '250')")
    assert not [text for text in shared.texts() if "enlarged" in text]
    for plot in (large, small, shared):
        expect_apart(plot.words)


REQUESTS_ONLY = QuotaPolicy("sliding-window", 60, 2.0)
TOKENS = run_of(
    {
        "server": [(0.1, 0, 60, 60)],
        "rate": [(0.1, 50, 50, 50)],
        "waiting": [(0.1, 40, 40, 40)],
        "tokens": [(0.1, 900, 900, 900), (1.0, 1990, 1990, 1990)],
    },
    policy=REQUESTS_ONLY._replace(tokens=2000),
    counts=Stats(started=50, accepted=50, elapsed=1.9, busiest_period=50),
    now=2.0,
)


@pytest.mark.parametrize("width", [390, 1024])
def test_tokens_are_shown_where_they_are_counted(
    page: Page, one: dict[str, Any], width: int
) -> None:
    """A strip of their own, with their quota, and in words; both go when the server
    counts them no more.
    """
    spy_on(page)
    show(page, one | LINES, width=width)
    strips = page.locator(".ifl-lines canvas")
    usual = strips.evaluate("canvas => canvas.clientHeight")
    hear(page, TOKENS, reset=True)
    title = "tokens in the last 2 s, 2000 allowed"
    plot = plot_on(page, says=[title, "2000", "60"])
    levels = plot.line("tokens", title)
    assert (levels[0][1], levels[-1][1]) == (
        pytest.approx(900, abs=20),
        pytest.approx(1990, abs=20),
    )
    assert max(word.right for word in plot.words) <= strips.evaluate(
        "canvas => canvas.clientWidth"
    )
    expect_apart(plot.words)
    spoken = page.locator(".inflight-lab .ifl-spoken")
    expect(spoken).to_contain_text("1,990 of 2,000 tokens")
    assert strips.evaluate("canvas => canvas.clientHeight") > usual
    hear(page, run_of(policy=REQUESTS_ONLY, now=2.0), reset=True)
    gone = plot_on(
        page,
        when="!plot.words.some(({ text }) => text.startsWith('tokens'))",
    )
    assert "sent in the last 2 s, 60 allowed" in gone.texts()
    expect(spoken).not_to_contain_text("tokens")
    assert strips.evaluate("canvas => canvas.clientHeight") == usual


def test_after_a_run_a_cursor_stands_at_the_moment_that_is_shown(
    page: Page, one: dict[str, Any]
) -> None:
    """The strip shows the whole run; while it is played again, what was until then."""
    page.clock.install(time=0)
    spy_on(page)
    show(page, one)
    page.clock.pause_at(60)
    points = [(0.1, 0, 3, 3), (3.9, 0, 0, 0)]
    counts = Stats(started=12, accepted=12)
    hear(page, run_of({"server": points}, now=4.0, counts=counts), reset=True)
    page.clock.run_for(1000)
    frozen = plot_on(page, when="plot.lines.length")
    (cursor,) = frozen.cursors
    assert 1 < frozen.time_at(cursor) < 3
    assert min(level for _, level in frozen.line("server")) == pytest.approx(0)
    page.get_by_role("button", name="Play again").click()
    page.clock.run_for(1000)
    played = plot_on(page, when="plot.bars.every(({ width }) => width !== 2)")
    assert min(level for _, level in played.line("server")) == pytest.approx(3)


@pytest.mark.parametrize(
    ("strip", "title"),
    [("in flight", "in flight"), ("rate", "sent in the last second, 100 allowed")],
)
def test_a_panel_has_one_strip_below_the_requests(
    page: Page, one: dict[str, Any], strip: str, title: str
) -> None:
    """The one that it names, 150 pixels high; the others with "lines"."""
    spy_on(page)
    show(page, one | {"_page": one["_page"] | {"strip": strip}}, height=900)
    hear(page, CROWDED, reset=True)
    plot = plot_on(page, says=[title])
    strips = page.locator(".ifl-lines canvas")
    assert [text for text in plot.texts() if text.startswith(TITLES)] == [title]
    assert strips.evaluate("canvas => canvas.clientHeight") == 150
    page.evaluate("model.set('view', 'lines')")
    plot_on(page, says=[*TITLES[:2], "sent in the last second, 100 allowed"])
    assert strips.evaluate("canvas => canvas.clientHeight") > 450


@pytest.mark.parametrize(
    ("size", "waiting"),
    [((1024, 1366), 1), ((1920, 1080), 0), ((1024, 768), 0)],
)
def test_presented_tokens_are_shown_before_those_who_wait(
    page: Page, one: dict[str, Any], size: tuple[int, int], waiting: int
) -> None:
    """A low screen has no room for both; whatever is shown ends with its axis of time,
    on the screen.
    """
    width, height = size
    spy_on(page)
    show(page, one | LINES, width=width, height=height)
    page.evaluate("delete Element.prototype.requestFullscreen")
    hear(page, TOKENS, reset=True)
    page.get_by_role("button", name="Present").click()
    plot = plot_on(
        page, when="plot.words.every(({ large }) => large > 1)", says=["2000"]
    )
    assert plot.texts().count("waiting") == waiting
    box = page.locator(".ifl-lines").bounding_box()
    assert box
    assert plot.word("0 s").y <= box["height"]
    expect_apart(plot.words)


SVG = (
    '<svg class="ifl-1" xmlns="http://www.w3.org/2000/svg" width="30" height="30">'
    "</svg>"
)
IMAGE = (
    '<div class="jp-OutputArea-child">'
    f'<img alt="" src="data:image/svg+xml,{quote(SVG)}"></div>'
)


def test_the_plain_picture_hides_while_the_live_one_is_fed(
    page: Page, one: dict[str, Any]
) -> None:
    """However a front end shows it; without a kernel it stays, and it comes back when
    the view goes.
    """
    show(page, one)
    for each in (SVG, IMAGE):
        page.evaluate(
            "html => document.body.insertAdjacentHTML('beforeend', html)",
            f"<section>{each}</section>",
        )
    shown = page.locator("section :is(svg, img)").locator("visible=true")
    expect(shown).to_have_count(2)
    hear(page, Run(), reset=True, picture="ifl-1")
    expect(shown).to_have_count(0)
    page.evaluate("end()")
    expect(shown).to_have_count(2)


def test_what_was_cut_short_stays_as_it_was(page: Page, one: dict[str, Any]) -> None:
    """A run that was stopped: those in flight stay where they are, and the quota does
    not empty.
    """
    spy_on(page)
    show(page, one)
    events = []
    for number in range(4):
        events.append(RequestEvent(0.0, "sent", number, None))
        events.append(RequestEvent(0.0, "arrived", number, 200, number + 1))
    events.append(RequestEvent(0.9, "answered", 0, 200))
    run = run_of(
        policy=QuotaPolicy("sliding-window", 100),
        events=events,
        counts=Stats(started=4, in_flight=3, accepted=1),
        now=0.95,
    )
    hear(page, run, reset=True)
    page.wait_for_timeout(2500)  # a period, and all that it moves on for
    flow = page.locator(".ifl-flow")
    expect(flow).to_have_attribute("data-flying", "3")
    expect(flow).to_have_attribute("data-ok", "1")
    assert "4 of 100" in [word.text for word in pictures_on(page)[0]]


def test_the_words_say_how_the_run_stands(page: Page, one: dict[str, Any]) -> None:
    """Before it, in it, and after it, on the page and for screen readers; a stopped run
    is not done, and its bar not full.
    """
    show(page, one)
    sentence = page.locator(".ifl-sentence")
    spoken = page.locator(".inflight-lab .ifl-spoken")
    expect(sentence).to_contain_text("Press Run: 200 requests")
    counts = RunStats(started=1000, accepted=533)
    hear(page, Run(now=2.0, live=True, counts=counts))
    expect(sentence).to_have_text("Nothing is in flight: 533 answered.")
    expect(spoken).to_have_text("Nothing is in flight: 533 answered.")
    given_up = [RequestEvent(2.0, "cancelled", None, 467)]
    over = Run(now=2.0, stopped=True, events=given_up)
    hear(page, replace(over, counts=replace(counts, cancelled=467)))
    stopped = "Stopped after 2 s: 533 answered, 467 never sent."
    expect(sentence).to_have_text(stopped)
    expect(spoken).to_have_text(stopped)
    expect(page.locator(".ifl-part.ifl-accepted")).to_have_attribute(
        "style", "width: 53.3%;"
    )
    bar, part = (
        page.locator(f".ifl-{name}").bounding_box()
        for name in ("progress", "part.ifl-accepted")
    )
    assert bar
    assert part
    assert part["width"] == pytest.approx(0.533 * bar["width"], abs=2)


@pytest.mark.parametrize(
    ("colour", "dark"),
    [
        ("#222", False),
        ("#ddd", True),
        ("color(srgb 0.9 0.9 0.9)", True),
        ("oklch(0.3 0 0)", False),
    ],
)
def test_light_text_means_a_dark_page(
    page: Page, one: dict[str, Any], colour: str, dark: bool
) -> None:
    """In whatever notation the front end gives its colours."""
    show(page, one)
    page.evaluate(
        "colour => document.body.setAttribute('style', 'color: ' + colour)", colour
    )
    page.wait_for_function(
        "dark => document.querySelector('.ifl-panel').matches('.ifl-dark') === dark",
        arg=dark,
    )


@pytest.mark.parametrize("name", ["$x^2$ <b>bold</b>", "naïve 🐢\nturtle"])
def test_names_are_shown_as_they_are(page: Page, name: str) -> None:
    """A runner's or a goal's name is neither a formula nor markup."""
    show(page, state_of({name: TWO["naive"]}, goals={name: lambda stats: True}))
    for part in (".ifl-name", ".ifl-goal b"):
        assert page.locator(part).text_content() == name


def test_at_full_speed_all_is_drawn_in_the_same_frames(
    page: Page, two: dict[str, Any]
) -> None:
    """Each frame takes the browser's time from who sends, so both pictures of both
    runners share one.
    """
    spy_on_frames = """() => {
        const draw = CanvasRenderingContext2D.prototype;
        const { clearRect } = draw;
        const ask = requestAnimationFrame;
        let cleared = 0;
        window.perFrame = [];
        draw.clearRect = function (...box) {
            cleared += 1;
            clearRect.apply(this, box);
        };
        window.requestAnimationFrame = (paint) => ask((time) => {
            const before = cleared;
            paint(time);
            if (cleared > before) perFrame.push(cleared - before);
        });
    }"""
    show(page, two, width=1366)
    page.evaluate(spy_on_frames)
    for lane in (0, 1):
        run = run_of({"rate": [(0.9, 300, 300, 300)]}, now=1.0, live=True)
        hear(page, run, lane=lane, reset=True)
    page.wait_for_function("perFrame.length > 30", timeout=20_000)
    together = page.evaluate("perFrame.slice(-20)").count(4)
    assert (
        together >= 10
    )  # a page that has to wait for its processor may come late for one of them

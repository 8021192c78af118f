"""The picture of the flow in a browser: it follows a run, and can be chosen.

What it shows of a run is tested without a browser, in ``tests/plot/js``.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from inflight_lab.runners import naive
from inflight_lab.runs.columns import to_columns
from inflight_lab.runs.run import Run
from tests.support.bare_page import TWO, hear, run_of, show, state_of
from tests.support.browser import IN_BROWSER
from tests.support.lab import Lab
from tests.support.panel_page import PANEL, open_panel

pytestmark = IN_BROWSER

COLOURS = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] === 255) found.add(data.slice(i, i + 3).join());
    return [...found];
}"""
GREY, GREEN = "rgb(102, 102, 102)", "rgb(0, 120, 90)"
WAITING, FLYING, ANSWERED = "141,74,115", "0,114,178", "0,120,90"


def test_the_numbers_are_written_a_few_times_a_second(page: Page) -> None:
    """Each writing lays the page out anew, which takes time from who sends."""
    show(page, state_of())
    written, seconds = page.evaluate(
        """async (run) => {
            const begin = performance.now();
            const numbers = document.querySelector(".ifl-number");
            let written = 0;
            const observer = new MutationObserver(() => { written += 1; });
            observer.observe(numbers, { childList: true });
            for (let i = 1; i <= 40; i += 1) {
                const counts = { ...run.counts, in_flight: i };
                hear({ run: { ...run, now: i / 20, counts } });
                await new Promise(requestAnimationFrame);
            }
            return [written, (performance.now() - begin) / 1000];
        }""",
        to_columns(Run(live=True)),
    )
    assert written <= 5 * seconds + 1


def test_a_magnified_picture_has_all_pixels_of_the_screen(page: Page) -> None:
    """Magnified for the back of a room, as on the student page, it is not blurred."""
    show(page, state_of())
    page.add_style_tag(content=".ifl-panel { zoom: 1.4 }")
    page.wait_for_function(
        """() => [...document.querySelectorAll("canvas")].every((canvas) => {
            const seen = canvas.getBoundingClientRect().width * devicePixelRatio;
            return Math.abs(canvas.width - seen) < 2;
        })"""
    )


def test_the_flow_follows_a_real_run(lab: Lab, page: Page) -> None:
    """It shows the queue before, the limit in the run, all thousand after Stop."""
    panel = open_panel(lab, page, "flow", PANEL)
    flow, canvas = page.locator(".ifl-flow"), page.locator(".ifl-flow canvas")
    panel.expect(phase="ready")
    expect(flow).to_have_attribute("data-waiting", "1000")
    for key, slots in (("PageUp", "8"), ("Home", "1"), ("PageUp", "6"), ("Home", "1")):
        panel.key(key)
        expect(flow).to_have_attribute("data-limit", slots)
    panel.press("Reset")
    expect(flow).to_have_attribute("data-limit", "3")
    panel.press("Run")
    expect(flow).to_have_attribute("data-flying", "3")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(flow).to_have_attribute("data-limit", "6")
    expect(flow).to_have_attribute("data-flying", "6")
    expect(flow).not_to_have_attribute("data-ok", "0")
    assert {WAITING, FLYING, ANSWERED} <= set(canvas.evaluate(COLOURS))
    assert "6 slots" in (canvas.get_attribute("aria-label") or "")
    panel.press("Stop")
    panel.expect(phase="frozen")
    expect(page.locator(".ifl-shown")).to_contain_text("right before it was stopped")
    expect(flow).to_have_attribute("data-flying", "6")
    page.wait_for_function(
        """() => {
            const { ok, lost } = document.querySelector(".ifl-flow").dataset;
            return Number(ok) + Number(lost) === 1000;
        }"""
    )


def test_a_run_is_played_again_from_its_beginning(page: Page) -> None:
    """In all lanes at once, until it is skipped or another run begins."""
    show(page, state_of(TWO, goals={"no 429": lambda stats: stats.refused == 0}))
    met = {"name": "no 429", "met": True, "seen": ""}
    headings = [{"name": name, "goals": [met]} for name in TWO]
    page.evaluate("headings => model.set('_headings', headings)", headings)
    plots = page.locator(".inflight-lab")
    run = run_of({"client": [(0, 1, 1, 1), (60, 0, 0, 0)]}, now=60.0)
    for lane in (0, 1):
        hear(page, run, lane=lane, reset=True)
    for button, phase in (("Play again", "playing"), ("Skip", "frozen")):
        page.get_by_role("button", name=button).first.click()
        for lane in (0, 1):
            expect(plots.nth(lane)).to_have_attribute("data-phase", phase)
        colour = GREY if phase == "playing" else GREEN  # nothing is met yet
        expect(page.locator(".ifl-goal span").first).to_have_css("color", colour)
    page.get_by_role("button", name="Play again").last.click()
    expect(plots.first).to_have_attribute("data-in-flight", "1")
    hear(page, Run(live=True), lane=0, reset=True)
    expect(plots.nth(0)).to_have_attribute("data-phase", "running")
    expect(plots.nth(1)).to_have_attribute("data-phase", "frozen")


def test_a_second_view_does_not_disturb_the_first(page: Page) -> None:
    """The kernel's answer to its hello reaches both; who plays the run goes on."""
    show(page, state_of())
    run = run_of({"client": [(0, 1, 1, 1), (60, 0, 0, 0)]}, now=60.0)
    hear(page, run, reset=True, number=3)
    page.get_by_role("button", name="Play again").click()
    plot = page.locator(".inflight-lab")
    expect(plot).to_have_attribute("data-in-flight", "1")
    hear(page, run, reset=True, number=3)
    expect(plot).to_have_attribute("data-phase", "playing")
    hear(page, run, reset=True, number=4)
    expect(plot).to_have_attribute("data-phase", "frozen")


def test_one_picture_or_both(lab: Lab, page: Page) -> None:
    """A choice on the page, or ``panel.view``: the numbers stand in one place only."""
    open_panel(lab, page, "views", PANEL).open_more()
    parts = [
        page.locator(f".ifl-panel {part}")
        for part in (".ifl-flow", ".ifl-lines", ".ifl-tiles")
    ]
    choice = page.locator(".ifl-view select")
    for chosen, shown in (
        ("both", (1, 1, 0)),
        ("lines", (0, 1, 1)),
        ("requests", (1, 0, 0)),
    ):
        choice.select_option(chosen)
        for part, visible in zip(parts, shown, strict=True):
            expect(part).to_be_visible(visible=bool(visible))


@pytest.mark.parametrize("lanes", [2, 3])
def test_lanes_stay_in_line_when_a_run_ends(page: Page, lanes: int) -> None:
    """Which moment is shown has its room from the start, and a long sentence in one
    lane moves the picture of the others too.
    """
    names = ["naive", "semaphore", "third"][:lanes]
    runners = dict.fromkeys(names, naive.make_many_requests)
    show(page, state_of(runners))
    tops = "() => [...document.querySelectorAll('.ifl-flow')].map(e => e.offsetTop)"
    expect(page.locator(".ifl-sentence").last).to_contain_text("Press Run")
    ready = page.evaluate(tops)
    run = run_of({"client": [(0, 1, 1, 1), (6, 0, 0, 0)]}, now=6.0)
    hear(page, run, lane=0, reset=True)
    expect(page.locator(".ifl-shown").first).to_contain_text("Shown: ")
    assert page.evaluate(tops) == ready
    words = "words " * 40
    page.locator(".ifl-sentence").first.evaluate("(e, w) => e.textContent = w", words)
    assert len(set(page.evaluate(tops))) == 1


class Stage(NamedTuple):
    """A screen on which the panel is presented, and how many lanes it has."""

    lanes: int
    width: int
    height: int


STAGES = [
    Stage(1, 1400, 900),
    Stage(1, 1024, 768),
    Stage(2, 1400, 900),
    Stage(2, 1024, 768),
    Stage(2, 1024, 500),
    Stage(3, 1400, 900),
]


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_presented_no_picture_is_cut_off(page: Page, stage: Stage) -> None:
    """A sentence of many lines in one lane makes the pictures of all lower, and each is
    drawn as high as it has room.
    """
    names = ["naive", "semaphore", "third"][: stage.lanes]
    runners = dict.fromkeys(names, naive.make_many_requests)
    show(page, state_of(runners), width=stage.width, height=stage.height)
    page.evaluate("delete Element.prototype.requestFullscreen")
    page.get_by_role("button", name="Present").click()
    # Not by its words: the page writes them itself when it likes.
    many_lines = ".ifl-lane:first-child .ifl-sentence { min-height: 8em !important }"
    page.add_style_tag(content=many_lines)
    page.wait_for_function(
        """() => {
            const sentence = document.querySelector(".ifl-sentence");
            const flows = [...document.querySelectorAll(".ifl-flow")];
            const tops = new Set(flows.map((flow) => flow.offsetTop));
            const isLow = parseFloat(getComputedStyle(sentence).minHeight) > 100;
            return isLow && tops.size === 1 && flows.every((flow) =>
                flow.firstElementChild.offsetHeight <= flow.offsetHeight + 1);
        }"""
    )

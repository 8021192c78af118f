"""The notebooks as pages to read, opened without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Page, ViewportSize, expect

from inflight_lab.commands.publish import beside, landing_page, reference, site
from inflight_lab.commands.publish.notebook_page import as_html
from inflight_lab.commands.publish.page_outputs import toy_html
from inflight_lab.lesson.exercises.prediction import as_plain_html
from inflight_lab.lesson.exercises.verdict import ANSWER, Verdict
from inflight_lab.lesson.panel.expected import expected_run
from inflight_lab.lesson.plot.recorded_runs import player_html
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from tests.support.browser import IN_BROWSER, stop_clock
from tests.support.browser.accessible import THEMES, serious_findings
from tests.support.notebooks.made_pages import pages_of
from tests.support.notebooks.notebook_tools import NOTEBOOKS, notebook

pytestmark = IN_BROWSER
TERMS = Terms(QuotaPolicy("sliding-window", 100, 1.0, 100), latency=0.3)
PHONE: ViewportSize = {"width": 390, "height": 844}
ANSWERS = {"answers": True}
LOADED = "performance.getEntriesByType('resource').map((each) => each.name)"
BESIDE = {"stage.js", "stage.css"}
SCROLLED = """blocks => blocks.map((block) => {
  block.scrollLeft = 40;
  return block.scrollLeft;
})"""
"""How far each block of code can be scrolled sideways, of 40 pixels."""


@pytest.fixture(
    scope="module", params=["03", pytest.param("all", marks=pytest.mark.nightly)]
)
def made(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> list[Path]:
    """The page of a notebook with a panel; each night all, by the command."""
    out = tmp_path_factory.mktemp("pages")
    if request.param == "all":
        site.main([str(out), "--no-lab"])
        others = {landing_page.NAME, f"{reference.NAME}.html"}
        return sorted({*out.glob("*.html")} - {out / name for name in others})
    return pages_of([notebook(request.param)], out, live=to_a_command)


def to_a_command(name: str, words: str) -> str:
    """How to open a notebook live, in these tests."""
    return f"{words}: <code>uv run inflight-lab --open {name[:2]}</code>"


def test_a_page_has_a_run_wherever_the_notebook_has(
    page: Page, made: list[Path]
) -> None:
    """Each widget is a run that plays or is computed, and none left its bare text;
    nothing is loaded but what stands beside the page.
    """
    assert made
    for path in made:
        page.goto(path.as_uri(), wait_until="networkidle")
        source = NOTEBOOKS[0].with_stem(path.stem).read_text(encoding="utf-8")
        runs = page.locator("inflight-run.ifl-plays, inflight-toy > .ifl-controls")
        if "Panel(" in source:
            expect(runs.first).to_be_attached()
        assert page.locator(".ifl-stage .ifl-sentence:empty").count() == 0
        body = page.locator("body").inner_text()
        assert not re.search(r"\b(Panel|LivePlot|VBox)\(children", body)
        assert {Path(each).name for each in page.evaluate(LOADED)} <= BESIDE


def test_code_keeps_its_lines_on_a_phone(page: Page, made: list[Path]) -> None:
    """Its indents and words stay whole; what is wider than the screen scrolls alone, by
    keyboard too.
    """
    page.set_viewport_size(PHONE)
    page.goto(made[0].as_uri())
    assert 40 in page.locator(".highlight pre").evaluate_all(SCROLLED)
    expect(page.locator('.highlight pre[tabindex="0"]').first).to_be_visible()


@pytest.fixture
def lesson(tmp_path: Path) -> str:
    """A page with two runs that were recorded, and with two that it computes."""
    beside.write(tmp_path)
    runs = {name: expected_run(20, limit=5, terms=TERMS) for name in ("one", "other")}
    settings = {"runners": ["semaphore", "paced"], "names": list(runs)}
    toy = toy_html(settings, "A still picture")
    path = tmp_path / "lesson.html"
    body = f"<h1>Runs</h1>{player_html(runs, '')}{toy}"
    path.write_text(f"<!doctype html>{beside.HEAD}{body}", encoding="utf-8")
    return path.as_uri()


def test_a_recording_opens_at_its_start(page: Page, lesson: str) -> None:
    """Who is asked to predict does not see the end first; played, it stays there."""
    stop_clock(page)
    page.goto(lesson)
    page.clock.run_for(100)
    run = page.locator("inflight-run")
    expect(run.locator(".ifl-sentence").first).to_contain_text("allows 100 a second")
    expect(run.locator(".ifl-count-waiting b").first).to_have_text("20")
    run.get_by_role("button", name="Play", exact=True).first.click()
    page.clock.run_for(20_000)
    expect(run.get_by_role("button", name="Play again").first).to_be_visible()
    expect(run.locator(".ifl-sentence").first).to_contain_text("All 20 answered")


def test_on_paper_and_without_javascript_a_computed_run_is_its_picture(
    page: Page, browser: Browser, lesson: str
) -> None:
    """Nothing can be pressed there, and a teacher carries half as many sheets."""
    page.goto(lesson)
    toy = page.locator("inflight-toy")
    expect(toy.locator(".ifl-stages")).to_be_visible()
    expect(toy.get_by_text("A still picture")).to_be_hidden()
    page.emulate_media(media="print")
    expect(toy.locator(".ifl-stages")).to_be_hidden()
    expect(toy.get_by_text("A still picture")).to_be_visible()
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(lesson)
    expect(plain.get_by_text("A still picture")).to_be_visible()
    plain.close()


def test_two_runs_below_each_other_keep_their_buttons(page: Page, lesson: str) -> None:
    """On a phone one sees the comparison that one starts; and no title of a run is a
    heading, because the page's own may begin after it.
    """
    page.set_viewport_size(PHONE)
    page.goto(lesson)
    toy = page.locator("inflight-toy")
    run, stages = toy.get_by_role("button", name="Run"), toy.locator(".ifl-stage")
    limit = toy.get_by_role("slider", name="limit")
    for stage in stages.all():
        stage.evaluate("stage => stage.scrollIntoView({block: 'end'})")
        expect(run).to_be_in_viewport(ratio=1)
        expect(limit).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading")).to_have_text(["Runs"])


def test_an_answer_waits_until_it_is_asked_for(page: Page, tmp_path: Path) -> None:
    """Whoever reads predicts first; on paper, which does not unfold, it is there."""
    answer = new_markdown_cell("About forty.", metadata={"inflight_lab": ANSWERS})
    document = new_notebook(cells=[new_markdown_cell("# How many?"), answer])
    path = tmp_path / "one.html"
    path.write_text(as_html(document, "one", live=to_a_command), encoding="utf-8")
    page.goto(path.as_uri())
    expect(page.get_by_text("About forty")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("About forty")).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_text("Answer, with the run").click()
    expect(page.get_by_text("About forty")).to_be_visible()


def test_an_answer_repeats_what_was_predicted(page: Page, tmp_path: Path) -> None:
    """Whoever opens it can compare: numbers that were typed, or a choice; also where no
    card judges it.
    """
    beside.write(tmp_path)
    path = tmp_path / "two.html"
    asked = {"How many?": (), "When?": ("now", "later")}
    fields = [as_plain_html(question, asked[question]) for question in asked]
    cards = [Verdict(ANSWER, "Measured: 5.", about=each) for each in asked]
    answers = [card._repr_html_() for card in cards]
    how_long = "<legend>How long?</legend><label>in turn: <input type=number></label>"
    unjudged = (
        f"<fieldset>{how_long}<label>at once: <input type=number></label></fieldset>"
    )
    folded = "<details open><summary>Answer</summary>Measured: 4 and 1.</details>"
    parts = "".join([beside.HEAD, *fields, *answers, unjudged, folded])
    path.write_text(f"<!doctype html>{parts}", encoding="utf-8")
    page.goto(path.as_uri())
    page.get_by_label("your number").fill("4")
    page.get_by_label("later").check()
    said = page.locator("p:has(+ .ifl-verdict)")
    expect(said).to_have_text(["You predicted: 4.", "You predicted: later."])
    page.get_by_label("in turn").fill("3")
    page.get_by_label("at once").fill("2")
    expect(page.locator("details p")).to_have_text(
        "You predicted: in turn: 3, at once: 2."
    )


def test_a_chosen_change_shows_its_verdict(page: Page, made: list[Path]) -> None:
    """And no other one, so that the reader can think about it first."""
    (path,) = (each for each in made if each.name.startswith("03"))
    page.goto(path.as_uri())
    page.get_by_text("Choose one of three changes").click()
    verdicts = page.locator(".tries .said")
    expect(verdicts.first).to_be_hidden()
    page.get_by_role("radio", name="Change 1").check()
    expect(verdicts.first).to_contain_text("Correct")
    expect(verdicts.first).to_be_visible()
    expect(verdicts.last).to_be_hidden()


def test_a_run_is_on_the_first_screen(page: Page, made: list[Path]) -> None:
    """With what to do above it, and its button, dots and strip, which is below the
    screen of a phone.
    """
    page.goto(made[0].as_uri())
    for width, height in ((1366, 768), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for part in ("h1", ".ifl-go", ".ifl-flow"):
            expect(page.locator(part).first).to_be_in_viewport(ratio=1)
        expect(page.get_by_text("Press Run")).to_be_in_viewport(ratio=1)
        if width > PHONE["width"]:
            expect(page.locator(".ifl-chart").first).to_be_in_viewport(ratio=1)


LONGEST_LINE = """all => Math.max(...all.map((element) => {
  const brush = document.createElement("canvas").getContext("2d");
  brush.font = getComputedStyle(element).font;
  const text = element.textContent;
  const letter = brush.measureText(text).width / text.length;
  return Math.min(text.length, element.clientWidth / letter);
}))"""
"""How many letters stand in a line at most."""
WIDER = """all => all.filter((table) =>
  table.offsetWidth > table.parentElement.clientWidth).length"""
"""How many tables are wider than their place."""
LETTERS = """all => all.filter((picture) => picture.checkVisibility())
  .map(({ width, naturalWidth }) => 14 * width / naturalWidth)"""
"""How high the letters of each picture are: they are drawn 14 pixels high."""


def test_a_page_can_be_read_on_a_phone_and_on_a_desk(
    page: Page, made: list[Path]
) -> None:
    """Lines are not too long, letters in pictures not too small, links are underlined,
    nothing is wider than the screen, and axe finds nothing, in the dark neither.
    """
    for path in made:
        page.goto(path.as_uri())
        for width in (390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") == width
            cut_off = page.locator(".scrolls > table").evaluate_all(WIDER)
            assert cut_off == 0
            prose = page.locator("p:not(:has(> img)), li")
            assert prose.evaluate_all(LONGEST_LINE) <= 80
            letters = page.locator("img.ifl-picture").evaluate_all(LETTERS)
            assert min(letters, default=11) >= 11
        lines = page.locator("main a:visible").evaluate_all(
            "all => all.map(a => getComputedStyle(a).textDecorationLine)"
        )
        assert set(lines) == {"underline"}
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            assert serious_findings(page) == []

"""Recorded runs that play in a page, with no kernel behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from inflight_lab.lesson.panel.expected import expected_run
from inflight_lab.lesson.plot.drawing import draw_runs
from inflight_lab.lesson.plot.recorded_runs import page_parts, player_html
from inflight_lab.lesson.runs.run import Run
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from tests.support.browser import IN_BROWSER
from tests.support.browser.bare_page import run_of
from tests.support.browser.lab import box_of

pytestmark = IN_BROWSER

TERMS = Terms(QuotaPolicy("sliding-window", 100, 1.0, 100), latency=0.3)
RUNS = {
    "semaphore and pause": expected_run(200, limit=20, terms=TERMS, pause=1.0),
    "paced": expected_run(200, limit=90, terms=TERMS, spacing=0.0102),
}


def strip_of(page: Page) -> Locator:
    """The first strip, which is a slider of the time."""
    return page.get_by_role("slider", name="Look back").first


def time_of(strip: Locator) -> float:
    """Where it stands, in seconds."""
    return float(strip.get_attribute("aria-valuenow") or "nan")


def show(page: Page, runs: Mapping[str, Run]) -> None:
    """A page with a player of these runs."""
    page.set_content(f"{page_parts()}{player_html(runs, '')}")


def test_a_page_plays_from_the_file_system(page: Page, tmp_path: Path) -> None:
    """It stands at the end, plays from the start when it is told to, and loads nothing
    else.  On paper there is the plain picture.
    """
    path = tmp_path / "page.html"
    html = player_html(RUNS, draw_runs(RUNS)._repr_html_())
    path.write_text(f"<!doctype html>{html}{page_parts()}", encoding="utf-8")
    page.goto(path.as_uri())
    stages, strip = page.locator(".ifl-stage"), strip_of(page)
    expect(stages.locator(".ifl-sentence")).to_contain_text(["All 200 answered"] * 2)
    end = strip.get_attribute("aria-valuenow") or ""
    page.get_by_role("button", name="Play again").first.click()
    expect(strip).not_to_have_attribute("aria-valuenow", end)
    page.get_by_role("button", name="Pause").first.click()
    assert time_of(strip) < 10
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    picture = page.locator(".ifl-still img").first
    expect(picture).to_be_hidden()
    page.emulate_media(media="print")
    expect(picture).to_be_visible()
    expect(stages.first).to_be_hidden()


def answered_by(run: Run, time: float) -> int:
    """How many were answered at a time."""
    ended = [event for event in run.events if event.outcome == "accepted"]
    return sum(event.time <= time for event in ended)


def test_where_one_looks_back_it_shows_what_was_recorded(page: Page) -> None:
    """By pointer and by keyboard: both stages have the counts of that one time, and say
    how long their own run was; at the end, that is the time itself.
    """
    show(page, RUNS)
    strip, clocks = strip_of(page), page.locator(".ifl-clock")
    ends = [f"{run.now:.1f} s " for run in RUNS.values()]
    expect(clocks).to_have_text(ends)
    box = box_of(strip)
    strip.click(position={"x": box["width"] / 20, "y": box["height"] / 2})
    expect(clocks).not_to_have_text(ends)
    pressed = time_of(strip)
    strip.press("PageUp")
    expect(strip).not_to_have_attribute("aria-valuenow", f"{pressed}")
    time = time_of(strip)
    for stage, run in zip(page.locator(".ifl-stage").all(), RUNS.values(), strict=True):
        expect(stage.locator(".ifl-clock")).to_have_text(
            f"{time:.1f} s of {run.now:.1f} s"
        )
        seen = int(stage.locator(".ifl-count-answered b").inner_text())
        assert answered_by(run, time - 0.06) <= seen <= answered_by(run, time + 0.06)
    strip.press("End")
    expect(clocks).to_have_text(ends)


def test_a_pause_says_how_long_it_will_be(page: Page) -> None:
    """Beside the shut gate, and only for as long as it is shut."""
    show(page, {"": run_of((0, 0.5, 429), (2.5, 3, 200))})
    for key, said in (("Home", ""), ("PageUp", "pause 1.5 s"), ("End", "")):
        strip_of(page).press(key)
        expect(page.locator(".ifl-way")).to_have_text(said)


def test_who_waits_is_said_only_where_it_is_known(page: Page) -> None:
    """A server sees what arrives, not what waits in the client: "0 waiting" would be
    wrong while a hundred do.  Nor does it know who will try again.
    """
    run = expected_run(20, limit=5, terms=TERMS)
    unannounced, retried = replace(run, announced=0), replace(run, announced=15)
    show(page, {"announced": run, "seen by a server": unannounced, "retried": retried})
    waiting = page.locator(".ifl-count-waiting")
    expect(waiting.first).to_be_visible()
    for lane in (1, 2):
        expect(waiting.nth(lane)).to_be_hidden()

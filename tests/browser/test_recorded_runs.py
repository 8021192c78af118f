"""Recorded runs that play in a page, with no kernel behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from inflight_lab.panel.expected import expected_run
from inflight_lab.plot.drawing import draw_runs
from inflight_lab.plot.recorded_runs import page_parts, player_html
from inflight_lab.runs.run import Run
from inflight_lab.runs.terms import QuotaPolicy, Terms
from tests.support.browser import IN_BROWSER
from tests.support.browser.bare_page import run_of

pytestmark = IN_BROWSER

TERMS = Terms(QuotaPolicy("sliding-window", 100, 1.0, 100), latency=0.3)
RUNS = {
    "semaphore and pause": expected_run(200, limit=20, terms=TERMS, pause=1.0),
    "paced": expected_run(200, limit=90, terms=TERMS, spacing=0.0102),
}


@dataclass
class Player:
    """A player on a page, as a person uses it."""

    root: Locator

    def press(self, button: str) -> None:
        """Click the first button with this name: each strip has its own."""
        self.root.get_by_role("button", name=button, exact=True).first.click()

    @property
    def stages(self) -> Locator:
        """One for each run."""
        return self.root.locator(".ifl-stage")

    @property
    def strip(self) -> Locator:
        """The first strip, which is a slider of the time."""
        return self.root.get_by_role("slider", name="Look back").first

    def expect_plays(self) -> None:
        """It goes on, wherever it is."""
        expect(self.root.get_by_role("button", name="Pause").first).to_be_visible()
        before = self.strip.get_attribute("aria-valuenow") or ""
        expect(self.strip).not_to_have_attribute("aria-valuenow", before)

    def expect_over(self) -> None:
        """Every stage says what came of its run."""
        for stage in self.stages.all():
            expect(stage.locator(".ifl-sentence")).to_contain_text("All 200 answered")


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A file with two runs side by side, between words."""
    path = tmp_path / "page.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Runs</title>'
    html = player_html(RUNS, draw_runs(RUNS)._repr_html_())
    path.write_text(f"{head}<p>Words.</p>{html}{page_parts()}", encoding="utf-8")
    return path.as_uri()


def answered_by(run: Run, time: float) -> int:
    """How many were answered at a time."""
    ended = [event for event in run.events if event.outcome == "accepted"]
    return sum(event.time <= time for event in ended)


def test_a_page_plays_from_the_file_system(page: Page, address: str) -> None:
    """It stands at the end, plays from the start when it is told to, and asks nobody
    for anything.  On paper there is the plain picture.
    """
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    player = Player(page.locator("inflight-run"))
    expect(player.stages).to_have_count(2)
    player.expect_over()
    player.press("Play again")
    player.expect_plays()
    player.press("Pause")
    assert float(player.strip.get_attribute("aria-valuenow") or "nan") < 10
    assert [url for url in asked if not url.startswith("data:")] == [address]
    picture = page.locator(".ifl-still img").first
    expect(picture).to_be_hidden()
    page.emulate_media(media="print")
    expect(picture).to_be_visible()
    expect(player.stages.first).to_be_hidden()


def test_where_one_looks_back_it_shows_what_was_recorded(
    page: Page, address: str
) -> None:
    """By pointer and by keyboard: both stages have the counts of that one time, and say
    how long their own run was; at the end, that is the time itself.
    """
    page.goto(address)
    player = Player(page.locator("inflight-run"))
    player.expect_over()
    box = player.strip.bounding_box()
    assert box
    end = player.strip.get_attribute("aria-valuenow") or ""
    player.strip.click(position={"x": box["width"] / 20, "y": box["height"] / 2})
    expect(player.strip).not_to_have_attribute("aria-valuenow", end)
    pressed = player.strip.get_attribute("aria-valuenow") or ""
    player.strip.press("PageUp")
    expect(player.strip).not_to_have_attribute("aria-valuenow", pressed)
    time = float(player.strip.get_attribute("aria-valuenow") or "nan")
    for stage, run in zip(player.stages.all(), RUNS.values(), strict=True):
        expect(stage.locator(".ifl-clock")).to_have_text(
            f"{time:.1f} s of {run.now:.1f} s"
        )
        seen = int(stage.locator(".ifl-count-answered b").inner_text())
        assert answered_by(run, time - 0.06) <= seen <= answered_by(run, time + 0.06)
    player.strip.press("End")
    player.expect_over()
    clocks = [f"{run.now:.1f} s " for run in RUNS.values()]
    expect(player.stages.locator(".ifl-clock")).to_have_text(clocks)


def test_a_pause_says_how_long_it_will_be(page: Page, tmp_path: Path) -> None:
    """Beside the shut gate, and only for as long as it is shut."""
    runs = {"": run_of((0, 0.5, 429), (2.5, 3, 200))}
    path = tmp_path / "runs.html"
    path.write_text(f"{page_parts()}{player_html(runs, '')}", encoding="utf-8")
    page.goto(path.as_uri())
    player = Player(page.locator("inflight-run"))
    pause = page.locator(".ifl-way")
    for key, said in (("Home", ""), ("PageUp", "pause 1.5 s"), ("End", "")):
        player.strip.press(key)
        expect(pause).to_have_text(said)


def test_who_waits_is_said_only_where_it_is_known(page: Page, tmp_path: Path) -> None:
    """A server sees what arrives, not what waits in the client: "0 waiting" would be
    wrong while a hundred do.  Nor does it know who will try again.
    """
    run = expected_run(20, limit=5, terms=TERMS)
    unannounced, retried = replace(run, announced=0), replace(run, announced=15)
    runs = {"announced": run, "seen by a server": unannounced, "retried": retried}
    path = tmp_path / "runs.html"
    path.write_text(f"{page_parts()}{player_html(runs, '')}", encoding="utf-8")
    page.goto(path.as_uri())
    waiting = page.locator(".ifl-count-waiting")
    expect(waiting.first).to_be_visible()
    for lane in (1, 2):
        expect(waiting.nth(lane)).to_be_hidden()

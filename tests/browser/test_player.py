"""Recorded runs that play in a page, with no kernel behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from inflight_lab.plot.drawing import draw_runs
from inflight_lab.plot.player import Recorded, page_parts, player_html
from inflight_lab.plot.replay import RECORDINGS
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.levels import level
from inflight_lab.runs.recording import load
from inflight_lab.runs.run import Run, no_levels
from tests.support.browser import IN_BROWSER
from tests.support.drawn import plot_on, spy_on
from tests.support.lab import Lab, run_all, save
from tests.support.marimo_page import marimo
from tests.support.panel_page import PLOT_COMES

pytestmark = IN_BROWSER

RUNS = load(RECORDINGS / "pause_and_paced.json")
PAUSING, PACED = RUNS.values()
SHOW_REPLAY = """
from inflight_lab import Replay
from inflight_lab.plot.replay import RECORDINGS
replay = Replay(RECORDINGS / "pause_and_paced.json")
replay"""


@dataclass
class Player:
    """A player on a page, as a person uses it."""

    root: Locator

    def press(self, button: str) -> None:
        """Click the button with these words."""
        self.root.get_by_role("button", name=button, exact=True).click()

    @property
    def time(self) -> Locator:
        """The line plot, which is a slider of the time."""
        return self.root.get_by_role("slider", name="Time in the run")

    @property
    def views(self) -> Locator:
        """One for each lane."""
        return self.root.locator(".inflight-lab")

    def seek(self, share: float) -> float:
        """Click the line plot there; the time that is shown then."""
        box = self.time.bounding_box()
        assert box
        self.time.click(position={"x": share * box["width"], "y": box["height"] / 2})
        return float(self.time.get_attribute("aria-valuenow") or "nan")

    def expect_plays(self) -> None:
        """It goes on, wherever it is."""
        expect(self.root.get_by_role("button", name="Pause")).to_be_visible()
        before = self.time.get_attribute("aria-valuetext") or ""
        expect(self.time).not_to_have_attribute("aria-valuetext", before)

    def expect_over(self) -> None:
        """Every lane shows what a finished run shows."""
        for view in self.views.all():
            expect(view).to_have_attribute("data-phase", "frozen")


def page_of(html: str, folder: Path) -> str:
    """The address of a file with that player, in the middle of some text."""
    path = folder / "page.html"
    words = "<p>Words.</p>" * 40
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Runs</title>'
    path.write_text(f"{head}{words}{html}{words}{page_parts()}", encoding="utf-8")
    return path.as_uri()


def html_of(*recorded: Recorded, view: str = "both") -> str:
    """A player for them, with the picture of the first run."""
    run = next(iter(recorded[0].runs.values()))
    return player_html(recorded, draw_runs({"": run})._repr_html_(), view=view)


def counted(run: Run, time: float) -> dict[str, str]:
    """What the picture of the requests has to say at a time."""
    ended = [event for event in run.events if event.outcome and event.time <= time]
    sent = [event for event in run.events if event.what == "sent"]
    under_way = sum(event.time <= time for event in sent) - len(ended)
    answered = sum(event.outcome == "accepted" for event in ended)
    refused = sum(event.outcome == "refused" for event in ended)
    return {"ok": f"{answered}", "refused": f"{refused}", "under way": f"{under_way}"}


def drawn(view: Locator) -> dict[str, str]:
    """What it says."""
    data = view.locator(".ifl-flow").evaluate("flow => ({...flow.dataset})")
    under_way = int(data["pool"]) + int(data["flying"])
    return {
        "ok": data["ok"],
        "refused": data["refused"],
        "under way": f"{under_way}",
    }


def run_with_in_flight(count: int) -> Run:
    """A run of two seconds with so many in flight."""
    levels = no_levels() | {"server": [level(0, count), level(1.9, 0)]}
    return Run(levels=levels, counts=RunStats(started=count, accepted=count), now=2.0)


def test_runs_side_by_side_have_one_height_axis(page: Page, tmp_path: Path) -> None:
    """Also where nothing moves: one in flight is an eighth of eight."""
    runs = {"in turn": run_with_in_flight(1), "as tasks": run_with_in_flight(8)}
    page.emulate_media(reduced_motion="reduce")
    spy_on(page)
    page.goto(page_of(html_of(Recorded(runs), view="lines"), tmp_path))
    expect(page.locator(".ifl-shown").last).to_contain_text("Shown: ")
    for lane in (0, 1):
        plot_on(page, lane, says=["in flight", "10"])


def test_a_page_plays_from_the_file_system(page: Page, tmp_path: Path) -> None:
    """It begins when it comes into view, rests out of it, asks nobody for anything, and
    ends as a finished run does.
    """
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = page_of(html_of(Recorded(RUNS)), tmp_path)
    page.goto(address)
    player = Player(page.locator(".ifl-player"))
    expect(player.time).to_have_attribute("aria-valuenow", "0")
    player.root.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.ifl-player').scrollIntoView()")
    player.expect_plays()
    page.evaluate("scrollTo(0, 0)")
    expect(player.root.get_by_role("button", name="Play")).to_be_attached()
    page.evaluate("document.querySelector('.ifl-player').scrollIntoView()")
    player.expect_plays()
    player.seek(0.9)
    player.expect_over()
    for view in player.views.all():
        expect(view.locator(".ifl-sentence")).to_contain_text("All 200 answered in")
    assert [url for url in asked if not url.startswith("data:")] == [address]


def test_a_page_can_have_it_play_from_its_start(page: Page, tmp_path: Path) -> None:
    """A script of the page asks the element, whatever stands on its buttons."""
    page.goto(page_of(html_of(Recorded(RUNS)), tmp_path))
    player = Player(page.locator(".ifl-player"))
    end = player.seek(0.9)
    page.evaluate("document.querySelector('inflight-run').playFromStart()")
    player.expect_plays()
    assert float(player.time.get_attribute("aria-valuenow") or "nan") < end


def test_an_error_in_the_player_is_not_one_of_the_recording(
    browser: Browser, tmp_path: Path
) -> None:
    """It is an error of the page, which nobody hides behind words about a file."""
    page = browser.new_page()
    page.add_init_script("delete globalThis.ResizeObserver")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.goto(page_of(html_of(Recorded(RUNS)), tmp_path))
    assert "ResizeObserver" in errors[0]
    expect(page.locator(".ifl-damaged")).to_have_count(0)
    expect(page.locator("img.ifl-picture")).to_be_visible()
    page.close()


def test_wherever_one_goes_it_shows_what_was_recorded(
    page: Page, tmp_path: Path
) -> None:
    """Forth, back, and a little back: each lane has the dots and counts of then."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(page_of(html_of(Recorded(RUNS)), tmp_path))
    player = Player(page.locator(".ifl-player"))
    for share in (0.6, 0.2, 0.19, 0.8, 0.78, 0.12):
        time = player.seek(share)
        for view, run in zip(player.views.all(), RUNS.values(), strict=True):
            truth = counted(run, time)
            expect(view.locator(".ifl-flow")).to_have_attribute("data-ok", truth["ok"])
            assert drawn(view) == truth


def test_everything_by_keyboard(page: Page, tmp_path: Path) -> None:
    """Space plays and pauses; arrows, Home and End go through the time, which says
    where it is.
    """
    page.emulate_media(reduced_motion="reduce")
    page.goto(page_of(html_of(Recorded({"": PACED})), tmp_path))
    player = Player(page.locator(".ifl-player"))
    end = f"{PACED.now:.1f} of {PACED.now:.1f} s"
    expect(player.time).to_have_attribute("aria-valuetext", end)
    player.time.focus()
    page.keyboard.press("Home")
    expect(player.time).to_have_attribute("aria-valuetext", f"0.0 of {PACED.now:.1f} s")
    page.keyboard.press("ArrowRight")
    shown = float(player.time.get_attribute("aria-valuenow") or "nan")
    assert shown == pytest.approx(0.02 * PACED.now)
    page.keyboard.press("Space")
    player.expect_plays()
    page.keyboard.press("Space")
    expect(player.root.get_by_role("button", name="Play")).to_be_visible()


def test_who_asks_for_no_motion_gets_none(page: Page, tmp_path: Path) -> None:
    """One moment of the finished run stands there, until Play is pressed."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(page_of(html_of(Recorded({"": PACED}), view="requests"), tmp_path))
    player = Player(page.locator(".ifl-player"))
    page.evaluate("document.querySelector('.ifl-player').scrollIntoView()")
    player.expect_over()
    expect(player.root.locator(".ifl-shown")).to_contain_text("Shown:")
    player.press("Play again")
    player.expect_plays()


def test_a_slider_goes_from_recording_to_recording(page: Page, tmp_path: Path) -> None:
    """It says that they are recordings, and each plays from its beginning."""
    recorded = [Recorded({"": PAUSING}, 3), Recorded({"": PACED}, 40)]
    page.goto(page_of(html_of(*recorded), tmp_path))
    player = Player(page.locator(".ifl-player"))
    expect(player.root).to_contain_text("These are recordings")
    limit = player.root.get_by_role("slider", name="limit")
    limit.focus()
    page.keyboard.press("ArrowRight")
    expect(limit).to_have_attribute("aria-valuetext", "40")
    expect(player.root.locator(".ifl-time")).to_contain_text(f"of {PACED.now:.1f} s")
    player.expect_plays()


def test_a_damaged_recording_is_refused_by_name(page: Page, tmp_path: Path) -> None:
    """In words, below the still picture: never a blank."""
    html = html_of(Recorded({"paced": PACED})).replace('"counts":', '"count":')
    page.goto(page_of(html, tmp_path))
    problem = "This recording cannot be played: runs.paced.counts must be an object."
    expect(page.get_by_role("alert")).to_have_text(problem)
    expect(page.locator(".ifl-still img")).to_be_visible()
    expect(page.locator(".ifl-player")).to_have_count(0)


def test_without_javascript_and_on_paper_the_picture_stands_there(
    browser: Browser, page: Page, tmp_path: Path
) -> None:
    """And the player does not."""
    address = page_of(html_of(Recorded({"": PACED})), tmp_path)
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(address)
    expect(plain.locator(".ifl-still img")).to_be_visible()
    plain.close()
    page.goto(address)
    picture = page.locator(".ifl-still img")
    expect(picture).to_be_hidden()
    page.emulate_media(media="print")
    expect(picture).to_be_visible()
    expect(page.locator(".ifl-player")).to_be_hidden()


def test_a_replay_plays_with_a_kernel_and_without(lab: Lab, page: Page) -> None:
    """While the widget lives it is the only player; the saved notebook has another,
    which plays where no kernel is.
    """
    name = lab.write("replay.ipynb", SHOW_REPLAY)
    lab.open(page, name)
    run_all(page)
    players = page.locator(".ifl-player").locator("visible=true")
    expect(players).to_have_count(1, timeout=PLOT_COMES)
    Player(players).expect_plays()
    second = page.locator("inflight-run")
    expect(second).to_have_count(
        1
    )  # it comes after the widget: saved too early, it is lost
    expect(second).to_be_hidden()
    save(page)
    lab.end_kernel_of(name)
    page.goto("about:blank")
    page.goto(lab.where(name))
    player = Player(page.locator("inflight-run .ifl-player"))
    expect(player.root).to_be_visible(timeout=PLOT_COMES)
    player.root.scroll_into_view_if_needed()
    player.expect_plays()


def test_a_replay_plays_in_marimo(page: Page, tmp_path: Path) -> None:
    """In its page, which is not Jupyter's."""
    with marimo(tmp_path, SHOW_REPLAY) as address:
        page.goto(address)
        player = Player(page.locator(".ifl-player"))
        expect(player.root).to_be_visible(timeout=PLOT_COMES)
        player.expect_plays()
        page.close()  # before its server ends

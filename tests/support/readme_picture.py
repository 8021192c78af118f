"""Makes the README's moving picture, of notebook 03.

Start it with ``python -m tests.support.readme_picture``.  On a busy machine fewer
requests than the quota allows may leave in a second; then there is nothing to see, and
it runs and films again.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.lab import Lab, PanelOnPage, chromium, run_all

ROOT = Path(__file__).parents[2]
NOTEBOOK = "03_limit_with_a_semaphore.ipynb"
PICTURE = ROOT / "notebooks" / "images" / "panel.webp"
PLOT = ".ifl-panel .inflight-lab"
PAUSE = 40
"""Milliseconds after each frame, in which the requests have the processor."""
TRIES = 6


class Film:
    """What one element of a page looks like while things happen to it."""

    def __init__(self, page: Page, selector: str) -> None:
        self.page, self.element = page, page.locator(selector)
        self.frames: list[Image.Image] = []
        self.times: list[float] = []
        self.first = 0
        """The frame that is shown first, where nothing moves too."""

    def until(self, condition: str, *, most: float = 12) -> bool:
        """Film until the plot's numbers meet ``condition``, as JavaScript.

        Returns whether they do; not if the run ends before, or after ``most`` seconds.
        """
        plot = f"document.querySelector('{PLOT}').dataset"
        begin = time.monotonic()
        while time.monotonic() - begin < most:
            met, live = self.page.evaluate(
                f"(dataset => [{condition}, dataset.live === 'true'])({plot})"
            )
            if met or not live:
                return bool(met)
            self.take()
            self.page.wait_for_timeout(PAUSE)
        return False

    def take(self) -> None:
        """One frame."""
        screenshot = Image.open(io.BytesIO(self.element.screenshot()))
        self.frames.append(screenshot.convert("RGB"))
        self.times.append(time.monotonic())

    def save(self, path: Path) -> None:
        """An animated WebP that goes round: each frame for as long as it was so, the
        last for three seconds.
        """
        times = [*self.times, self.times[-1] + 3]
        durations = [round(1000 * (end - begin)) for begin, end in pairwise(times)]
        durations = durations[self.first :] + durations[: self.first]
        first, *others = self.frames[self.first :] + self.frames[: self.first]
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
            quality=60,
            method=6,
        )


def drag(
    page: Page, panel: PanelOnPage, share: float, each: Callable[[], None]
) -> None:
    """Move the limit's knob to ``share`` of its track; call ``each`` at every step."""
    x, y = panel.handle("limit")
    to, _ = panel.handle("limit", share)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + (to - x) * step / 5, y)
        each()
    page.mouse.up()


def perform(page: Page, panel: PanelOnPage) -> Film | None:
    """Film a run with the limit moved up, down and up, to be shown from its first 429s
    on; None if few are refused.
    """
    panel.press("Reset")
    panel.expect(started=0)
    panel.drag("count", 0.6)
    page.locator(".ifl-panel .ifl-more").click()  # and fold what that has unfolded
    film = Film(page, ".ifl-panel")
    panel.press("Run")
    panel.expect(in_flight=3)
    for share, accepted in ((0.3, 15), (0.14, 90), (0.9, 130)):
        if not film.until(f"dataset.accepted >= {accepted}"):
            return None
        drag(page, panel, share, film.take)
    film.until("dataset.refused >= 1")
    film.first = len(film.frames)
    return film if film.until("dataset.refused >= 20") else None


def main() -> None:
    """Run the notebook, film its panel until there is something to see, and save it."""
    expect.set_options(timeout=90_000)  # the cell's own run takes 48 seconds
    with closing(Lab(Path(tempfile.mkdtemp()))) as lab, chromium() as browser:
        shutil.copy(ROOT / "notebooks" / NOTEBOOK, lab.notebooks)
        page = browser.new_page(
            viewport={"width": 1300, "height": 1500}, device_scale_factor=1
        )
        lab.open(page, NOTEBOOK)
        run_all(page)
        panel = PanelOnPage(page)
        panel.plot = page.locator(PLOT)
        panel.plot.wait_for(timeout=60_000)
        panel.expect_end()
        panel.plot.scroll_into_view_if_needed()
        films = (perform(page, panel) for _ in range(TRIES))
        film = next(filter(None, films), None)
        assert film, f"too busy a machine: {TRIES} runs had fewer than 20 refusals"
        PICTURE.parent.mkdir(exist_ok=True)
        film.save(PICTURE)
        kilobytes = PICTURE.stat().st_size / 1000
        print(f"{PICTURE.name}: {len(film.frames)} frames, {kilobytes:.0f} kB")


if __name__ == "__main__":
    main()

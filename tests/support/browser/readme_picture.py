"""Makes the README's moving picture, of the landing page's run.

Start it with ``python -m tests.support.browser.readme_picture``.  The page's clock
stands still between two frames, so the picture is the same on every machine.
"""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.browser import ROOT, stop_clock
from tests.support.browser.lab import chromium
from tests.support.notebooks.made_pages import make_landing_page

PICTURE = ROOT / "notebooks" / "images" / "panel.webp"
FRAME = 125
"""Milliseconds from frame to frame."""
PAUSE = 2000
"""Milliseconds that the end of a run stays."""


class Film:
    """What the run looks like while things happen to it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.toy = page.locator("inflight-toy")
        self.devtools = page.context.new_cdp_session(page)
        self.frames: list[Image.Image] = []
        self.durations: list[int] = []

    def press(self, role: Literal["button", "radio"], name: str) -> None:
        """Press something; Playwright's own click waits for frames, and none come."""
        part = self.toy.get_by_role(role, name=name, exact=True)
        part.evaluate("part => part.click()")

    def roll(self, seconds: float, pause: int = FRAME) -> None:
        """Film so many seconds; the last frame stays for ``pause`` milliseconds."""
        for _ in range(round(1000 * seconds / FRAME)):
            self.page.clock.run_for(FRAME)
            # Playwright's own screenshot waits for frames, too.
            clip = {**(self.toy.bounding_box() or {}), "scale": 1}
            taken = self.devtools.send("Page.captureScreenshot", {"clip": clip})
            image = Image.open(io.BytesIO(base64.b64decode(taken["data"])))
            self.frames.append(image.convert("RGB"))
            self.durations.append(FRAME)
        self.durations[-1] = pause


def perform(film: Film) -> None:
    """All at once, from the moment of the red wall on; then a limit that is moved."""
    film.press("button", "All controls")
    film.press("radio", "All at once")
    film.press("button", "Send 100")
    film.page.clock.run_for(1150)
    film.roll(2.6, PAUSE)
    film.press("radio", "Semaphore")
    film.press("button", "Send 100")
    film.roll(2.6)
    for limit in range(6, 21):
        film.toy.get_by_role("slider", name="limit").fill(f"{limit}")
        film.roll(FRAME / 1000)
    film.roll(12, PAUSE)


def main() -> None:
    """Film the landing page, and save an animated WebP that begins again at its end."""
    page_path = make_landing_page(Path(tempfile.mkdtemp()))
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 860, "height": 900})
        stop_clock(page)
        page.goto(page_path.as_uri())
        film = Film(page)
        perform(film)
    first, *others = film.frames
    first.save(
        PICTURE,
        save_all=True,
        append_images=others,
        duration=film.durations,
        loop=0,
        quality=45,
        method=6,
    )
    kilobytes = PICTURE.stat().st_size / 1000
    print(f"{PICTURE.name}: {len(film.frames)} frames, {kilobytes:.0f} kB")


if __name__ == "__main__":
    main()

"""Makes the README's moving picture, of the landing page's run.

Start it with ``python -m tests.support.browser.readme_picture``.  The page's clock
stands still between two frames, so the picture is the same on every machine.
"""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.browser.lab import chromium
from tests.support.notebooks.made_pages import make_landing_page

ROOT = Path(__file__).parents[3]
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

    def press(self, name: str) -> None:
        """Press a button; Playwright's own click waits for frames, and none come."""
        button = self.toy.get_by_role("button", name=name, exact=True)
        button.evaluate("button => button.click()")

    def choose(self, name: str) -> None:
        """Choose how to send."""
        self.toy.get_by_role("radio", name=name, exact=True).focus()
        self.page.keyboard.press("Space")

    def roll(self, seconds: float) -> None:
        """Film so many seconds."""
        for _ in range(round(1000 * seconds / FRAME)):
            self.page.clock.run_for(FRAME)
            self.frames.append(self.screenshot())
            self.durations.append(FRAME)

    def screenshot(self) -> Image.Image:
        """Playwright's own waits for frames, too."""
        box = self.toy.bounding_box()
        taken = self.devtools.send(
            "Page.captureScreenshot", {"clip": {**(box or {}), "scale": 1}}
        )
        image = Image.open(io.BytesIO(base64.b64decode(taken["data"])))
        return image.convert("RGB")

    def hold(self) -> None:
        """Keep the last frame for a while."""
        self.durations[-1] = PAUSE

    def drag_limit(self, limits: range) -> None:
        """Move the limit, a frame at each value."""
        for limit in limits:
            self.toy.get_by_role("slider", name="limit").fill(f"{limit}")
            self.roll(FRAME / 1000)

    def save(self, path: Path) -> None:
        """An animated WebP that begins again at its end."""
        first, *others = self.frames
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=self.durations,
            loop=0,
            quality=45,
            method=6,
        )


def perform(film: Film) -> None:
    """All at once, from the moment of the red wall on; then a limit that is moved."""
    film.press("All controls")
    film.choose("All at once")
    film.press("Send 100")
    film.page.clock.run_for(1150)
    film.roll(2.6)
    film.hold()
    film.choose("Semaphore")
    film.press("Send 100")
    film.roll(2.6)
    film.drag_limit(range(6, 21))
    film.roll(12)
    film.hold()


def main() -> None:
    """Film the landing page, and save it."""
    page_path = make_landing_page(Path(tempfile.mkdtemp()))
    with sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 860, "height": 900})
        page.clock.install(time=0)
        page.goto(page_path.as_uri())
        page.clock.pause_at(10_000)
        film = Film(page)
        perform(film)
    film.save(PICTURE)
    kilobytes = PICTURE.stat().st_size / 1000
    print(f"{PICTURE.name}: {len(film.frames)} frames, {kilobytes:.0f} kB")


if __name__ == "__main__":
    main()

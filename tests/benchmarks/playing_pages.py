"""What pages that play cost: ``python -m tests.benchmarks.playing_pages PAGE ...``.

For each page its size, as a file and compressed, and at two widths of the screen how
long it takes until the first dot moves, and how many frames a second each player draws:
of the requests, and of the lines.  Pages are opened from the file system, and scrolled
to each player, as a reader would.

``--make 03 06`` makes the pages of these notebooks first, and says how long that takes.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page

from tests.support.lab import chromium
from tests.support.made_pages import pages_of
from tests.support.notebook_tools import notebook

WIDTHS = (1280, 390)
HEIGHT = 844
STARTS = 3
"""How often a page is opened, to take the median."""
SECONDS = 2.0
"""For how long frames are counted."""
PATIENCE = 10_000
"""Milliseconds in which the first dot must move."""

COUNT_FRAMES = """
const frames = new WeakMap();
let drawn = 0; // where the dots of this frame are, as one number
let before = 0;
const { arc, clearRect } = CanvasRenderingContext2D.prototype;
Object.assign(CanvasRenderingContext2D.prototype, {
  arc(x, y, ...rest) {
    drawn += x + 7 * y;
    return arc.call(this, x, y, ...rest);
  },
  clearRect(...area) {
    frames.set(this.canvas, (frames.get(this.canvas) ?? 0) + 1);
    return clearRect.apply(this, area);
  },
});
function compare() {
  if (before && drawn && drawn !== before) window.moved ??= performance.now();
  if (drawn) before = drawn;
  drawn = 0;
  requestAnimationFrame(compare);
}
requestAnimationFrame(compare);
window.framesOf = (canvas) => frames.get(canvas) ?? 0;
"""
"""Notes when a dot has moved, and how often each canvas was drawn."""

Frames = dict[str, float]
"""Frames a second by ".ifl-flow" and ".ifl-lines"; what is not there is left out."""


class Size(NamedTuple):
    """Kilobytes of a page."""

    raw: float
    compressed: float

    def __str__(self) -> str:
        return f"{self.raw:.0f} kB, {self.compressed:.0f} kB compressed"


def size_of(path: Path) -> Size:
    """How large it is as a file, and as a web server would send it."""
    content = path.read_bytes()
    return Size(len(content) / 1000, len(gzip.compress(content)) / 1000)


@contextmanager
def opened(browser: Browser, path: Path, width: int) -> Iterator[Page]:
    """The page, scrolled to its first player."""
    page = browser.new_page(viewport={"width": width, "height": HEIGHT})
    page.add_init_script(COUNT_FRAMES)
    page.goto(path.resolve().as_uri(), wait_until="commit")
    page.wait_for_selector("inflight-run.ifl-plays")
    scroll_to(page.locator("inflight-run").first)
    yield page
    page.close()


def scroll_to(player: Locator) -> None:
    """To where a reader would have it: at the top of the screen."""
    player.evaluate("player => player.scrollIntoView()")


def first_move(browser: Browser, path: Path, width: int) -> float:
    """Milliseconds until a dot moves, from when the page is asked for."""
    found = []
    for _ in range(STARTS):
        with opened(browser, path, width) as page:
            page.wait_for_function("window.moved", timeout=PATIENCE)
            found.append(page.evaluate("window.moved"))
    return statistics.median(found)


def frames_of(player: Locator) -> Frames:
    """What it draws while it plays; of several lanes, the mean of one."""
    scroll_to(player)
    found = {}
    for kind in (".ifl-flow", ".ifl-lines"):
        canvas = player.locator(f"{kind} canvas").locator("visible=true")
        if canvas.count():
            found[kind] = frames_a_second(canvas)
    return found


def frames_a_second(canvas: Locator) -> float:
    """How often each of them is drawn."""
    count = "all => [performance.now(), all.reduce((sum, c) => sum + framesOf(c), 0)]"
    began, before = canvas.evaluate_all(count)
    canvas.page.wait_for_timeout(1000 * SECONDS)
    ended, after = canvas.evaluate_all(count)
    return float(1000 * (after - before) / (ended - began) / canvas.count())


def measure(browser: Browser, path: Path) -> None:
    """Print what a page costs."""
    print(f"{path.name}: {size_of(path)}")
    for width in WIDTHS:
        moved = first_move(browser, path, width)
        print(f"  {width} wide: the first dot moves after {moved:.0f} ms")
        with opened(browser, path, width) as page:
            for number, player in enumerate(page.locator("inflight-run").all()):
                print(f"    player {number}: {in_words(frames_of(player))}")


def in_words(frames: Frames) -> str:
    """Frames a second of each kind."""
    words = [f"{kind[5:]} {rate:.0f}" for kind, rate in frames.items()]
    return f"{', '.join(words)} frames a second"


def make(number: str, out: Path) -> Path:
    """The page of this notebook; prints how long it took."""
    began = time.perf_counter()
    (page,) = pages_of([notebook(number)], out / number, live=lambda *_: "")
    print(f"{page.name}: made in {time.perf_counter() - began:.0f} s", flush=True)
    return page


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.playing_pages")
    parser.add_argument("pages", nargs="*", type=Path)
    parser.add_argument("--make", nargs="+", default=[], metavar="03")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as out, chromium() as browser:
        made = [make(number, Path(out)) for number in asked.make]
        for page in [*asked.pages, *made]:
            measure(browser, page)


if __name__ == "__main__":
    main()

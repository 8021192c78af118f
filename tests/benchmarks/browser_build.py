"""What the browser build weighs and how quick it is.

``python -m tests.benchmarks.browser_build SITE``, where SITE is a folder that
``inflight-lab site`` has made.  Chromium with an empty profile, a plain file server on
loopback, and notebook 03, which shows a plot and a panel.  Start it on a quiet machine.
"""

from __future__ import annotations

import argparse
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

from tests.support.javascript import Functions
from tests.support.lab import PanelOnPage, chromium, run_all
from tests.support.lite import PageKernel, chromium_without_internet

NOTEBOOK = "notebooks/03_limit_with_a_semaphore.ipynb"
AT_50_A_SECOND = """
await asyncio.sleep(1)
server.latency, server.quota = 0.2, "none"
panel.limit, panel.count = 10, 5000
"""
FRAMES = "Number(document.querySelector('.ifl-panel .ifl-lane').dataset.frames)"


class Counting(SimpleHTTPRequestHandler):
    """Serves files and counts their bytes."""

    protocol_version = "HTTP/1.1"
    sent = 0

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send one file."""
        Counting.sent += Path(source.name).stat().st_size
        super().copyfile(source, outputfile)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def first_plot(page: Page, address: str) -> float:
    """Seconds from the address to a live plot, with Run All pressed at once."""
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    run_all(page)
    page.wait_for_selector(".ifl-lane[data-live=true]", timeout=120_000)
    return time.perf_counter() - begun


def slider_to_in_flight(panel: PanelOnPage) -> float:
    """Milliseconds from a key on the slider to as many in flight on the page."""
    milliseconds = panel.page.evaluate(Functions("delays.js")["sliderToInFlight"])
    return float(milliseconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site.resolve()
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"site: {size / 1e6:.1f} MB")
    address = f"{serve(site)}/live/lab/index.html?path={NOTEBOOK}"
    with (
        chromium() as usual,
        chromium_without_internet(usual.browser_type) as (browser, _),
    ):
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        print(f"first live plot, cold: {first_plot(page, address):.1f} s")
        print(f"transferred by then: {Counting.sent / 1e6:.1f} MB")
        Counting.sent = 0
        print(f"first live plot, reloaded: {first_plot(page, address):.1f} s")
        print(f"transferred by then: {Counting.sent / 1e6:.1f} MB")
        measure_panel(page)


def serve(site: Path) -> str:
    """Serve the site until the script ends; its address."""
    handler = partial(Counting, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def measure_panel(page: Page) -> None:
    """Frames and slider of a panel while 50 requests a second fly."""
    page.wait_for_selector(".ifl-panel", timeout=120_000)
    kernel = PageKernel(page)
    kernel.run("panel.stop()")
    panel = PanelOnPage(page)
    panel.plot = page.locator(".ifl-panel .ifl-lane")
    panel.plot.scroll_into_view_if_needed()
    kernel.run(AT_50_A_SECOND)
    kernel.run("panel.start()")
    page.wait_for_selector(".ifl-panel .ifl-lane[data-live=true]")
    began = time.perf_counter()
    frames = page.evaluate(FRAMES)
    started = kernel.value("server.stats().started")
    page.wait_for_timeout(5000)
    seconds = time.perf_counter() - began
    updates = (page.evaluate(FRAMES) - frames) / seconds
    requests = (kernel.value("server.stats().started") - started) / seconds
    print(f"panel: {updates:.0f} painted updates/s at {requests:.0f} requests/s")
    moves = [slider_to_in_flight(panel) for _ in range(20)]
    print(f"slider to number in flight: median {median(moves):.0f} ms,", end=" ")
    print(f"longest {max(moves):.0f} ms")


if __name__ == "__main__":
    main()

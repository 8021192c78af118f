"""What the browser build weighs and how quick it is: ``python -m tests.benchmarks.browser_build SITE``.

SITE is a folder that ``inflight-lab site`` has made.  Chromium with an empty profile, a
plain file server on loopback, and notebook 03, which shows a plot and a panel.  Start
it on a quiet machine.
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

from tests.support.lab import PanelOnPage, chromium, run_all
from tests.support.lite import PageKernel, chromium_without_internet

NOTEBOOK = "notebooks/03_limit_with_a_semaphore.ipynb"
PANEL = """
server.latency, server.quota = 0.2, "none"
panel = Panel(make_many_requests, server=server, count=5000, limit=10, max_count=5000)
panel.start()
"""
FRAMES = "Number(document.querySelector('.ifl-panel .inflight-lab').dataset.frames)"


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
    """Seconds from the address to a live plot, by a person who presses Run All as soon
    as it is there.
    """
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    run_all(page)
    page.wait_for_selector(".inflight-lab[data-live=true]", timeout=120_000)
    return time.perf_counter() - begun


def slider_to_in_flight(panel: PanelOnPage) -> float:
    """Milliseconds from a key on the slider to the number in flight that it asks for,
    on the page.
    """
    return panel.page.evaluate(
        """async () => {
            const plot = document.querySelector(".ifl-panel .inflight-lab");
            const knob = document.querySelector(".ifl-panel input[name=limit]");
            const begun = performance.now(), wanted = knob.value > 25 ? 1 : Number(knob.value) + 5;
            knob.value = wanted;
            knob.dispatchEvent(new Event("input"));
            while (Number(plot.dataset.inFlight) !== wanted) {
                if (performance.now() - begun > 5000) return -1;
                await new Promise(requestAnimationFrame);
            }
            return performance.now() - begun;
        }"""
    )


def main() -> None:
    """Run this module as a script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site.resolve()
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"site: {size / 1e6:.1f} MB")
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Counting, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/lab/index.html?path={NOTEBOOK}"
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


def measure_panel(page: Page) -> None:
    """Frames and slider of a panel while 50 requests a second fly."""
    page.wait_for_selector(".ifl-panel", timeout=120_000)
    kernel = PageKernel(page)
    kernel.run("panel.stop()")
    panel = PanelOnPage(page)
    panel.plot = page.locator(".ifl-panel .inflight-lab")
    panel.plot.scroll_into_view_if_needed()
    kernel.run(
        "await asyncio.sleep(1)\npanel.limit = 10\nserver.latency, server.quota = 0.2, 'none'"
    )
    kernel.run("panel.count = 5000\npanel.start()")
    page.wait_for_selector(".ifl-panel .inflight-lab[data-live=true]")
    began, frames = time.perf_counter(), page.evaluate(FRAMES)
    started = kernel.value("server.stats().started")
    page.wait_for_timeout(5000)
    spent = time.perf_counter() - began
    rate = (kernel.value("server.stats().started") - started) / spent
    print(
        f"panel: {(page.evaluate(FRAMES) - frames) / spent:.0f} painted updates/s at {rate:.0f} requests/s"
    )
    moves = sorted(slider_to_in_flight(panel) for _ in range(20))
    print(
        f"slider to number in flight: median {median(moves):.0f} ms, longest {moves[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()

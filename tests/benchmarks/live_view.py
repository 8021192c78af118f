"""How fast the panel answers in JupyterLab in Chromium, and what the plot costs the event loop.

``python -m tests.benchmarks.live_view [PYTHON]``, where PYTHON has another ipykernel installed.
Prints: milliseconds from a key on the limit's slider to another number of requests in flight on the
page (ten times up, ten times down); frames painted a second; the loop's lag with and without the plot,
at 50 requests a second and at full speed.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.lab import Lab, PanelOnPage, chromium, run_all

SET_UP = """
import asyncio, json, time
from pathlib import Path
from inflight_lab import Panel, PracticeServer, Timeline
from inflight_lab.run import Run
from inflight_lab.runners import semaphore
server = PracticeServer(latency=2, seed=1).start()
panel = Panel(semaphore.make_many_requests, server=server, count=1000, limit=5, max_count=5000, max_limit=100)
panel
"""
LAG = """
async def lag_during(run):
    lags, task = [], asyncio.ensure_future(run)
    while not task.done():
        begin = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(1000 * (time.perf_counter() - begin - 0.005))
    lags.sort()
    return {"p50": lags[len(lags) // 2], "p95": lags[len(lags) * 95 // 100], "max": lags[-1]}

async def measure():
    found = {}
    for name, latency, limit, count in (("50 a second", 0.2, 10, 400), ("full speed", 0.05, 100, COUNT)):
        server.latency, panel.limit_slider.value, panel.count_slider.value = latency, limit, count
        await asyncio.sleep(0.5)
        found[name + ", with the plot (ms)"] = await lag_during(panel.start())
        await asyncio.sleep(0.5)
        bare = Run(semaphore.make_many_requests, server.url, count, limit=limit, timeline=Timeline())
        found[name + ", without (ms)"] = await lag_during(bare.outcomes())
    Path("lag.json").write_text(json.dumps(found))

measuring = asyncio.ensure_future(measure())
""".replace("COUNT", "5000")

ANSWER = """
(key) => new Promise((answered) => {
    const plot = document.querySelector(".inflight-lab"), knob = document.activeElement;
    const before = plot.dataset.inFlight;
    const begin = performance.now();
    new MutationObserver((_, observer) => {
        if (plot.dataset.inFlight === before) return;
        observer.disconnect();
        answered(performance.now() - begin);
    }).observe(plot, { attributes: true });
    const keyCode = key === "ArrowRight" ? 39 : 37;
    knob.dispatchEvent(new KeyboardEvent("keydown", { key, code: key, keyCode, bubbles: true }));
})
"""


def slider_delays(page: Page, panel: PanelOnPage) -> dict[str, list[float]]:
    """Milliseconds from key to a changed number in flight, on a plateau with requests waiting."""
    panel.press("Run")
    panel.expect(in_flight=5)
    delays: dict[str, list[float]] = {"ArrowRight": [], "ArrowLeft": []}
    for key in ["ArrowRight"] * 10 + ["ArrowLeft"] * 10:
        panel.expect(in_flight=panel.number("limit"))
        panel.limit.focus()
        delays[key].append(page.evaluate(ANSWER, key))
    panel.press("Stop")
    panel.status("stopped")
    return delays


def main() -> None:
    """Measure and print."""
    with closing(Lab(Path(tempfile.mkdtemp()))) as lab, chromium() as browser:
        measure(lab, browser)


def measure(lab: Lab, browser: Browser) -> None:
    """All figures, on standard output."""
    kernel = "python3"
    if len(sys.argv) > 1:
        lab.add_kernel(kernel := "other", sys.argv[1])
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    lab.open(page, lab.write("live_view.ipynb", SET_UP, kernel=kernel))
    run_all(page)
    panel = PanelOnPage(page)
    panel.plot.wait_for(timeout=60_000)
    for key, delays in slider_delays(page, panel).items():
        print(f"{key}: median {statistics.median(delays):.0f} ms, worst {max(delays):.0f} ms")
    lab.open(page, lab.write("lag.ipynb", SET_UP, LAG, kernel=kernel))
    run_all(page)
    for name, limit in (("50 requests a second", 10), ("full speed", 100)):
        panel.expect(live=True, limit=limit, timeout=60_000)
        first = panel.number("frames")
        page.wait_for_timeout(3000)
        print(f"painted at {name}: {(panel.number('frames') - first) / 3:.0f} frames a second")
    found = lab.notebooks / "lag.json"
    while not found.exists():
        page.wait_for_timeout(200)
    for name, figures in json.loads(found.read_text()).items():
        print(f"{name}: " + ", ".join(f"{key} {value:.1f}" for key, value in figures.items()))


if __name__ == "__main__":
    main()

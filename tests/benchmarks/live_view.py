"""How fast the panel answers in a browser, and what the plot costs the event loop.

``python -m tests.benchmarks.live_view`` prints, for JupyterLab and this environment's
kernel: milliseconds from a key on the limit's slider to one more request in flight on
the page; frames a second; the loop's lag with and without the plot, at 50
requests a second and for 10,000 at full speed.

``--matrix`` prints the slider's figures for every front end and kernel, as a table,
also while a cell awaits and after it; it installs the older kernels.  ``--fronts
notebook --kernels ipykernel-7.0``, for example, prints that line of it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.support.browser import KERNELS, ROOT, USUAL, make_environment
from tests.support.javascript import Functions
from tests.support.lab import FRONTS, Lab, PanelOnPage, chromium, run_all

SET_UP = """
import asyncio, json, time
from pathlib import Path
from inflight_lab import Panel, PracticeServer, Timeline
from inflight_lab.engine.execution import Execution
from inflight_lab.runners import semaphore
server = PracticeServer(latency=2, seed=1).start()
panel = Panel(
    semaphore.make_many_requests, server=server,
    count=1000, max_count=10_000, limit=5,
)
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
    p50, p99 = lags[len(lags) // 2], lags[len(lags) * 99 // 100]
    return {"p50": p50, "p99": p99, "max": lags[-1]}

def bare_run(count, limit):
    run = semaphore.make_many_requests
    return Execution(run, server.url, count, limit=limit, timeline=Timeline())

async def lags_of(latency, limit, count):
    # By turns, because what else the machine does comes and goes.
    server.latency, panel.limit, panel.count = latency, limit, count
    pairs = []
    for _ in range(3):
        await asyncio.sleep(0.5)
        plotted = await lag_during(panel.start())
        await asyncio.sleep(0.5)
        pairs.append([plotted, await lag_during(bare_run(count, limit).run())])
    return pairs

async def measure():
    found = {
        "50 a second": await lags_of(0.2, 10, 400),
        "full speed": await lags_of(0.05, 100, 10_000),
    }
    Path("lag.json").write_text(json.dumps(found))

measuring = asyncio.ensure_future(measure())
"""

AWAITED = """
import asyncio
from pathlib import Path
Path("awaiting").touch()
while Path("awaiting").exists():
    await asyncio.sleep(0.05)
print("cell ended")
"""
FRAMES = """() => new Promise((counted) => {
  let frames = 0;
  const begin = performance.now();
  const count = () => {
    frames += 1;
    const seconds = (performance.now() - begin) / 1000;
    if (seconds > 3) counted(frames / seconds);
    else requestAnimationFrame(count);
  };
  count();
})"""
Lag = dict[str, float]
"""Milliseconds by "p50", "p99" and "max"."""
PATIENCE = 3000
"""Milliseconds after which a key counts as not answered."""


def slider_delays(page: Page, panel: PanelOnPage) -> list[float]:
    """Milliseconds from key to one more in flight, twenty times; empty if one fails.

    Up only: one fewer are in flight as soon as a request ends, whatever the panel does.
    """
    panel.expect(live=True)
    delays: list[float] = []
    for _ in range(20):
        panel.expect(in_flight=round(float(panel.limit.input_value())))
        panel.limit.focus()
        delay = page.evaluate(Functions("delays.js")["stepToChange"], PATIENCE)
        if delay is None:
            return []
        delays.append(delay)
    return delays


def in_words(delays: list[float]) -> str:
    """Median and worst of them."""
    if not delays:
        return "at its end"
    return f"{statistics.median(delays):.0f} / {max(delays):.0f}"


def line(lab: Lab, browser: Browser, kernel: str) -> str:
    """A line of the table: a run by button, one while a cell awaits, and after that."""
    name = f"{kernel}.ipynb"
    with opened(browser) as page:
        lab.open(page, lab.write(name, SET_UP, kernel=kernel))
        run_all(page)
        pressed = run_by_button(page, panel_on(page))
    with opened(browser) as page:
        started = SET_UP.replace("\npanel\n", "\npanel.start()\npanel\n")
        lab.open(page, lab.write(f"awaited-{name}", started, AWAITED, kernel=kernel))
        run_all(page)
        panel = panel_on(page)
        awaited = slider_delays(page, panel)
        (lab.notebooks / "awaiting").unlink()
        page.get_by_text("cell ended", exact=True).wait_for()
        after = slider_delays(page, panel)
    return row(lab.front, kernel, in_words(pressed), in_words(awaited), in_words(after))


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def run_by_button(page: Page, panel: PanelOnPage) -> list[float]:
    """The delays in a run that is started with Run and ended with Stop."""
    panel.press("Run")
    delays = slider_delays(page, panel)
    panel.press("Stop")
    panel.expect_end()
    return delays


def panel_on(page: Page) -> PanelOnPage:
    """The panel, once it is there."""
    panel = PanelOnPage(page)
    panel.plot.wait_for(timeout=60_000)
    return panel


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A page for one measurement."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    yield page
    page.close()


def matrix(browser: Browser, kernels: list[str], fronts: list[str]) -> None:
    """The table of slider delays: median / worst in milliseconds."""
    pythons: dict[str, str] = {}
    for kernel in kernels:
        if kernel != USUAL.kernel:
            version = kernel.replace("-", "==") + ".*"
            folder = Path(tempfile.mkdtemp())
            pythons[kernel] = str(
                make_environment(folder, "-e", f"{ROOT}[lab]", version)
            )
    print(
        row("front end", "kernel", "run by button", "while a cell awaits", "after it")
    )
    print("|---|---|---|---|---|")
    for front in fronts:
        with closing(Lab(Path(tempfile.mkdtemp()), front)) as lab:
            for name, python in pythons.items():
                lab.add_kernel(name, python)
            for kernel in kernels:
                print(line(lab, browser, kernel), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.live_view")
    parser.add_argument(
        "--matrix", action="store_true", help="the slider in every front end"
    )
    parser.add_argument("--kernels", nargs="+", default=KERNELS)
    parser.add_argument("--fronts", nargs="+", default=list(FRONTS), choices=FRONTS)
    asked = parser.parse_args()
    with chromium() as browser:
        if asked.matrix:
            matrix(browser, asked.kernels, asked.fronts)
        else:
            with closing(Lab(Path(tempfile.mkdtemp()))) as lab:
                measure(lab, browser)


def measure(lab: Lab, browser: Browser) -> None:
    """All figures, on standard output."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    lab.open(page, lab.write("live_view.ipynb", SET_UP))
    run_all(page)
    panel = panel_on(page)
    delays = run_by_button(page, panel)
    print(f"key to in flight: {in_words(delays)} ms (median / worst)")
    lab.open(page, lab.write("lag.ipynb", SET_UP, LAG))
    run_all(page)
    measure_frames(page)
    found = lab.notebooks / "lag.json"
    while not found.exists():
        page.wait_for_timeout(200)
    print_lags(json.loads(found.read_text()))


def measure_frames(page: Page) -> None:
    """How many frames a second the page has in each of the two runs."""
    for name, limit in (("50 requests a second", 10), ("full speed", 100)):
        page.wait_for_selector(
            f"[data-live=true][data-limit='{limit}']", timeout=120_000
        )
        frames = page.evaluate(FRAMES)
        print(f"frames at {name}: {frames:.0f} a second")


def print_lags(found: dict[str, list[tuple[Lag, Lag]]]) -> None:
    """The loop's lag in runs with the plot and without it, by turns."""
    for name, pairs in found.items():
        for key in ("p50", "p99", "max"):
            each = [f"{plotted[key]:.1f} / {bare[key]:.1f}" for plotted, bare in pairs]
            more = statistics.median(
                plotted[key] - bare[key] for plotted, bare in pairs
            )
            print(f"{name}, lag {key}, with the plot / without (ms):", ", ".join(each))
            print(f"  median difference {more:.1f}")


if __name__ == "__main__":
    main()

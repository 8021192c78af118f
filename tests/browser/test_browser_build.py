"""The browser build: made by the README's command, and its notebooks run as files on a
server.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from tests.support.browser import IN_BROWSER, Pages, lite, watched
from tests.support.browser.lab import SCHOOL, PanelOnPage, firefox, press_run_all
from tests.support.children import served
from tests.support.notebooks.notebook_tools import (
    NOTEBOOKS,
    QUESTIONS,
    exercises,
    load,
    notebook,
    without_code,
)
from tests.support.notebooks.run_all import Ran, expect_done, expect_shown
from tests.support.notebooks.shows import looking_at

pytestmark = IN_BROWSER
full = pytest.mark.full
nightly = pytest.mark.nightly

RUN_ALL = 300.0
"""Seconds: met by a hang, not by a busy machine.  The promise is 30 on an idle one."""
WITH_SLIDER = notebook("03")
LONG_RUN = "server.latency = 2\npanel.count = 1000\npanel.start()"
TAKES_THREADS = ("check_paced_threads",)
NEEDS_THREADS = """
from inflight_lab.lesson.exercises import scale
await scale.check_paced_threads(None)
"""
WITHOUT_THREADS = "Not yet: a page in a browser has one thread only"
DRAWN = """(count) => [...document.querySelectorAll(".jp-MarkdownCell img")]
  .filter((drawing) => drawing.naturalWidth > 0).length >= count"""
TOUR = [path for path in [*NOTEBOOKS, QUESTIONS] if path != WITH_SLIDER]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once, with the whole series to run, but no code on its pages."""
    if missing := lite.missing():
        pytest.skip(f"there is no {', no '.join(missing)}")
    notebooks = without_code(tmp_path_factory.mktemp("notebooks"))
    folder = tmp_path_factory.mktemp("www") / "series"
    lite.build(folder, notebooks)
    return folder


def begin(pages: Pages, address: str, path: Path) -> Page:
    """Open a notebook and press Run All as soon as it is there; in a window that no
    other page hides.
    """
    page = pages.open()
    lite.show_notebook(page, address, f"notebooks/{path.name}")
    lite.PageKernel(page).run_first(looking_at(path))
    press_run_all(page)
    return page


def ran_in(page: Page, path: Path) -> Ran:
    """The notebook after Run All: every cell has ended, and so has the panel's run."""
    ran = Ran(path, lite.PageKernel(page), lite.cells(page, within=RUN_ALL))
    expect_shown(ran)
    expect_done(ran)
    return ran


@pytest.fixture(scope="module")
def tour(site: Path) -> Iterator[str]:
    """The site in a school's network: under a path, over plain http, where browsers
    permit a page less.
    """
    with served(site.parent) as address:
        yield address.replace("127.0.0.1", SCHOOL) + f"/{site.name}/live"


@nightly
@pytest.mark.parametrize("path", TOUR, ids=lambda path: path.stem)
def test_notebook_runs_to_its_end(path: Path, tour: str, pages: Pages) -> None:
    """Run All shows what it shows on a computer, drawings too; and the folded solutions
    are correct here as well.
    """
    page = begin(pages, tour, path)
    with page.context:  # closed whatever comes: a page left open slows all that follow
        first, *_ = load(path).cells
        page.wait_for_function(DRAWN, arg=first.source.count("!["))
        ran = ran_in(page, path)
        expect_solutions_correct(ran)


def expect_solutions_correct(ran: Ran) -> None:
    """Each exercise takes its solution; those that need threads say that there are
    none.
    """
    here = [exercise for exercise in exercises() if exercise.notebook == ran.path]
    for exercise in here:
        verdict = ran.kernel.run(f"{exercise.solution}\n{exercise.check_line}")
        expected = "Correct: "
        if exercise.check in TAKES_THREADS:
            expected = WITHOUT_THREADS
        assert verdict.text.startswith(expected), verdict


def expect_plateau_to_follow(ran: Ran, page: Page) -> None:
    """A long run is drawn, a drag to the middle changes the number in flight, and Stop
    ends it.
    """
    assert ran.kernel.run(LONG_RUN).status == "ok"
    panel = PanelOnPage(page)
    panel.limit.scroll_into_view_if_needed()
    panel.expect(live=True, in_flight=3)
    limit = panel.drag(0.5)
    assert 20 <= limit <= 30
    panel.expect(limit=limit, in_flight=limit)
    panel.press("Stop")
    panel.expect_end()


@full
def test_slider_moves_the_plateau(site: Path, pages: Pages) -> None:
    """At a root: the landing page's link leads to the first notebook; in 03 a drag
    changes the number in flight, and what needs threads says that there are none.
    """
    with served(site) as address:
        page = pages.open()
        page.goto(address)
        page.get_by_role("link", name="Open the notebooks in this browser").click()
        page.wait_for_url(
            "**/live/lab/index.html?path=notebooks/00_start_here.ipynb",
            timeout=lite.BOOT,
        )
        page.context.close()
        page = begin(pages, f"{address}/live", WITH_SLIDER)
        with page.context:
            ran = ran_in(page, WITH_SLIDER)
            expect_solutions_correct(ran)
            verdict = ran.kernel.run(NEEDS_THREADS)
            assert verdict.text.startswith(WITHOUT_THREADS), verdict
            expect_plateau_to_follow(ran, page)


@nightly
def test_slider_moves_the_plateau_in_firefox(
    site: Path, playwright: Playwright
) -> None:
    """Also without JSPI, which not every Firefox has."""
    with (
        served(site) as address,
        firefox(playwright, **{lite.JSPI: False}) as browser,
        watched(browser) as pages,
    ):
        page = begin(pages, f"{address}/live", WITH_SLIDER)
        assert not page.evaluate("'Suspending' in WebAssembly")
        expect_plateau_to_follow(ran_in(page, WITH_SLIDER), page)

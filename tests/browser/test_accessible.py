"""Every page of the package can be read by everybody: the checker axe finds nothing
serious, and nothing is wider than the window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import nbformat
import pytest
from playwright.sync_api import Page, expect

from inflight_lab import ClassRoom
from tests.support.accessible import serious_findings
from tests.support.browser import IN_BROWSER
from tests.support.lab import PanelOnPage
from tests.support.landing import make_landing_page
from tests.support.made_pages import pages_of
from tests.support.panel_page import PANEL, open_panel
from tests.support.watching import SCRIPTS, watch

pytestmark = IN_BROWSER
Look = Callable[[], None]
"""Looks at the page in every theme and width."""
Theme = Literal["light", "dark"]
UseTheme = Callable[[Page, Theme], None]
THEMES: tuple[Theme, ...] = ("light", "dark")
WITH_GOALS = (
    "limit=3, goals={'no 429': lambda stats: stats.refused == 0,"
    " 'never': lambda stats: False})"
)

TEXT = """# A title

A [link](https://example.com), `code`, and a list:

- *one*
- **two**

| a | b |
|---|---|
| 1 | 2 |
"""
CODE = """\
import asyncio  # with a comment
from inflight_lab import LivePlot, PracticeServer
from inflight_lab.exercises.check import verdict_on
from inflight_lab.runners import naive
server = PracticeServer(latency=0.01).start()
plot = LivePlot(server)
display(plot, verdict_on(f"{1 + 1} in flight."))
with plot:
    await naive.make_many_requests(server.url, 3)
print("done")
"""


def static_page(page: Page, look: Look, request: pytest.FixtureRequest) -> None:
    """A notebook as a page, with all that such a page may have."""
    folder = request.getfixturevalue("tmp_path")
    cells = [nbformat.v4.new_markdown_cell(TEXT), nbformat.v4.new_code_cell(CODE)]
    notebook = folder / "notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    live = "<a href='.'>live</a>"
    (made,) = pages_of([notebook], folder, live=lambda *_: live)
    page.goto(made.as_uri())
    expect(page.locator("inflight-run.ifl-plays")).to_have_count(1)
    look()


def landing(page: Page, look: Look, request: pytest.FixtureRequest) -> None:
    """The page where strangers arrive."""
    page.goto(make_landing_page(request.getfixturevalue("tmp_path")).as_uri())
    look()


def watch_page(page: Page, look: Look, request: pytest.FixtureRequest) -> None:
    """The page that ``watch`` writes: the run, and what was said."""
    path = request.getfixturevalue("tmp_path") / "watch.html"
    watch(
        "--page",
        path,
        "--practice",
        "5/s",
        SCRIPTS / "too_fast.py",
        "https://a.example",
    )
    page.goto(path.as_uri())
    expect(page.locator("inflight-run.ifl-plays")).to_have_count(1)
    look()


def phone_of_a_class(page: Page, look: Look, request: pytest.FixtureRequest) -> None:
    """The page from which a student sends."""
    with ClassRoom(address="127.0.0.1", port=0, quota="none", latency=0.01) as room:
        page.goto(room.url)
        page.get_by_text("Send one").click()
        expect(page.get_by_text("200 OK after")).to_be_visible()
        page.get_by_text("What the API answered").click()
        look()


def wall_of_a_class(page: Page, look: Look, request: pytest.FixtureRequest) -> None:
    """The page for the projector, before anybody has come, and after."""
    with ClassRoom(address="127.0.0.1", port=0, latency=60) as room:
        page.goto(room.wall)
        expect(page.get_by_text("Scan the code")).to_be_visible()
        look()
        phone = request.getfixturevalue("new_page")()
        phone.goto(room.url)
        phone.get_by_text("Send 20").click()
        expect(page.get_by_role("listitem")).to_have_count(1)
        look()
        for each in (page, phone):  # they would say that their server has ended
            each.goto("about:blank")


def panel_in_lab(page: Page, look: Look, request: pytest.FixtureRequest) -> None:
    """The panel in JupyterLab, with a goal that is met and one that is missed."""
    lab = request.getfixturevalue("lab")
    panel = open_panel(lab, page, "axe", PANEL.replace("limit=3)", WITH_GOALS))
    look_before_during_and_after(panel, look)


def look_before_during_and_after(panel: PanelOnPage, look: Look) -> None:
    """At rest, in a run, and when it has ended."""
    look()
    panel.press("Run")
    panel.expect(in_flight=3)
    look()
    panel.press("Stop")
    panel.expect_end()
    look()


def prefer(page: Page, theme: Theme) -> None:
    """What the browser says that its person likes."""
    page.emulate_media(color_scheme=theme)


def use_in_lab(page: Page, theme: Theme) -> None:
    """Change the theme of a JupyterLab that is open."""
    page.evaluate(
        "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })",
        f"JupyterLab {theme.capitalize()}",
    )


class Case(NamedTuple):
    """A page, and how to look at it."""

    visit: Callable[[Page, Look, pytest.FixtureRequest], None]
    plot: str = ""
    """The class of its plots, which follow the theme; "" if it has none."""
    part: str | None = None
    """What of it is ours; None if all is."""
    widths: tuple[int, ...] = (390, 1280)
    use_theme: UseTheme = prefer


CASES = [
    Case(landing, widths=(390, 768, 1280)),
    Case(static_page),
    Case(watch_page),
    Case(phone_of_a_class),
    Case(wall_of_a_class),
    Case(
        panel_in_lab,
        plot=".ifl-panel",
        part=".ifl-panel",
        widths=(1280,),
        use_theme=use_in_lab,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.visit.__name__)
def test_everybody_can_read_it(
    case: Case, page: Page, request: pytest.FixtureRequest
) -> None:
    """In the light and in the dark, on a phone and on a desk."""

    def look() -> None:
        for theme in THEMES:
            case.use_theme(page, theme)
            if case.plot:
                dark = page.locator(f"{case.plot}.ifl-dark")
                expect(dark).to_have_count(int(theme == "dark"))
            for width in case.widths:
                look_at(page, width, part=case.part)

    case.visit(page, look, request)


def look_at(page: Page, width: int, *, part: str | None) -> None:
    """Nothing is wider than the window, and nothing is seriously wrong."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    assert serious_findings(page, part) == []

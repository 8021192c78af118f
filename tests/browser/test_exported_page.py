"""A notebook that ``jupyter nbconvert`` made a page of, with the widget manager that
such pages load.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.browser import IN_BROWSER
from tests.support.npm import ANYWIDGET, NPM, unpack

pytestmark = [
    *IN_BROWSER,
    pytest.mark.skipif(
        not NPM and not os.environ.get("CI"), reason="there is no npm here"
    ),
]

CELLS = (
    "from inflight_lab import LivePlot, PracticeServer\n"
    "from inflight_lab.runners import semaphore\n"
    "server = PracticeServer(latency=0.01).start()\n"
    "plot = LivePlot(server)\n"
    "plot",
    "with plot:\n    responses = await semaphore.make_many_requests(server.url, 20)",
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a notebook with a plot and a run."""
    notebook = tmp_path_factory.mktemp("exported") / "plot.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]
        ),
        notebook,
    )
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--execute",
        "--to",
        "html",
        str(notebook),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return notebook.with_suffix(".html")


@pytest.fixture(scope="module")
def cdn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What an exported page loads from elsewhere, by a part of the address."""
    folder = tmp_path_factory.mktemp("npm")
    manager = unpack("@jupyter-widgets/html-manager@1", folder)
    return {
        "/require": unpack("requirejs@2", folder) / "require.js",
        "/html-manager": manager / "dist" / "embed-amd.js",
        "/anywidget": ANYWIDGET,
    }


@pytest.mark.parametrize("internet", [True, False], ids=["with internet", "without"])
def test_an_exported_page_shows_the_run(
    browser: Browser, exported: Path, cdn: dict[str, Path], internet: bool
) -> None:
    """The picture of the run is seen: a live view that hears from no kernel does not
    hide it.
    """

    def answer(route: Route) -> None:
        found = [file for part, file in cdn.items() if part in route.request.url]
        route.fulfill(
            path=found[0], content_type="text/javascript"
        ) if found and internet else route.abort()

    page = browser.new_page()
    page.route(re.compile("^https:"), answer)
    page.goto(exported.as_uri())
    if internet:
        page.locator(".ifl-plot").wait_for()
    expect(page.get_by_role("img", name="20 answered, 0 refused")).to_be_visible()
    page.close()

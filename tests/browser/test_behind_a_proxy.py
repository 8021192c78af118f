"""The panel on a student's server of a JupyterHub: under a prefix, behind a reverse proxy."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.browser import IN_BROWSER
from tests.support.lab import Lab, PanelOnPage, free_port, run_all
from tests.support.nginx import need_nginx, serving

pytestmark = IN_BROWSER

PREFIX = "/user/student/"
SETTINGS = """\
    map $http_upgrade $connection_upgrade {
        default upgrade;
        '' close;
    }"""
LOCATIONS = """\
        location {prefix} {{
            proxy_pass http://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
        location / {{
            return 404;
        }}"""
CELL = """
from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
server = PracticeServer(latency=0.5, seed=1).start()
panel = Panel(semaphore.make_many_requests, server=server, count=1000, limit=3)
panel
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With JupyterLab; on demand with Notebook 7 too."""
    metafunc.parametrize("front", ["lab"] + ["notebook"] * metafunc.config.getoption("--full"))


def test_the_panel_works_behind_a_proxy(tmp_path: Path, page: Page, front: str) -> None:
    """Run, drag and Stop; whatever the page asked for outside the prefix would be a 404 on the console."""
    need_nginx()
    lab, port = Lab(tmp_path / "lab", front, PREFIX), free_port()
    locations = LOCATIONS.format(prefix=PREFIX, port=lab.port)
    try:
        with serving(tmp_path, port, settings=SETTINGS, locations=locations):
            lab.address = f"http://127.0.0.1:{port}{PREFIX}"
            lab.open(page, lab.write("proxied.ipynb", CELL))
            run_all(page)
            panel = PanelOnPage(page)
            panel.plot.wait_for(timeout=60_000)
            panel.press("Run")
            panel.expect(in_flight=3, live=True)
            limit = panel.drag("limit", 0.6)
            panel.expect(limit=limit, in_flight=limit)
            panel.press("Stop")
            panel.status("stopped: 1000 outcomes")
            page.goto("about:blank")  # before its server goes away
    finally:
        lab.close()

"""The panel on a student's server of a JupyterHub: under a prefix, behind a reverse
proxy.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.browser import IN_BROWSER
from tests.support.children import free_port
from tests.support.lab import Lab
from tests.support.nginx import need_nginx, serving
from tests.support.panel_page import PANEL, open_panel

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With JupyterLab; on demand with Notebook 7 too."""
    metafunc.parametrize(
        "front", ["lab"] + ["notebook"] * metafunc.config.getoption("--full")
    )


def test_the_panel_works_behind_a_proxy(tmp_path: Path, page: Page, front: str) -> None:
    """Run, drag and Stop; whatever the page asked for outside the prefix would be a 404
    on the console.
    """
    need_nginx()
    lab = Lab(tmp_path / "lab", front, PREFIX)
    port = free_port()
    locations = LOCATIONS.format(prefix=PREFIX, port=lab.port)
    try:
        with serving(tmp_path, port, settings=SETTINGS, locations=locations):
            lab.address = f"http://127.0.0.1:{port}{PREFIX}"
            panel = open_panel(lab, page, "proxied", PANEL)
            panel.press("Run")
            panel.expect(in_flight=3, live=True)
            limit = panel.drag("limit", 0.6)
            panel.expect(limit=limit, in_flight=limit)
            panel.press("Stop")
            panel.expect_end()
            page.goto("about:blank")  # before its server goes away
    finally:
        lab.close()

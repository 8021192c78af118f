"""The panel in Firefox and in WebKit, by the same gestures as in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.driven_panel import DrivenPanel, driven, run_command
from tests.support.gestures import try_out
from tests.support.lab import HAS_KERNEL, Lab
from tests.support.panel_page import PANEL, SET_UP
from tests.support.webdriver import BROWSERS

pytestmark = pytest.mark.browser

FILLS_THE_SCREEN = """
const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
return document.fullscreenElement && middle.closest(".ifl-presented");
"""


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_panel_works_in_jupyterlab(
    browser: str, servers: Callable[[str], Lab], tmp_path: Path
) -> None:
    """It follows every gesture, fills the screen and leaves it, and its colours follow
    the theme.
    """
    lab = servers("lab")
    lab.use_theme("JupyterLab Dark")
    with driven(browser, tmp_path) as page:
        page.open(lab.where(lab.write(f"{browser}.ipynb", SET_UP, PANEL)))
        page.wait_for(HAS_KERNEL, within=90)
        run_command(page, "notebook:run-all-cells")
        panel = DrivenPanel(page)
        page.wait_for("return document.querySelector('.ifl-dark')")
        try_out(panel)
        panel.press("Present")
        page.wait_for(FILLS_THE_SCREEN)
        page.press("Escape")
        page.wait_for("return !document.fullscreenElement")
        page.wait_for("return !document.querySelector('.ifl-presented')")
        run_command(page, "apputils:change-theme", theme="JupyterLab Light")
        page.wait_for("return !document.querySelector('.ifl-dark')")

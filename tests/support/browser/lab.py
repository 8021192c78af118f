"""JupyterLab, Notebook and Chromium, for tests, benchmarks and pictures."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import (
    Browser,
    FloatRect,
    FrameLocator,
    Locator,
    Page,
    Playwright,
    expect,
)

from tests.support import children
from tests.support.children import free_port, listening

CHROMIUM = (
    shutil.which("chromium-headless-shell")  # opens a page with a fifth of the work
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
EVIL = "evil.example"
"""A name of this machine, for the tests' Chromium: a site of others."""
SCHOOL = "school.test"
"""Another, at which browsers do not trust a page ("secure context")."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other computer is found, so to ask one is an error.
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1, MAP {SCHOOL} 127.0.0.1, "
    "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
START_UP = 1000 * children.START_UP
"""Milliseconds for a kernel or a page to come up on a busy machine."""
PREFIX = "/user/student/"
"""The path that a server lives under, as a student's does on a JupyterHub: what a page
asks for outside of it is not found, which is an error on its console.
"""
FRONTS = {"lab": "lab/tree/{name}?reset", "notebook": "notebooks/{name}"}
"""By front end: where it shows a notebook."""
# The indicator says "idle" where there is no kernel as well, so look at its name too.
HAS_KERNEL = """
const dot = document.querySelector(".jp-Notebook-ExecutionIndicator");
const name = document.querySelector(".jp-Toolbar-kernelName")?.innerText.trim();
return dot?.dataset.status === "idle" && name && !/No Kernel/.test(name);
"""


class Lab:
    """A Jupyter server of its own, with settings, kernels and notebooks in ``folder``.

    ``front`` is one of FRONTS.
    """

    def __init__(self, folder: Path, front: str = "lab") -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.front = front
        self.notebooks.mkdir(parents=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}{PREFIX}"
        self._write_settings(
            "notification", {"fetchNews": "false", "checkForUpdates": False}
        )
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={self.notebooks}",
            f"--ServerApp.base_url={PREFIX}",
            "--LabApp.expose_app_in_browser=True",  # for its commands
        ]
        own = {
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        }
        self._server = ExitStack()
        serving = listening(command, self.port, folder, **own)
        self._process = self._server.enter_context(serving)

    def close(self) -> None:
        """End the server, which ends its kernels: dozens, each in its own time."""
        self._process.terminate()
        self._process.wait(children.START_UP)
        self._server.close()

    def add_kernel(self, name: str, python: str) -> None:
        """Offer the ipykernel of another Python as the kernel ``name``."""
        spec = self.folder / "data" / "kernels" / name
        spec.mkdir(parents=True, exist_ok=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.joinpath("kernel.json").write_text(
            json.dumps({"argv": argv, "display_name": name, "language": "python"})
        )

    def use_theme(self, theme: str) -> None:
        """For example "JupyterLab Dark", for pages that are opened from now on."""
        self._write_settings("themes", {"theme": theme})

    def write(self, name: str, *cells: str, kernel: str = "python3") -> str:
        """Write a notebook of code cells; returns its name.

        Give each test its own: a name keeps its kernel.
        """
        code_cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook = nbformat.v4.new_notebook(cells=code_cells)
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        notebook.metadata["kernelspec"] = spec
        nbformat.write(notebook, self.notebooks / name)
        return name

    def open(self, page: Page, name: str) -> None:
        """Open a notebook and wait until its kernel is there."""
        page.goto(self.address + FRONTS[self.front].format(name=name))
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START_UP)
        page.wait_for_function(f"() => {{ {HAS_KERNEL} }}", timeout=START_UP)

    def _write_settings(self, plugin: str, settings: dict[str, object]) -> None:
        folder = self.folder / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{plugin}.jupyterlab-settings").write_text(json.dumps(settings))


def chromium(playwright: Playwright) -> Browser:
    """A headless Chromium with an empty profile."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def firefox(playwright: Playwright, **preferences: Any) -> Browser:
    """The system's headless Firefox with an empty profile, driven by WebDriver BiDi."""
    if not FIREFOX:
        pytest.skip("there is no Firefox here (Debian: firefox-esr)")
    return playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=FIREFOX,
        firefox_user_prefs=preferences,
    )


def press_run_all(page: Page) -> None:
    """Run > Run All Cells, as a person does."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def run_all(page: Page) -> None:
    """Run All of a notebook whose kernel is there, until its first cell has begun: a
    page that is still being built loses a click.
    """
    first = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for _ in range(3):
        press_run_all(page)
        with suppress(AssertionError):
            expect(first).not_to_have_text("[ ]:", timeout=20_000)
            return
    raise AssertionError("no cell has begun to run")


def save(page: Page) -> None:
    """Save the notebook by its key, and wait until the server has it.

    The checkpoint comes last: before that, the front end ignores the key.
    """
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "checkpoints" in answer.url
    ) as checkpoint:
        page.keyboard.press("Control+s")
    checkpoint.value.finished()


def box_of(shown: Locator) -> FloatRect:
    """Where it is on the page, in pixels."""
    box = shown.bounding_box()
    assert box
    return box


class PanelOnPage:
    """The panel as a person meets it: buttons, sliders, and numbers to read.

    It is on ``page``, or in a ``frame`` of it.
    """

    def __init__(self, page: Page, frame: FrameLocator | None = None) -> None:
        self.page = page
        self.locator = (frame or page).locator
        self.plot = self.locator(".ifl-lane")
        self.limit = self.slider("limit")

    def slider(self, name: str) -> Locator:
        """The slider of one of the panel's settings: limit, count, latency, rate."""
        return self.locator(f".ifl-panel input[name={name}]")

    def press(self, button: str) -> None:
        """Click Run, Stop or Reset."""
        if button == "Reset":
            self.open_more()
        self.locator(".ifl-panel button", has_text=button).click()

    def open_more(self) -> None:
        """Show the settings that are not always on the page."""
        more = self.locator(".ifl-panel .ifl-more")
        if more.get_attribute("aria-expanded") == "false":
            more.click()

    def key(self, key: str) -> None:
        """Press a key on the limit's slider."""
        self.limit.focus()
        self.page.keyboard.press(key)

    def drag(self, share: float) -> int:
        """Drag the limit to ``share`` of its track; returns what its slider shows."""
        start, end = self.handle(), self.handle(share)
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=12)
        self.page.mouse.up()
        return round(float(self.limit.input_value()))

    def handle(self, share: float | None = None) -> tuple[float, float]:
        """Where the limit's handle is, or would be at ``share`` of its track."""
        self.limit.scroll_into_view_if_needed()
        if share is None:
            share = self.limit.evaluate(
                "({ min, max, value }) => (value - min) / (max - min)"
            )
        box = box_of(self.limit)
        style = "(slider) => getComputedStyle(slider).getPropertyValue('--thumb')"
        radius = float(self.limit.evaluate(style).removesuffix("px")) / 2
        track = box["width"] - 2 * radius
        return box["x"] + radius + share * track, box["y"] + box["height"] / 2

    def expect(self, **numbers: object) -> None:
        """Wait until the plot shows these numbers; ``in_flight`` is the server's."""
        for name, value in numbers.items():
            attribute = f"data-{name.replace('_', '-')}"
            expect(self.plot).to_have_attribute(attribute, str(value).lower())

    def number(self, name: str) -> int:
        """One of the plot's numbers, now."""
        return int(self.plot.get_attribute(f"data-{name.replace('_', '-')}") or 0)

    def expect_end(self) -> None:
        """Wait until nothing runs."""
        expect(self.locator(".ifl-panel .ifl-go").first).to_have_text("Run")

    def notice(self, text: str) -> Locator:
        """The line for what goes wrong, once it contains ``text``."""
        line = self.locator(".ifl-notice", has_text=text).first
        expect(line).to_be_visible()
        return line

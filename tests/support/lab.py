"""JupyterLab, Notebook and Chromium for the browser tests, and for the script of the
README's picture.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

CHROMIUM = (
    shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP evil.example 127.0.0.1",  # a foreign site, for the tests of safety
]
START_UP = 90_000
"""Milliseconds for a kernel or a page to come up on a busy machine."""
FRONTS = {"lab": "lab/tree/{name}?reset", "notebook": "notebooks/{name}"}
"""By front end: where it shows a notebook."""
# The indicator says "idle" while there is no kernel as well: look at the kernel's name
# too.
HAS_KERNEL = """
const dot = document.querySelector(".jp-Notebook-ExecutionIndicator");
const name = document.querySelector(".jp-Toolbar-kernelName")?.innerText.trim();
return dot?.dataset.status === "idle" && name && !/No Kernel/.test(name);
"""


class Lab:
    """A Jupyter server of its own, with settings, kernels and notebooks in ``folder``.

    ``front`` is one of FRONTS.  ``prefix`` is the path that it lives under, as a
    student's server does on a JupyterHub.
    """

    def __init__(self, folder: Path, front: str = "lab", prefix: str = "/") -> None:
        self.folder, self.notebooks, self.front = folder, folder / "notebooks", front
        self.notebooks.mkdir(parents=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}{prefix}"
        self._write_settings(
            "notification", {"fetchNews": "false", "checkForUpdates": False}
        )
        places = {
            f"JUPYTER_{name}_DIR": str(folder / name.lower())
            for name in ("CONFIG", "DATA", "RUNTIME")
        } | {
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}"),
                *(
                    "--IdentityProvider.token=",
                    f"--ServerApp.root_dir={self.notebooks}",
                ),
                *(
                    f"--ServerApp.base_url={prefix}",
                    "--ServerApp.disable_check_xsrf=True",
                ),  # for `ask`
            ],
            env=os.environ | places,
            stderr=self._log,
        )
        wait_until_up(self.address + "api", self._process, self.folder / "log")

    def close(self) -> None:
        """End the server and its kernels."""
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

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

    def use_subshells(self, use: bool) -> None:
        """Whether pages that are opened from now on send widget messages beside the
        running cell.
        """
        self._write_settings(
            "kernels-settings",
            {"commsOverSubshells": "perCommTarget" if use else "disabled"},
        )

    def write(self, name: str, *cells: str, kernel: str = "python3") -> str:
        """A notebook of code cells; returns its name.  Give each test its own: a name
        keeps its kernel.
        """
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
        )
        notebook.metadata["kernelspec"] = {
            "name": kernel,
            "display_name": kernel,
            "language": "python",
        }
        nbformat.write(notebook, self.notebooks / name)
        return name

    def open(self, page: Page, name: str) -> None:
        """Open a notebook and wait until its kernel is there."""
        page.goto(self.where(name))
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START_UP)
        page.wait_for_function(f"() => {{ {HAS_KERNEL} }}", timeout=START_UP)

    def where(self, name: str) -> str:
        """The address of a notebook."""
        return self.address + FRONTS[self.front].format(name=name)

    def _write_settings(self, plugin: str, settings: dict[str, object]) -> None:
        folder = self.folder / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{plugin}.jupyterlab-settings").write_text(json.dumps(settings))

    def ask(self, method: str, path: str) -> Any:
        """What the server's own API answers."""
        request = urllib.request.Request(f"{self.address}api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")


class StudentPage:
    """The package's own command for the panel as a page, with Voilà's ``options``."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.address = f"http://127.0.0.1:{free_port()}/"
        port = self.address.rpartition(":")[2].strip("/")
        self._log = (folder / "log").open("w")
        as_a_person = "from inflight_lab.cli import main; main()"
        command = [
            sys.executable,
            "-c",
            as_a_person,
            "student-page",
            "--no-browser",
            f"--port={port}",
        ]
        self.process = subprocess.Popen(
            [*command, "--Voila.ip=127.0.0.1", *options],
            env=os.environ
            | {
                "JUPYTER_CONFIG_DIR": str(folder),
                "IPYTHONDIR": str(folder / "ipython"),
            },
            stderr=self._log,
        )
        # Not the page itself: whoever asks for it starts a kernel.
        wait_until_up(
            self.address + "voila/static/voila.js", self.process, folder / "log"
        )

    def open(self, page: Page) -> PanelOnPage:
        """The panel on a fresh page, ready to be used."""
        page.goto(self.address)
        panel = PanelOnPage(page)
        panel.plot.wait_for(timeout=START_UP)
        return panel

    def close(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Come back when ``address`` answers; fail with the log if the process ends before."""
    deadline = time.monotonic() + START_UP / 1000
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{address} does not answer"
            time.sleep(0.1)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def run_all(page: Page) -> None:
    """Run > Run All Cells, as a person does."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


class PanelOnPage:
    """The panel as a person meets it: buttons to press, a slider to drag, numbers to
    read.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.plot = page.locator(".inflight-lab")
        self.limit = self.slider("limit")

    def slider(self, name: str) -> Locator:
        """The slider of one of the panel's settings: limit, count, latency, rate."""
        return self.page.locator(f".ifl-panel input[name={name}]")

    def press(self, button: str) -> None:
        """Click Run, Stop or Reset."""
        self.page.locator(".ifl-panel button", has_text=button).click()

    def key(self, key: str) -> None:
        """Press a key on the limit's slider."""
        self.limit.focus()
        self.page.keyboard.press(key)

    def drag(self, slider: str, share: float) -> int:
        """Drag the handle of a slider to ``share`` of its track; returns the number
        that it then shows.
        """
        x, y = self.handle(slider)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(self.handle(slider, share)[0], y, steps=12)
        self.page.mouse.up()
        return round(float(self.slider(slider).input_value()))

    def handle(self, name: str, share: float | None = None) -> tuple[float, float]:
        """Where the handle of a slider is, or would be at ``share`` of its track."""
        slider = self.slider(name)
        slider.scroll_into_view_if_needed()
        now = slider.evaluate("({ min, max, value }) => (value - min) / (max - min)")
        box = slider.bounding_box()
        assert box
        room = box["width"] - box["height"]  # the handle is as wide as it is high
        return box["x"] + box["height"] / 2 + room * (
            now if share is None else share
        ), box["y"] + box["height"] / 2

    def expect(self, **numbers: object) -> None:
        """Wait until the plot shows these numbers: ``in_flight`` is the server's own
        count.
        """
        for name, value in numbers.items():
            attribute = f"data-{name.replace('_', '-')}"
            expect(self.plot).to_have_attribute(attribute, str(value).lower())

    def number(self, name: str) -> int:
        """One of the plot's numbers, now."""
        return int(self.plot.get_attribute(f"data-{name.replace('_', '-')}") or 0)

    def status(self, text: str) -> Locator:
        """The status line, once it contains ``text``."""
        line = self.page.locator(".ifl-status", has_text=text).first
        expect(line).to_be_visible()
        return line

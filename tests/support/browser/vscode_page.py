"""The part of VS Code that shows widgets, in a frame, with a kernel.

It is a bundle of its own, not JupyterLab's: no ``.jp-`` class around an output, and VS
Code's colours.  VS Code's Jupyter extension, which hands messages on to the kernel, is
left out: the frame stands on a page of JupyterLab, which has kernels.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from playwright.sync_api import FrameLocator, Page

from tests.support.browser.javascript import Functions
from tests.support.browser.lab import Lab

NPM = shutil.which("npm")
ANYWIDGET = Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js"
BUNDLE = "@vscode/jupyter-ipywidgets8@1"
FRAME = """
<iframe title="outputs" allow="fullscreen 'none'"
  style="position: fixed; z-index: 99999; border: 0; width: 100%; height: 100%"
  srcdoc="<style>
    body { background: #1f1f1f; color: #ccc; }
    .cell-output-ipywidget-background { background: white; } /* in every theme */
  </style><body class='vscode-dark'>">
</iframe>"""


def run_in_vscode(page: Page, lab: Lab, code: str, folder: Path) -> FrameLocator:
    """Run a cell in a new kernel; returns the frame of its outputs in a dark VS Code.

    What VS Code loads comes from npm, by ``folder``.
    """
    page.goto(f"{lab.address}lab")
    page.wait_for_function("window.jupyterapp?.serviceManager.isReady")
    page.evaluate("html => document.body.insertAdjacentHTML('afterbegin', html)", FRAME)
    sources = {
        "requirejs": from_npm("requirejs@2", "require.js", folder),
        "bundle": from_npm(BUNDLE, "dist/ipywidgets.js", folder),
        "anywidget": ANYWIDGET.read_text(),
    }
    frame = page.frame_locator("[title=outputs]")
    run_cell = Functions("vscode_page.js")["runCell"]
    frame.locator(".vscode-dark").evaluate(run_cell, sources | {"code": code})
    return frame


def from_npm(package: str, file: str, folder: Path) -> str:
    """The text of a file in a package."""
    assert NPM
    pack = [NPM, "pack", "--silent", package]
    name = subprocess.check_output(pack, cwd=folder, text=True).strip()
    with tarfile.open(folder / name) as archive:
        content = archive.extractfile(f"package/{file}")
        assert content
        return content.read().decode()

"""The part of VS Code that shows widgets, on a page of a Jupyter server, with a kernel.

That part is a bundle of its own, which VS Code's Jupyter extension loads into the frame
of the outputs.  It is not JupyterLab's: no ``.jp-`` class around an output, no menu, VS
Code's colours.  The frame itself, and the extension that hands messages on to the
kernel, are left out: here the page asks the kernel itself.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from playwright.sync_api import Page, Route

from tests.support.browser.javascript import Functions
from tests.support.browser.lab import Lab

NPM = shutil.which("npm")
JUPYTER = Path(sys.prefix) / "share" / "jupyter"
ANYWIDGET = JUPYTER / "nbextensions" / "anywidget" / "index.js"
"""anywidget's own part, which it brings along for pages that are not JupyterLab's."""


class VSCodePage:
    """What VS Code loads, for pages on which a cell runs.

    Its packages go into ``folder``.
    """

    def __init__(self, folder: Path) -> None:
        services = unpack("@jupyterlab/services@7", folder)
        ipywidgets = unpack("@vscode/jupyter-ipywidgets8@1", folder)
        self._files = {
            "require.js": unpack("requirejs@2", folder) / "require.js",
            "services.js": services / "dist" / "dist" / "index.js",
            "ipywidgets.js": ipywidgets / "dist" / "ipywidgets.js",
            "anywidget.js": ANYWIDGET,
        }

    def run(self, page: Page, lab: Lab, code: str) -> None:
        """Run a cell in a new kernel, and show its outputs as a dark VS Code does."""
        page.route(f"{lab.address}vscode/*", self._answer)
        # Chromium lets only a document of this machine speak to this machine.
        page.goto(f"{lab.address}static/style/index.css")
        page.set_content(_PAGE.format(address=lab.address))
        page.evaluate(Functions("vscode_page.js")["runCell"], code)

    def _answer(self, route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(path=self._files[name], content_type="text/javascript")


def unpack(package: str, folder: Path) -> Path:
    """An npm package such as ``@scope/name@1``, put into ``folder``; returns where its
    files are.
    """
    assert NPM, "there is no npm"
    subprocess.run([NPM, "pack", package], cwd=folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    archive.unlink()
    return (folder / "package").rename(folder / package.rpartition("/")[2])


_PAGE = """<!doctype html><title>outputs</title><base href="{address}vscode/">
<script src="require.js"></script><script src="services.js"></script>
<style>
body {{ background: #1f1f1f; color: #ccc; }}
.cell-output-ipywidget-background {{ background: white; }} /* in every theme */
</style>
<body><div id="outputs"></div>"""

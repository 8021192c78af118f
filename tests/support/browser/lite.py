"""The browser build: built, and asked what its pages show."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.browser import ROOT
from tests.support.browser.javascript import Functions
from tests.support.notebooks.notebook_tools import AnyKernel, CellRun

JSPI = "javascript.options.wasm_js_promise_integration"
"""Firefox's preference for what lets Python wait without blocking its page."""
BOOT = 300_000
"""Milliseconds for a page and its kernel to come up on a busy machine."""
_PAGE = Functions("lite_page.js")


def missing() -> list[str]:
    """What the build takes and is not here."""
    programs = [name for name in ("uv", "npm") if not shutil.which(name)]
    find_python = ["uv", "python", "find", "--quiet", "--no-project", ">=3.12"]
    if programs or subprocess.run(find_python, stdout=subprocess.DEVNULL).returncode:
        return [*programs, "Python of 3.12 or newer"]
    return []


BUILD = """
import pathlib, sys
from inflight_lab.commands.publish.site import build
folder, *notebooks = map(pathlib.Path, sys.argv[1:])
build(folder, with_lab=True, notebooks=notebooks)
"""


def build(folder: Path, notebooks: Sequence[Path]) -> None:
    """Make the site with pages of ``notebooks``, in the README's environment."""
    readme = (ROOT / "README.md").read_text()
    (words,) = re.findall(r"uv run (.+) inflight-lab site site\n", readme)
    python = ["uv", "run", *shlex.split(words), "python", "-c", BUILD]
    command = [*python, str(folder), *map(str, notebooks)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


class PageKernel(AnyKernel):
    """The kernel of the notebook that a page shows."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def run(self, source: str) -> CellRun:
        """Run one cell, without showing it."""
        return as_run(*self._page.evaluate(_PAGE["run"], source))

    def run_first(self, source: str) -> None:
        """Run it before every cell, as soon as the kernel is there."""
        self._page.evaluate(_PAGE["runFirst"], source)


def as_run(status: str, outputs: list[dict[str, Any]]) -> CellRun:
    """What a cell did."""
    run = CellRun(status)
    for output in outputs:
        run.note(output["output_type"], output)
    return run


def show_notebook(page: Page, address: str, path: str) -> None:
    """Open a notebook and wait until it is there; its kernel comes later."""
    page.goto(f"{address}/lab/index.html?path={path}")
    page.wait_for_function(_PAGE["isShown"], timeout=BOOT, polling=100)


def cells(page: Page, *, within: float) -> list[CellRun]:
    """What each code cell shows, once the last one has ended, or one has failed."""
    # By a timer: a hidden page draws no frames.
    page.wait_for_function(_PAGE["hasEnded"], timeout=within * 1000, polling=100)
    return [
        as_run("ok" if ended else "not finished", outputs)
        for ended, outputs in page.evaluate(_PAGE["cells"])
    ]

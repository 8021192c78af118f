"""The browser build: built, served as plain files, and asked what its pages show."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page, ProxySettings

from tests.support.children import child, free_port, when_up
from tests.support.javascript import Functions
from tests.support.lab import CHROMIUM, FLAGS
from tests.support.notebook_tools import CellRun

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv")
NPM = shutil.which("npm")
SCHOOL = "school.test"
"""A name of this computer at which browsers do not trust a page ("secure context")."""
JSPI = "javascript.options.wasm_js_promise_integration"
"""Firefox's preference for what lets Python wait without blocking its page."""
BOOT = 120_000
"""Milliseconds for a page and its kernel to come up on a busy machine."""

_PAGE = Functions("lite_page.js")
_SHOWN = _PAGE["isShown"]
READY = _PAGE["isReady"]
ENDED = _PAGE["hasEnded"]
CELLS = _PAGE["cells"]
RUN = _PAGE["run"]
RUN_FIRST = _PAGE["runFirst"]


def python_for_the_build() -> str | None:
    """A Python that JupyterLite's lock can be made with."""
    if UV is None:
        return None
    found = subprocess.run(
        [UV, "python", "find", "--no-project", ">=3.12"], capture_output=True, text=True
    )
    return found.stdout.strip() or None


BUILD = """
import pathlib, sys
from inflight_lab.publish.site import build
folder, *notebooks = map(pathlib.Path, sys.argv[1:])
build(folder, with_lab=True, notebooks=notebooks)
"""


def build(folder: Path, notebooks: Sequence[Path]) -> None:
    """Make the site with pages of ``notebooks``, in the README's environment."""
    readme = (ROOT / "README.md").read_text()
    (words,) = re.findall(r"uv run (.+) inflight-lab site site\n", readme)
    python = [UV or "uv", "run", *shlex.split(words), "python", "-c", BUILD]
    command = [*python, str(folder), *map(str, notebooks)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a plain static file server for ``folder``, on loopback."""
    port = free_port()
    place = ("127.0.0.1", port)
    command = [sys.executable, "-m", "http.server", str(port), "--bind", place[0]]
    command += ["--protocol", "HTTP/1.1", "--directory", str(folder)]
    with child(command, stderr=subprocess.DEVNULL) as server:
        when_up(server, lambda: socket.create_connection(place, timeout=1).close())
        yield f"http://127.0.0.1:{port}"


CHROMIUMS_OWN = (".googleapis.com", ".google.com", ".gvt1.com")


class Outside(socketserver.ThreadingTCPServer):
    """A proxy that lets nothing through and remembers what was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Refuse)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def asked_by_pages(self) -> list[str]:
        """The hosts, but for those that Chromium itself asks, whatever it shows."""
        hosts = []
        for request in filter(None, self.asked):
            address = request.split()[1]
            host = address.split("//")[-1].split("/")[0].split(":")[0]
            if not host.endswith(CHROMIUMS_OWN):
                hosts.append(host)
        return hosts


class _Refuse(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Outside)
        self.server.asked.append(self.rfile.readline().decode(errors="replace").strip())
        self.wfile.write(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )


@contextmanager
def chromium_without_internet(kind: BrowserType) -> Iterator[tuple[Browser, Outside]]:
    """A headless Chromium that reaches loopback only, and what else it asked for."""
    outside = Outside()
    proxy = ProxySettings(
        server=outside.address, bypass=f"<-loopback>,127.0.0.1,{SCHOOL}"
    )
    flags = [*FLAGS, f"--host-resolver-rules=MAP {SCHOOL} 127.0.0.1"]
    browser = kind.launch(executable_path=CHROMIUM, args=flags, proxy=proxy)
    yield browser, outside
    browser.close()
    outside.shutdown()
    outside.server_close()


class PageKernel:
    """The kernel of the notebook that a page shows."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def run(self, source: str) -> CellRun:
        """Run one cell, without showing it."""
        ran = self._page.evaluate(RUN, source)
        return CellRun(ran["status"], ran["text"], ran["error"])

    def value(self, expression: str) -> Any:
        """The value of an expression whose ``repr`` is a literal."""
        ran = self.run(f"print(repr({expression}))")
        assert ran.status == "ok", ran
        return eval(ran.text, {"__builtins__": {}})


def show_notebook(page: Page, address: str, path: str) -> None:
    """Open a notebook and wait until it is there; its kernel comes later."""
    page.goto(f"{address}/lab/index.html?path={path}")
    page.wait_for_function(_SHOWN, timeout=BOOT, polling=100)


def cells(page: Page, *, within: float) -> list[CellRun]:
    """What each code cell shows, once the last one has ended, or one has failed."""
    # By a timer: a hidden page draws no frames.
    page.wait_for_function(ENDED, timeout=within * 1000, polling=100)
    return [
        CellRun(each["status"], each["text"], each["error"])
        for each in page.evaluate(CELLS)
    ]

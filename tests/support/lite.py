"""The browser build for its tests: built, served as plain files, and asked what its
pages show.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page

from tests.support.children import child
from tests.support.lab import CHROMIUM, FLAGS
from tests.support.notebook_tools import CellRun

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv")
NPM = shutil.which("npm")
SCHOOL = "school.test"
"""A name for this computer that browsers do not take for it: there a page is no "secure
context".
"""
JSPI = "javascript.options.wasm_js_promise_integration"
"""Firefox's preference for what lets Python wait without blocking its page."""
BOOT = 120_000
"""Milliseconds for a page and its kernel to come up on a busy machine."""


def python_for_the_build() -> str | None:
    """A Python that JupyterLite's lock can be made with."""
    if UV is None:
        return None
    found = subprocess.run(
        [UV, "python", "find", "--no-project", ">=3.12"], capture_output=True, text=True
    )
    return found.stdout.strip() or None


def build(folder: Path) -> None:
    """Make the site with the command of the README."""
    (command,) = re.findall(
        r"uv run (.+inflight-lab site) site\n", (ROOT / "README.md").read_text()
    )
    done = subprocess.run(
        [UV or "uv", "run", *shlex.split(command), folder],
        cwd=ROOT,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a plain static file server for ``folder``, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "http.server",
        f"{port}",
        "--bind",
        "127.0.0.1",
        "--protocol",
        "HTTP/1.1",
    ]
    with child(
        [*command, "--directory", str(folder)], stderr=subprocess.DEVNULL
    ) as server:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None
        yield f"http://127.0.0.1:{port}"


class Outside(socketserver.ThreadingTCPServer):
    """A proxy that lets nothing through and remembers what was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Refuse)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def asked_by_pages(self) -> list[str]:
        """Without what Chromium asks on its own account, whatever it shows."""
        hosts = [
            line.split()[1].split("//")[-1].split("/")[0].split(":")[0]
            for line in self.asked
            if line
        ]
        return [
            host
            for host in hosts
            if not host.endswith((".googleapis.com", ".google.com", ".gvt1.com"))
        ]


class _Refuse(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Outside)
        self.server.asked.append(self.rfile.readline().decode(errors="replace").strip())
        self.wfile.write(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )


@contextmanager
def chromium_without_internet(kind: BrowserType) -> Iterator[tuple[Browser, Outside]]:
    """A headless Chromium that reaches loopback only, and the list of what else it
    asked for.
    """
    outside = Outside()
    proxy = {"server": outside.address, "bypass": f"<-loopback>,127.0.0.1,{SCHOOL}"}
    flags = [*FLAGS, f"--host-resolver-rules=MAP {SCHOOL} 127.0.0.1"]
    browser = kind.launch(executable_path=CHROMIUM, args=flags, proxy=proxy)  # type: ignore[arg-type]
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


def open_notebook(page: Page, address: str, path: str) -> None:
    """Open a notebook and wait until its kernel is there."""
    show_notebook(page, address, path)
    page.wait_for_function(READY, timeout=BOOT, polling=100)


def cells(page: Page, *, within: float) -> list[CellRun]:
    """What each code cell shows, once the last one has ended, or one has failed."""
    page.wait_for_function(
        ENDED, timeout=within * 1000, polling=100
    )  # no frames in a hidden page
    return [
        CellRun(each["status"], each["text"], each["error"], set(each["mime_types"]))
        for each in page.evaluate(CELLS)
    ]


_PANEL = "const panel = window.jupyterapp?.shell.currentWidget;"
_SHOWN = "() => {" + _PANEL + "return panel?.content?.widgets?.length > 1; }"
READY = (
    "() => {"
    + _PANEL
    + """
    const kernel = panel?.sessionContext?.session?.kernel;
    return panel?.content?.widgets?.length > 1 && kernel?.status === "idle";
}"""
)
_CODE = (
    _PANEL
    + """
    const cells = panel.content.model.sharedModel.cells.filter((cell) => cell.cell_type === "code");
"""
)
ENDED = (
    "() => {"
    + _CODE
    + """
    const failed = cells.some((cell) => cell.getOutputs().some((output) => output.output_type === "error"));
    const done = cells.every((cell) => cell.execution_count !== null);
    return (failed || done) && panel.sessionContext.session.kernel.status === "idle";
}"""
)
CELLS = (
    "() => {"
    + _CODE
    + """
    const text = (value) => Array.isArray(value) ? value.join("") : value ?? "";
    return cells.map((cell) => {
        const shown = { status: cell.execution_count === null ? "not finished" : "ok", text: "", error: "" };
        shown.mime_types = [];
        for (const output of cell.getOutputs()) {
            if (output.output_type === "stream") shown.text += text(output.text);
            if (output.output_type === "execute_result") shown.text += text(output.data["text/plain"]);
            if (output.output_type === "error") {
                Object.assign(shown, { status: "error", error: `${output.ename}: ${output.evalue}` });
            }
            shown.mime_types.push(...Object.keys(output.data ?? {}));
        }
        return shown;
    });
}"""
)
RUN = (
    "async (code) => {"
    + _PANEL
    + """
    const ran = { text: "", error: "" };
    const future = panel.sessionContext.session.kernel.requestExecute({ code, store_history: false });
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === "stream") ran.text += content.text;
        if (header.msg_type === "error") ran.error = `${content.ename}: ${content.evalue}`;
    };
    return { ...ran, status: (await future.done).content.status, ...ran };
}"""
)

"""WebKit, which Playwright drives only in a build of its own: here is Debian's, by the
few commands of W3C WebDriver that a look at a page takes.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.children import child, free_port, listening
from tests.support.waiting import PATIENCE

WEBKIT = shutil.which("WebKitWebDriver")
XVFB = shutil.which("Xvfb")
"""WebKit has no headless mode: it needs a screen, if only a virtual one."""


class WebKitPage:
    """The one page of a browser."""

    def __init__(self, port: int) -> None:
        self._session = f"http://127.0.0.1:{port}/session"
        self._session += "/" + self._post("", capabilities={})["sessionId"]

    def open(self, address: str) -> None:
        """Go there, and wait until it has loaded."""
        self._post("/url", url=address)

    def evaluate(self, body: str, *arguments: object) -> Any:
        """What the body of a JavaScript function returns; a promise is waited for."""
        return self._post("/execute/sync", script=body, args=arguments)

    def wait_for(self, body: str) -> Any:
        """What it returns, once that is true."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.evaluate(body)):
            assert time.monotonic() < deadline, body
            time.sleep(0.05)
        return found

    def click(self, selector: str) -> None:
        """Press an element, once there is one."""
        found = self.wait_for(f"return document.querySelector('{selector}')")
        (element,) = found.values()
        self._post(f"/element/{element}/click")

    def _post(self, path: str, **body: object) -> Any:
        answer = httpx.post(self._session + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()["value"]


@contextmanager
def webkit(folder: Path) -> Iterator[WebKitPage]:
    """WebKitGTK's own small browser on a screen that nobody sees."""
    if not (WEBKIT and XVFB):
        pytest.skip("there is no WebKit here (Debian: webkit2gtk-driver, xvfb)")
    port = free_port()
    command = [XVFB, "-displayfd", "1", "-nolisten", "tcp"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with child(command, text=True, **pipes) as server:
        assert server.stdout
        screen = server.stdout.readline().strip()  # once it is there
        own = {"DISPLAY": f":{screen}"}
        with listening([WEBKIT, f"--port={port}"], port, folder, **own):
            yield WebKitPage(port)

"""Firefox and WebKit, driven as a person would, by the commands of W3C WebDriver.

Firefox speaks them itself, over a socket of its own (Marionette); WebKit's driver takes
them over HTTP.  So neither needs a client library, and what is downloaded is only the
browser.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support.children import child
from tests.support.lab import free_port

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT = shutil.which("WebKitWebDriver")
XVFB = shutil.which("Xvfb")
"""WebKit has no headless mode: it needs a screen, if only a virtual one."""

MISSING = {
    "firefox": "" if FIREFOX else "there is no Firefox here (Debian: firefox-esr)",
    "webkit": ""
    if WEBKIT and XVFB
    else "there is no WebKit here (Debian: webkitgtk-webdriver, xvfb)",
}
"""By browser: why it cannot be driven here, if so."""

START_UP = 60.0
"""Seconds for a browser to come up on a busy machine."""
KEYS = {
    "Escape": "\ue00c",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}
PREFERENCES = {
    "marionette.port": 0,  # it chooses one, and writes it into its profile
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


Driver = Callable[..., Any]
"""Sends a WebDriver command, by its name in Marionette; returns what is answered."""


class Marionette:
    """Firefox's own connection: a message is its length, a colon and JSON."""

    def __init__(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 120) as connection:
            self._stream = connection.makefile("rwb")  # which keeps it open
        self._number = itertools.count(1)
        self._receive()  # who it is
        self("NewSession")

    def __call__(self, command: str, **parameters: Any) -> Any:
        """Raises ``AssertionError`` with what the browser says if it cannot do it."""
        message = json.dumps(
            [0, next(self._number), f"WebDriver:{command}", parameters]
        ).encode()
        self._stream.write(b"%d:%b" % (len(message), message))
        self._stream.flush()
        _, _, error, result = self._receive()
        assert error is None, error
        return result.get("value") if isinstance(result, dict) else result

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def _receive(self) -> Any:
        length = b"".join(iter(lambda: self._stream.read(1), b":"))
        return json.loads(self._stream.read(int(length)))


PATHS = {
    "Navigate": "url",
    "ExecuteScript": "execute/sync",
    "PerformActions": "actions",
    "SetTimeouts": "timeouts",
    "SetWindowRect": "window/rect",
    "TakeScreenshot": "screenshot",
    "DeleteSession": "",
}
METHODS = {"TakeScreenshot": "GET", "DeleteSession": "DELETE"}


class Classic:
    """A driver that takes the commands over HTTP."""

    def __init__(self, port: int, capabilities: dict[str, Any]) -> None:
        self._address = f"http://127.0.0.1:{port}/session"
        session = self._ask("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
        self._address += f"/{session['sessionId']}"

    def __call__(self, command: str, **parameters: Any) -> Any:
        """Raises ``AssertionError`` with what the driver says if it cannot do it."""
        path = PATHS[command]
        return self._ask(METHODS.get(command, "POST"), path and f"/{path}", parameters)

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(
            self._address + path, data, kind, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None


class Page:
    """A browser's one page."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        driver("SetTimeouts", script=120_000, pageLoad=120_000)
        driver("SetWindowRect", width=1280, height=1100)

    def open(self, address: str) -> None:
        """Go there, wait until it has loaded, and listen for errors from then on."""
        self.driver("Navigate", url=address)
        self.evaluate(_LISTEN)

    def evaluate(self, body: str, *arguments: Any) -> Any:
        """What the body of a JavaScript function returns; a promise is waited for."""
        return self.driver("ExecuteScript", script=body, args=list(arguments))

    def wait_for(self, body: str, *arguments: Any, within: float = 60.0) -> Any:
        """What that returns as soon as it is true."""
        deadline = time.monotonic() + within
        while not (value := self.evaluate(body, *arguments)):
            assert time.monotonic() < deadline, (
                f"within {within} s this was never true: {body} {arguments}"
            )
            time.sleep(0.05)
        return value

    def click(self, selector: str, text: str = "") -> None:
        """Press the first element that is seen, with exactly that text if one is given."""
        where = None
        while where != (where := self.wait_for(_WHERE, selector, text)):
            pass  # it moves: the page is still being laid out
        self.drag(where)

    def shows(self, selector: str, text: str = "", *, within: float) -> bool:
        """Whether such an element is seen before long."""
        deadline = time.monotonic() + within
        while (
            not (seen := self.evaluate(_WHERE, selector, text))
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        return bool(seen)

    def drag(self, *points: tuple[float, float], steps: int = 12) -> None:
        """Press at the first point, move through the others, and let go; one point
        alone is a click.
        """
        actions = [_move(*points[0]), {"type": "pointerDown", "button": 0}]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            for i in range(1, steps + 1):
                actions.append(
                    _move(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps)
                )
        self._point([*actions, {"type": "pointerUp", "button": 0}])

    def press(self, key: str) -> None:
        """Press a key, by its name in a browser, where the focus is."""
        value = KEYS.get(key, key)
        actions = [
            {"type": "keyDown", "value": value},
            {"type": "keyUp", "value": value},
        ]
        self.driver(
            "PerformActions",
            actions=[{"type": "key", "id": "keys", "actions": actions}],
        )

    def screenshot(self, path: Path) -> None:
        """For whoever looks."""
        path.write_bytes(base64.b64decode(self.driver("TakeScreenshot")))

    def expect_peace(self) -> None:
        """No error so far, and nothing asked of another site."""
        errors, addresses = self.evaluate(_HEARD)
        assert not errors, errors
        at_home = ("http://127.0.0.1", "data:", "blob:")
        outside = [address for address in addresses if not address.startswith(at_home)]
        assert not outside, outside

    def _point(self, actions: list[dict[str, Any]]) -> None:
        mouse = {
            "type": "pointer",
            "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": actions,
        }
        self.driver("PerformActions", actions=[mouse])


def _move(x: float, y: float) -> dict[str, Any]:
    return {
        "type": "pointerMove",
        "duration": 15,
        "x": round(x),
        "y": round(y),
        "origin": "viewport",
    }


@contextmanager
def firefox(folder: Path, **preferences: Any) -> Iterator[Page]:
    """A headless Firefox with an empty profile in ``folder``."""
    assert FIREFOX, MISSING["firefox"]
    chosen = (PREFERENCES | preferences).items()
    (folder / "user.js").write_text(
        "".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in chosen
        )
    )
    command = [
        FIREFOX,
        "--headless",
        "--marionette",
        "--no-remote",
        "--profile",
        str(folder),
    ]
    with (
        (folder / "log").open("w") as log,
        child(command, stdout=log, stderr=log) as process,
    ):
        port = _until(
            process, lambda: int((folder / "MarionetteActivePort").read_text())
        )
        with closing(_until(process, lambda: Marionette(port))) as driver:
            yield Page(driver)


@contextmanager
def webkit(folder: Path) -> Iterator[Page]:
    """WebKitGTK's own small browser on a screen that nobody sees."""
    assert not MISSING["webkit"], MISSING["webkit"]
    read, write = os.pipe()
    screen = [
        str(XVFB),
        "-displayfd",
        str(write),
        "-screen",
        "0",
        "1400x1200x24",
        "-nolisten",
        "tcp",
    ]
    port = free_port()
    with (folder / "log").open("w") as log, child(screen, stderr=log, pass_fds=[write]):
        os.close(write)
        with os.fdopen(read) as number:
            place = {"DISPLAY": f":{number.readline().strip()}", "HOME": str(folder)}
        with child(
            [str(WEBKIT), f"--port={port}"],
            env=os.environ | place,
            stdout=log,
            stderr=log,
        ) as process:
            driver = _until(process, lambda: Classic(port, {}))
            try:
                yield Page(driver)
            finally:
                driver("DeleteSession")  # ends its browser


def _until(process: subprocess.Popen[bytes], attempt: Any) -> Any:
    """What ``attempt()`` returns, once the browser is ready for it."""
    deadline = time.monotonic() + START_UP
    while True:
        try:
            return attempt()
        except (OSError, ValueError):
            assert process.poll() is None, "the browser has ended"
            assert time.monotonic() < deadline, "the browser does not come up"
            time.sleep(0.05)


BROWSERS: dict[str, Callable[..., AbstractContextManager[Page]]] = {
    "firefox": firefox,
    "webkit": webkit,
}

_LISTEN = """
if (window.heard) return;
const errors = window.heard = [], say = console.error;
addEventListener("error", ({ message }) => {
  if (!message.startsWith("ResizeObserver loop")) errors.push(message); // that is no error
});
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
console.error = (...words) => { errors.push(words.join(" ")); say(...words); };
"""
_HEARD = "return [window.heard, performance.getEntriesByType('resource').map((entry) => entry.name)];"
_WHERE = """
const [selector, text] = arguments;
for (const element of document.querySelectorAll(selector)) {
  if (text && element.textContent.trim() !== text) continue;
  element.scrollIntoView({ block: "nearest" });
  const { x, y, width, height } = element.getBoundingClientRect();
  if (width && height) return [x + width / 2, y + height / 2];
}
return null;
"""

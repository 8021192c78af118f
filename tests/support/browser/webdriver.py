"""Firefox and WebKit, driven as a person would, by the commands of W3C WebDriver.

Firefox speaks them itself, over a socket of its own (Marionette); WebKit's driver takes
them over HTTP.  So neither needs a client library, and what is downloaded is only the
browser.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

from tests.support.browser.javascript import Functions
from tests.support.children import child, free_port, wait_for_port, when_up

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT = shutil.which("WebKitWebDriver")
XVFB = shutil.which("Xvfb")
"""WebKit has no headless mode: it needs a screen, if only a virtual one."""

NEEDED = {
    "firefox": (FIREFOX, "firefox-esr"),
    "webkit": (WEBKIT and XVFB, "webkit2gtk-driver, xvfb"),
}
"""What drives a browser, and the Debian packages that bring it."""

KEYS = {
    "Escape": "\ue00c",
    "PageUp": "\ue00e",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}
PATIENCE = 120.0
"""Seconds for what a busy machine does late."""
WAITS = ("script", "pageLoad", "implicit")
"""What a browser itself waits for; "implicit": until an element is there."""
Point = tuple[float, float]
Driver = Callable[..., Any]
"""Sends a WebDriver command, by its name in Marionette; returns what is answered."""

_PAGE = Functions("webdriver_page.js")


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
    "FindElement": "element",
    "ElementClick": "element/{id}/click",
    "PerformActions": "actions",
    "SetTimeouts": "timeouts",
    "SetWindowRect": "window/rect",
}


class Classic:
    """A driver that takes the commands over HTTP."""

    def __init__(self, port: int) -> None:
        self._session = f"http://127.0.0.1:{port}/session"
        self._session += f"/{self._post('', capabilities={})['sessionId']}"

    def __call__(self, command: str, **parameters: Any) -> Any:
        """Raises ``AssertionError`` with what the driver says if it cannot do it."""
        return self._post("/" + PATHS[command].format(**parameters), **parameters)

    def close(self) -> None:
        """End its browser."""
        httpx.delete(self._session)

    def _post(self, path: str, **body: Any) -> Any:
        answer = httpx.post(self._session + path, json=body, timeout=PATIENCE)
        assert answer.is_success, answer.text
        return answer.json()["value"]


class Page:
    """A browser's one page."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        driver("SetTimeouts", **dict.fromkeys(WAITS, round(1000 * PATIENCE)))
        driver("SetWindowRect", width=1280, height=1100)

    def open(self, address: str) -> None:
        """Go there, wait until it has loaded, and listen for errors from then on."""
        self.driver("Navigate", url=address)
        self.evaluate(f"({_PAGE['listen']})()")

    def evaluate(self, body: str, *arguments: Any) -> Any:
        """What the body of a JavaScript function returns; a promise is waited for."""
        return self.driver("ExecuteScript", script=body, args=list(arguments))

    def wait_for(self, body: str, *arguments: Any, within: float = PATIENCE) -> Any:
        """What the body of a JavaScript function returns, as soon as that is true."""
        deadline = time.monotonic() + within
        while True:
            value = self.evaluate(body, *arguments)
            if value:
                return value
            late = f"within {within} s this was never true: {body} {arguments}"
            assert time.monotonic() < deadline, late
            time.sleep(0.05)

    def click(self, button: str) -> None:
        """Press the button that says exactly this, once it is there."""
        where = {"using": "xpath", "value": f"//button[normalize-space()='{button}']"}
        (element,) = self.driver("FindElement", **where).values()
        self.driver("ElementClick", id=element)

    def drag(self, start: Point, end: Point) -> None:
        """Press at the first point, move to the other, and let go."""
        actions = [
            {"type": "pointerMove", "x": round(start[0]), "y": round(start[1])},
            {"type": "pointerDown", "button": 0},
            {
                "type": "pointerMove",
                "x": round(end[0]),
                "y": round(end[1]),
                "duration": 200,  # milliseconds: a move has places between
            },
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "actions": actions}
        self.driver("PerformActions", actions=[mouse])

    def press(self, key: str) -> None:
        """Press a key, by its name in a browser, where the focus is."""
        value = KEYS.get(key, key)
        actions = [{"type": kind, "value": value} for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keys", "actions": actions}
        self.driver("PerformActions", actions=[keyboard])

    def forget_errors(self, beginning: str) -> None:
        """Errors so far that begin like this are the front end's own."""
        self.evaluate(
            "noted = noted.filter((error) => !error.startsWith(arguments[0]))",
            beginning,
        )

    def expect_peace(self) -> None:
        """No error so far."""
        assert self.evaluate("return noted") == []


@contextmanager
def firefox(folder: Path, **preferences: Any) -> Iterator[Page]:
    """A headless Firefox with an empty profile in ``folder``."""
    preferences |= {"marionette.port": 0}  # it chooses one, and writes it there
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in preferences.items()
    ]
    (folder / "user.js").write_text("".join(lines))
    port_file = folder / "MarionetteActivePort"
    command = [str(FIREFOX), "--headless", "--marionette", "--no-remote"]
    command += ["--profile", str(folder)]
    with (
        (folder / "log").open("w") as log,
        child(command, stdout=log, stderr=log) as process,
    ):
        port = when_up(process, lambda: int(port_file.read_text()))
        with closing(when_up(process, lambda: Marionette(port))) as driver:
            yield Page(driver)


@contextmanager
def webkit(folder: Path) -> Iterator[Page]:
    """WebKitGTK's own small browser on a screen that nobody sees."""
    port = free_port()
    command = [str(WEBKIT), f"--port={port}"]
    with (folder / "log").open("w") as log, _screen(log) as display:
        own = os.environ | {"DISPLAY": display, "HOME": str(folder)}
        with child(command, env=own, stdout=log, stderr=log) as process:
            wait_for_port(port, process)
            with closing(Classic(port)) as driver:
                yield Page(driver)


@contextmanager
def _screen(log: IO[str]) -> Iterator[str]:
    """A screen in memory; its name, such as ":99"."""
    read, write = os.pipe()
    command = [str(XVFB), "-displayfd", str(write), "-nolisten", "tcp"]
    command += ["-screen", "0", "1400x1200x24"]
    with child(command, stderr=log, pass_fds=[write]):
        os.close(write)
        with os.fdopen(read) as number:
            display = number.readline().strip()
        yield f":{display}"


BROWSERS: dict[str, Callable[..., AbstractContextManager[Page]]] = {
    "firefox": firefox,
    "webkit": webkit,
}

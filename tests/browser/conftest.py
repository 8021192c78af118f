"""What tests in a browser share: a Jupyter server, its kernels, Chromium, and pages.

It is shared by the package, not by the session: while Playwright runs, its event loop
runs in the tests' thread, where others need one of their own.
"""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import (
    EVERYWHERE,
    IN_CI,
    ROOT,
    USUAL,
    Pages,
    Place,
    make_environment,
    watched,
)
from tests.support.lab import Lab, chromium


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes a ``place`` in the usual one; in CI in more, with
    ``--full`` in all.
    """
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "place" in metafunc.fixturenames and "place" not in chosen:
        places = wanted_places(full=metafunc.config.getoption("--full"))
        metafunc.parametrize("place", places, ids=str, indirect=True)


def wanted_places(*, full: bool) -> list[Place]:
    """Where a test runs that does not say so itself."""
    if full:
        return EVERYWHERE
    if "CI" in os.environ:
        return IN_CI
    return [USUAL]


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Lab]]:
    """A server for each front end: two on one server get in each other's way."""
    servers: dict[str, Lab] = {}

    def serve(front: str) -> Lab:
        if front not in servers:
            servers[front] = Lab(tmp_path_factory.mktemp(front), front)
        return servers[front]

    yield serve
    for lab in servers.values():
        lab.close()


@pytest.fixture
def lab(servers: Callable[[str], Lab]) -> Lab:
    """A JupyterLab that all tests share: give each notebook its own name."""
    lab = servers("lab")
    lab.use_theme("JupyterLab Light")
    return lab


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Pages that may neither log an error nor ask another site for anything."""
    with watched(browser) as pages:
        yield pages


@pytest.fixture
def page(pages: Pages) -> Page:
    """One such page."""
    return pages.open()


@pytest.fixture
def foreign_site() -> Iterator[int]:
    """A web server with an empty page, on the port that this gives."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<!doctype html><title>another site</title><body></body>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None: ...

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site.server_port
    site.shutdown()
    thread.join()
    site.server_close()


@pytest.fixture(scope="package")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The Python of an older kernel of KERNELS, in an environment made when needed."""

    @functools.cache
    def python(kernel: str) -> str:
        requirement = kernel.replace("-", "==") + ".*"
        return str(
            make_environment(
                tmp_path_factory.mktemp(kernel), "-e", f"{ROOT}[lab]", requirement
            )
        )

    return python


@pytest.fixture(scope="module")
def place(
    request: pytest.FixtureRequest,
    servers: Callable[[str], Lab],
    pythons: Callable[[str], str],
) -> Place:
    """Where the test takes place, its kernel ready."""
    place: Place = request.param
    if place.kernel != USUAL.kernel:
        servers(place.front).add_kernel(place.kernel, pythons(place.kernel))
    return place

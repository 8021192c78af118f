"""What tests in a browser share: a Jupyter server, its kernels, Chromium, and pages.

It is shared by the package, not by the session: while Playwright runs, its event loop
runs in the tests' thread, where others need one of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.support.browser import (
    ROOT,
    USUAL,
    Pages,
    Place,
    make_environment,
    watched,
)
from tests.support.browser.lab import Lab, chromium


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
def playwright() -> Iterator[Playwright]:
    """What drives browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium(playwright) as browser:
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


@pytest.fixture(scope="module")
def place(
    request: pytest.FixtureRequest,
    servers: Callable[[str], Lab],
    tmp_path_factory: pytest.TempPathFactory,
) -> Place:
    """Where the test takes place, its kernel ready: an older one in an environment."""
    place: Place = request.param
    if place.kernel != USUAL.kernel:
        folder = tmp_path_factory.mktemp(place.kernel)
        requirement = place.kernel.replace("-", "==") + ".*"
        python = make_environment(folder, "-e", f"{ROOT}[lab]", requirement)
        servers(place.front).add_kernel(place.kernel, str(python))
    return place

"""What several test files share: the practice server, a way to hold requests in flight,
and patience.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from inflight_lab import ObservedTransport, PracticeServer
from inflight_lab.server import app
from tests.support.children import child
from tests.support.waiting import PATIENCE, Hold

pytest_plugins = ["tests.support.browser"]

# The same examples on every machine, and no opinion on how fast that machine is.
hypothesis.settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None
)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--full``: also what takes too long for every run."""
    parser.addoption(
        "--full",
        action="store_true",
        help="also try the kernels and repeats that take long",
    )


def pytest_configure() -> None:
    """Ctrl-C is heard, also by what the tests start: a shell lets its background jobs
    ignore it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Browser tests come last: Playwright keeps an event loop running in their thread.

    They stay last with several workers too, as long as no file holds both kinds.
    """
    items.sort(key=lambda item: "browser" in item.keywords)
    if not config.getoption(
        "--full"
    ):  # left out, not skipped: in CI a skip is a failure
        config.hook.pytest_deselected(
            items=[item for item in items if item.get_closest_marker("full")]
        )
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A person may lack Chromium or nginx, and then tests skip; on the CI machine
    nothing may.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("In CI a skipped test is a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Most tests wait for something, so two cores take four at a time."""
    return 4


class ByFile(LoadFileScheduling):
    """A file's tests go to one worker, in order: they share servers, browsers and what they built.

    Those in SPREAD share nothing and take long: each goes to the worker that is free.
    """

    SPREAD = ("tests/notebooks/", "tests/exercises/", "tests/snippets/", "tests/watch/")

    def _split_scope(self, nodeid: str) -> str:
        return (
            nodeid if nodeid.startswith(self.SPREAD) else super()._split_scope(nodeid)
        )

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Once only browser tests are left, two workers go on: two cores carry no more
        browsers.
        """
        if (
            next(iter(self.workqueue)).startswith("tests/browser/")
            and node not in self.nodes[:2]
        ):
            node.shutdown()
        else:
            super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How the workers share the tests."""
    return ByFile(config, log)


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked ``anyio`` run on asyncio, in its debug-free default set-up."""
    return "asyncio"


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    """A practice server that answers at once and refuses nothing, until the test turns
    a knob.
    """
    with PracticeServer(latency=0) as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with httpx's defaults whose transport is observed: see `seen_by`."""
    async with httpx.AsyncClient(
        transport=ObservedTransport(), timeout=PATIENCE
    ) as client:
        yield client


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of these tests' own, that keeps nothing on disk."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip(
            "no redis-server on this machine: install it (Debian: redis-server) to run these tests"
        )
    folder = tmp_path_factory.mktemp("redis")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        program,
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with (
        (folder / "log").open("w") as log,
        child(command, stdout=log, stderr=log) as process,
    ):
        deadline = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.01)
        yield f"redis://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    """Whether a Redis answers on ``port``."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=1) as connection,
    ):
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


@pytest.fixture
def hold(server: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """Hold the requests that reach ``server``."""
    hold = Hold()
    monkeypatch.setattr(app, "_disconnected_within", hold.wait)
    yield hold
    hold.release()

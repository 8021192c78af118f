"""Which tests run and where, and fixtures that many of them use."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import certifi
import httpx
import hypothesis
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG

from inflight_lab import ObservedTransport, PracticeServer
from inflight_lab.lesson.engine import execution
from tests.support.children import free_port, listening
from tests.support.sharing import WORKERS, ByFile
from tests.support.waiting import PATIENCE, Hold

# The tests start hundreds of Pythons. Each would compile every module that it imports,
# which takes most of its start, unless one of them writes down what it compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Neither Greenwich nor a whole hour away: a date that is taken for a local one shows.
os.environ["TZ"] = "IST-5:30"
time.tzset()

# The same examples on every machine, and no opinion on how fast that machine is.
hypothesis.settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None
)
hypothesis.settings.load_profile("repeatable")
# Others each night, by `--hypothesis-profile`; one that fails says how to repeat it.
hypothesis.settings.register_profile(
    "exploring", derandomize=False, max_examples=1000, print_blob=True
)


def pytest_configure() -> None:
    """Let Ctrl-C end the tests and what they start, also in a job in the background.

    A shell lets such a job ignore it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what takes too long, unless ``-m`` asks for it by its mark.

    It is not skipped: in CI a skipped test is a failure.
    """
    asked = config.getoption("markexpr")
    left_out = {mark for mark in ("full", "nightly") if mark not in asked}
    long = [
        item
        for item in items
        if left_out.intersection(mark.name for mark in item.iter_markers())
    ]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end: thousands of tests.

    It would take half a second wherever a test collects its own garbage.
    """
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail in CI if a test was skipped: only a person's machine may lack a program."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("In CI a skipped test is a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many as are meant for two cores, on any machine."""
    return WORKERS


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How the workers share the tests."""
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each new httpx client reads the certificates of all authorities, which takes ten
    milliseconds.  These tests make thousands, and none of them uses TLS.
    """
    every = Path(certifi.where()).read_text(encoding="utf-8")
    last = every[every.rindex("-----BEGIN CERTIFICATE-----") :]
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(last, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient_clients() -> Iterator[None]:
    """httpx gives up after five seconds, for which a busy machine may stand still: a
    test that wants a timeout sets one.
    """
    with pytest.MonkeyPatch.context() as patch:
        for step in ("connect", "read", "write", "pool"):
            patch.setattr(DEFAULT_TIMEOUT_CONFIG, step, PATIENCE)
        patch.setattr(execution, "TIMEOUT", PATIENCE)
        yield


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked ``anyio`` run on asyncio, in its debug-free default set-up."""
    return "asyncio"


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    """A practice server that answers at once and refuses nothing, until a test turns a
    knob.
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
    """The address of a Redis of these tests' own, which keeps nothing on disk."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server here (Debian: redis-server)")
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with listening(command, port, tmp_path_factory.mktemp("redis")):
        yield f"redis://127.0.0.1:{port}"


@pytest.fixture
def hold(server: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    """Hold the requests that reach ``server``."""
    hold = Hold()
    monkeypatch.setattr(server, "disconnected_within", hold.wait)
    yield hold
    hold.release()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Data and metadata of each output, in the order in which a page gets them; one
    that changes in place comes again.
    """
    outputs: list[dict[str, Any]] = []

    class Handle:
        """Of an output that may change."""

        def update(self, data: Any, **more: Any) -> None:
            """Change it."""
            display(data, **more)

    def display(data: Any, **more: Any) -> Handle:
        outputs.append(more | {"data": data})
        return Handle()

    for module in ("plain_picture", "widget_page"):
        monkeypatch.setattr(f"inflight_lab.lesson.plot.{module}.display", display)
    return outputs

"""The panel as a page for students: Voilà, started by the package's own command."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.lab import StudentPage

pytestmark = IN_BROWSER


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """That a lost page's kernel ends takes its time: on demand."""
    if "end" in metafunc.fixturenames:
        metafunc.parametrize("end", ["closed"] + ["lost"] * metafunc.config.getoption("--full"))


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudentPage]:
    """The page, served; a kernel whose page was lost without a word ends after some seconds."""
    quick = ("--MappingKernelManager.cull_idle_timeout=15", "--MappingKernelManager.cull_interval=1")
    page = StudentPage(tmp_path_factory.mktemp("voila"), *quick)
    yield page
    page.close()


def test_the_page_shows_the_panel_alone(voila: StudentPage, page: Page) -> None:
    """Large, and neither code nor the spare picture."""
    panel = voila.open(page)
    expect(page.locator(".jp-InputArea:visible, .jp-RenderedSVG:visible")).to_have_count(0)
    assert "import" not in page.locator("body").inner_text()
    number = panel.plot.locator(".ifl-number").first.bounding_box()
    assert number
    assert number["height"] > 45
    box = page.locator(".ifl-panel").bounding_box()
    assert box
    assert box["width"] > 1100


def test_the_panel_runs_drags_and_stops(voila: StudentPage, page: Page) -> None:
    """As in a notebook: in flight follows the slider, between runs as well, by pointer and by key."""
    panel = voila.open(page)
    panel.press("Run")
    panel.expect(in_flight=3, limit=3, live=True)
    limit = panel.drag("limit", 0.4)
    panel.expect(limit=limit, in_flight=limit)
    for key, more in (("ArrowRight", 1), ("PageUp", 6)):
        panel.key(key)
        panel.expect(limit=limit + more, in_flight=limit + more)
    panel.press("Stop")
    panel.status("stopped: 500 outcomes")
    panel.key("Home")
    panel.press("Run")
    panel.expect(limit=1, in_flight=1)
    panel.press("Stop")
    panel.status("stopped: 500 outcomes")


def test_each_page_has_a_kernel_of_its_own_that_ends_with_it(
    voila: StudentPage, new_page: Callable[[], Page], end: str
) -> None:
    """Two pages, two kernels; a page that is closed in mid-run, or lost, leaves neither kernel nor port."""
    page, other = new_page(), new_page()
    before = kernels_of(voila)
    panel = voila.open(page)
    (first,) = kernels_of(voila) - before
    voila.open(other)
    (second,) = kernels_of(voila) - before - {first}
    ports = listening(first)
    assert any(is_practice_server(port) for port in ports)
    if end == "closed":
        panel.press("Run")
        panel.expect(in_flight=3)
        page.goto("about:blank")
    else:
        page.context.close()  # gives the page no time to say good-bye
    assert gone(first)
    assert not [port for port in ports if accepts(port)]
    assert second.is_running()


def test_a_missing_voila_is_named(tmp_path: Path) -> None:
    """Without the extra, the command says what to install."""
    blocked = (
        "import sys; sys.modules['voila'] = None; import inflight_lab.publish.student_page as s; s.main([])"
    )
    run = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.strip() == 'Voilà is missing: pip install "inflight-lab[voila]"'


def kernels_of(voila: StudentPage) -> set[psutil.Process]:
    return set(psutil.Process(voila.process.pid).children())


def gone(kernel: psutil.Process) -> bool:
    _, alive = psutil.wait_procs([kernel], timeout=30)
    return not alive


def listening(kernel: psutil.Process) -> set[int]:
    return {each.laddr.port for each in kernel.net_connections("tcp") if each.status == psutil.CONN_LISTEN}


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def is_practice_server(port: int) -> bool:
    try:
        return "url" in httpx.get(f"http://127.0.0.1:{port}/get", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return False

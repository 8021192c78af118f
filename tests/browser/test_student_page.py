"""The panel as a page for students: Voilà, started by the package's own command."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.support.browser import EVIL, IN_BROWSER
from tests.support.lab import StudentPage

pytestmark = IN_BROWSER

QUICK = (
    "--MappingKernelManager.cull_idle_timeout=15",
    "--MappingKernelManager.cull_interval=1",
)
"""A kernel whose page was lost without a word ends after some seconds."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """That a lost page's kernel ends takes its time: on demand."""
    if "end" in metafunc.fixturenames:
        metafunc.parametrize(
            "end", ["closed"] + ["lost"] * metafunc.config.getoption("--full")
        )


@pytest.fixture(scope="module")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudentPage]:
    """The page, served."""
    page = StudentPage(tmp_path_factory.mktemp("voila"), *QUICK, "--name=panel.Example")
    yield page
    page.close()


def test_the_page_shows_the_panel_alone(voila: StudentPage, page: Page) -> None:
    """Large, and neither code nor the spare picture."""
    panel = voila.open(page)
    expect(page).to_have_title("inflight-lab")
    expect(page.locator(".jp-InputArea:visible, .ifl-picture:visible")).to_have_count(0)
    assert "import" not in page.locator("body").inner_text()
    flow = panel.plot.locator(".ifl-flow canvas").bounding_box()
    assert flow
    assert flow["height"] > 300
    box = page.locator(".ifl-panel").bounding_box()
    assert box
    assert box["width"] > 1100


def test_on_a_phone_the_picture_comes_first(voila: StudentPage, page: Page) -> None:
    """In its own size, and the limit stays in reach below it."""
    page.set_viewport_size({"width": 390, "height": 844})
    panel = voila.open(page)
    assert page.locator(".ifl-panel").evaluate("e => e.currentCSSZoom") == 1
    flow = panel.plot.locator(".ifl-flow canvas").bounding_box()
    limit = panel.limit.bounding_box()
    assert flow
    assert limit
    assert flow["y"] < limit["y"]
    expect(panel.limit).to_be_in_viewport()


def test_the_panel_runs_drags_and_stops(voila: StudentPage, page: Page) -> None:
    """As in a notebook: in flight follows the slider, between runs as well, by pointer
    and by key.
    """
    panel = voila.open(page)
    panel.drag("latency", 0.5)  # so that the run lasts until all this is done
    panel.press("Run")
    panel.expect(in_flight=3, limit=3, live=True)
    limit = panel.drag("limit", 0.4)
    panel.expect(limit=limit, in_flight=limit)
    for key, more in (("ArrowRight", 1), ("PageUp", 6)):
        panel.key(key)
        panel.expect(limit=limit + more, in_flight=limit + more)
    panel.press("Stop")
    panel.expect_end()
    panel.key("Home")
    panel.press("Run")
    panel.expect(limit=1, in_flight=1)
    panel.press("Stop")
    panel.expect_end()


def test_each_page_has_a_kernel_of_its_own_that_ends_with_it(
    voila: StudentPage, new_page: Callable[[], Page], end: str
) -> None:
    """Two pages, two kernels; a page that is closed in mid-run, or lost, leaves neither
    kernel nor port.
    """
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


BEEN_HERE = {"Cookie": "inflight-lab-page=1"}
"""What the page's own script leaves in a browser."""
SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "eA==",
}


class Foreign(NamedTuple):
    """A request that is not for this page, and what the refusal says."""

    headers: dict[str, str]
    reason: str
    path: str = ""


ANOTHER_SITE = "requests from other websites"


@pytest.mark.parametrize(
    "request_",
    [
        Foreign(
            headers={"Host": "evil.example"},
            reason="'evil.example'. Its owner can add --name=evil.example",
        ),
        Foreign(
            headers={"Host": "127.0.0.1.evil.example:8866"},
            reason="--name=127.0.0.1.evil.example",
        ),
        Foreign(
            headers={"Host": "evil.example"},
            reason="--name=evil.example",
            path="voila/static/voila.js",
        ),
        Foreign(headers={"Origin": "http://evil.example"}, reason=ANOTHER_SITE),
        Foreign(headers={"Origin": "null"}, reason=ANOTHER_SITE),
        Foreign(headers={"Origin": "http://["}, reason=ANOTHER_SITE),
        Foreign(headers={"Origin": "http://127.0.0.1:1"}, reason=ANOTHER_SITE),
        Foreign(
            headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
            reason=ANOTHER_SITE,
        ),
        Foreign(
            headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"},
            reason=ANOTHER_SITE,
        ),
        Foreign(
            headers={"Origin": "http://evil.example", **SOCKET},
            reason=ANOTHER_SITE,
            path="api/kernels/1/channels",
        ),
    ],
    ids=lambda each: f"{each.path} {each.headers}"[:60],
)
def test_what_is_not_for_this_page_is_refused(
    voila: StudentPage, request_: Foreign
) -> None:
    """Who asks by a name that is not this computer's, or from another site, is told why
    not, and starts no kernel.
    """
    before = kernels_of(voila)
    answer = httpx.get(
        voila.address + request_.path,
        headers=BEEN_HERE | request_.headers,
        timeout=60,
    )
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert request_.reason in answer.text
    assert kernels_of(voila) <= before  # one of an earlier page may just be ending


OWN_NAME = socket.gethostname()
HOSTS = [
    "localhost",
    "LOCALHOST:1",
    "127.0.0.1:8866",
    "192.168.1.5:8866",
    "[::1]:8866",
    "[fe80::1]",
    OWN_NAME,
    f"{OWN_NAME.partition('.')[0]}.local:8866",
    "panel.example",
]


@pytest.mark.parametrize("host", HOSTS)
def test_at_its_own_names_and_any_address_it_opens(
    voila: StudentPage, host: str
) -> None:
    """What students may have typed, or a proxy says; and what has no cookie of the page
    starts no kernel.
    """
    before = kernels_of(voila)
    answer = httpx.get(voila.address, headers={"Host": host}, timeout=60)
    assert answer.status_code == 200
    assert "location.reload()" in answer.text
    assert not kernels_of(voila) - before


def test_a_page_of_another_site_starts_no_kernel(
    voila: StudentPage, foreign_site: int, browser: Browser
) -> None:
    """Not by pictures, frames or scripts, though a person has been here before; a link
    does open it.
    """
    with browser.new_context() as context:
        page = context.new_page()
        voila.open(page)
        before = kernels_of(voila)
        statuses: list[int] = []

        def note(response: Response) -> None:
            if response.url == voila.address:
                statuses.append(response.status)

        page.on("response", note)
        # In a page of its own: the one above stays, and so does its kernel.
        with context.expect_page() as opened:
            page.evaluate("address => open(address)", f"{EVIL}:{foreign_site}/")
        evil = opened.value
        evil.on("response", note)
        evil.wait_for_load_state()
        for element in ("img", "img", "script", "iframe"):
            evil.evaluate(LOAD, [element, voila.address])
        evil.evaluate(
            "address => fetch(address, { mode: 'no-cors', credentials: 'include' })",
            voila.address,
        )
        assert statuses == [403] * 5
        evil.goto(voila.address.replace("http://127.0.0.1", EVIL))
        assert "not served at 'evil.example'" in evil.inner_text("body")
        assert kernels_of(voila) <= before  # one of an earlier page may just be ending

        evil.goto(f"{EVIL}:{foreign_site}/")
        evil.set_content(f'<a href="{voila.address}">a link</a>')
        evil.click("a")
        evil.locator(".ifl-stage").wait_for()
        assert len(kernels_of(voila) - before) == 1


LOAD = """
([name, address]) => new Promise((resolve) => {
  const element = Object.assign(document.createElement(name), { src: address });
  element.onload = element.onerror = resolve;
  document.body.append(element);
})
"""


def test_no_more_pages_than_allowed(tmp_path: Path, browser: Browser) -> None:
    """One too many says so, and how many there may be; it opens by itself as soon as
    the kernels of pages that nobody ever looked at have ended.
    """
    voila = StudentPage(tmp_path, *QUICK, "--pages=2")
    try:
        with ThreadPoolExecutor() as pool:  # at the same moment
            answers = [
                pool.submit(httpx.get, voila.address, headers=BEEN_HERE, timeout=60)
                for _ in range(4)
            ]
        full = [
            answer.result() for answer in answers if answer.result().status_code == 503
        ]
        assert len(full) == 2
        assert (
            "As many pages are open as this computer allows at once: 2." in full[0].text
        )
        lost = kernels_of(voila)
        assert len(lost) == 2

        page = browser.new_page()
        page.goto(voila.address)
        expect(page.locator("body")).to_contain_text("allows at once: 2.")
        assert all(gone(kernel) for kernel in lost)
        page.locator(".ifl-stage").wait_for(timeout=60_000)
        assert len(kernels_of(voila)) == 1
        page.close()
    finally:
        voila.close()


def test_a_page_whose_server_has_ended_says_so(
    tmp_path: Path, page: Page, errors: list[str]
) -> None:
    """It is announced, the picture stays, and the page can be loaded again."""
    voila = StudentPage(tmp_path)
    try:
        panel = voila.open(page)
        panel.press("Run")
        panel.expect(in_flight=3)
        expect(page.get_by_role("alert")).to_have_count(0)
    finally:
        voila.close()
    ended = page.get_by_role("alert")
    expect(ended).to_contain_text("The server of this page has ended.")
    expect(ended.get_by_role("button", name="Load the page again")).to_be_in_viewport()
    expect(panel.plot.locator(".ifl-flow canvas")).to_be_visible()
    page.goto("about:blank")  # it goes on looking
    errors.clear()  # what Voilà says about its lost kernel


def test_a_missing_voila_is_named(tmp_path: Path) -> None:
    """Without the extra, the command says what to install."""
    blocked = """
import sys
sys.modules["voila"] = None
from inflight_lab.cli import main
main(["student-page"])
"""
    run = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, cwd=tmp_path
    )
    assert run.returncode == 1
    assert 'pip install "inflight-lab[voila]"' in run.stderr
    assert "uv run --extra voila inflight-lab student-page" in run.stderr


def kernels_of(voila: StudentPage) -> set[psutil.Process]:
    return set(psutil.Process(voila.process.pid).children())


def gone(kernel: psutil.Process) -> bool:
    _, alive = psutil.wait_procs([kernel], timeout=30)
    return not alive


def listening(kernel: psutil.Process) -> set[int]:
    return {
        each.laddr.port
        for each in kernel.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    }


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def is_practice_server(port: int) -> bool:
    """Whether it answers in HTTP; the kernel's other ports greet in ZeroMQ's way.

    httpx would wait for more than that greeting, at each of them, until it gives up.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /get HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return connection.recv(4096).startswith(b"HTTP/1.1 200")

"""The practice server's socket and thread: what a process around it can do to them."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import sys
import urllib.request

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.lesson.server.socket import use_no_proxy_for
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio


async def test_idle_connections_outlive_the_clients_patience(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """A client that reuses a connection up to its own limit never finds it closed by
    the server.
    """
    await client.get(server.url)
    (connection,) = server._listener.state.connections
    await until(lambda: connection.timeout_keep_alive_task is not None)
    timer = connection.timeout_keep_alive_task
    client_keeps = httpx.Limits().keepalive_expiry
    assert client_keeps
    assert timer.when() - connection.loop.time() > 2 * client_keeps


def test_who_has_just_come_in_is_put_out_too() -> None:
    """A connection that is made as the server stops is closed like the others; else
    Python would warn.
    """
    for _ in range(20):
        server = PracticeServer(latency=0).start()
        with contextlib.ExitStack() as opened:
            for _ in range(3):
                address = ("127.0.0.1", server.port)
                opened.enter_context(socket.create_connection(address, PATIENCE))
            server.stop()
    gc.collect()  # what it finds open makes this test fail


FEW_FILES = """
import resource, socket
from inflight_lab import PracticeServer
server = PracticeServer(latency=0).start()
clients = [socket.socket() for _ in range(12)]
lowest_free = socket.socket().fileno()
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 3, most))
for each in clients:
    each.connect(("127.0.0.1", server.port))
last = clients.pop()
last.settimeout(0.5)
last.sendall(b"GET /get HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
try:
    last.recv(1)
except TimeoutError:
    print("waits")
for each in clients:
    each.close()
last.settimeout(30)
print(last.recv(15))
"""


def test_with_few_files_clients_wait_and_one_line_says_so() -> None:
    """Connections that the system allows no more wait until others are closed, and are
    answered then.
    """
    pytest.importorskip("resource")
    command = [sys.executable, "-c", FEW_FILES]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines() == ["waits", "b'HTTP/1.1 200 OK'"]
    (line,) = ran.stderr.splitlines()
    assert line.startswith("The practice server has to let a client wait: [Errno 24]")


@pytest.mark.skipif(
    not hasattr(socket, "SO_BINDTODEVICE"),
    reason="only Linux answers on all of 127.0.0.0/8",
)
def test_listens_on_one_address_only(server: PracticeServer) -> None:
    """Bound to 127.0.0.1 and not to every address: its neighbour 127.0.0.2 finds
    nobody.
    """
    socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


# ---- a request to a practice server goes to no proxy, and others as before


NOBODY = "http://127.0.0.1:9"
HOST = "127.0.0.1"


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names no proxy, whatever it does on this machine, until the test's end."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy")
    }
    monkeypatch.setattr(os, "environ", others)


@pytest.mark.usefixtures("no_proxies")
def test_a_proxy_is_not_asked() -> None:
    """While one server runs or two, and after; other exceptions stay, once each."""
    os.environ |= {"HTTP_PROXY": NOBODY, "all_proxy": NOBODY, "NO_PROXY": "example.org"}
    with PracticeServer(latency=0) as server:
        assert httpx.get(server.url).status_code == 200
        with PracticeServer(latency=0) as second:
            assert httpx.get(second.url).status_code == 200
        assert httpx.get(server.url).status_code == 200
    assert urllib.request.getproxies()["no"] == f"example.org,{HOST}"
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://api.example/get")


@pytest.mark.parametrize(
    "named",
    [
        {"NO_PROXY": "example.org"},
        {"ftp_proxy": NOBODY},
        {"http_proxy": NOBODY, "no_proxy": "example.org, 127.0.0.1"},
        {"http_proxy": NOBODY, "no_proxy": "*"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("no_proxies")
def test_nothing_is_changed_without_need(named: dict[str, str]) -> None:
    """No proxy for HTTP, or one that is not used for this machine anyway."""
    os.environ |= named
    before = dict(os.environ)
    use_no_proxy_for(HOST)
    assert os.environ == before


@pytest.mark.usefixtures("no_proxies")
def test_the_proxies_of_the_systems_settings_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows and macOS they count while the environment names none: other sites
    still go through them.
    """
    settings = {"http": NOBODY, "https": NOBODY}

    def getproxies() -> dict[str, str]:
        return urllib.request.getproxies_environment() or settings

    monkeypatch.setattr(urllib.request, "getproxies", getproxies)
    use_no_proxy_for(HOST)
    assert getproxies() == settings | {"no": HOST}

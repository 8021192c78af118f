"""The practice server's socket and thread: what a process around it can do to them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import naive
from inflight_lab.server import app
from tests.support.waiting import PATIENCE, practice_threads, until

pytestmark = pytest.mark.anyio


async def test_idle_connections_outlive_the_clients_patience(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """A client that reuses a connection up to its own limit never finds it closed by
    the server.
    """
    await client.get(server.url)
    assert server._listener
    (connection,) = server._listener.state.connections
    await until(lambda: connection.timeout_keep_alive_task is not None)
    timer = connection.timeout_keep_alive_task
    assert timer
    client_keeps = httpx.Limits().keepalive_expiry
    assert client_keeps
    assert timer.when() - connection.loop.time() > 2 * client_keeps


async def test_an_answer_has_its_date(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """``Retry-After`` may be a date, and is read against the server's own, which goes
    on.
    """

    async def date() -> datetime:
        return parsedate_to_datetime((await client.get(server.url)).headers["Date"])

    first = await date()
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)
    server.latency = 0.05
    async with asyncio.timeout(PATIENCE):
        while await date() == first:
            pass


@pytest.mark.parametrize("in_flight", [0, 3])
async def test_a_stop_waits_for_no_clock(
    server: PracticeServer,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    in_flight: int,
) -> None:
    """Neither idle connections nor slow answers hold it up: every notebook and test
    stops servers.
    """
    await client.get(server.url)
    server.latency = 600
    asked = [asyncio.create_task(client.get(server.url)) for _ in range(in_flight)]
    await until(lambda: server.stats().in_flight == in_flight)
    waits: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        if threading.current_thread() is server._listener:
            waits.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    await asyncio.to_thread(server.stop)
    assert set(waits) == {0}
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
    assert practice_threads() == []
    assert server.stats().cancelled == in_flight


def test_who_has_just_come_in_is_put_out_too() -> None:
    """A connection that is made as the server stops is closed like the others; else
    Python would warn.
    """
    for _ in range(20):
        server = PracticeServer(latency=0).start()
        with contextlib.ExitStack() as opened:
            for _ in range(3):
                opened.enter_context(
                    socket.create_connection(("127.0.0.1", server.port), PATIENCE)
                )
            server.stop()
    gc.collect()  # what it finds open makes this test fail


async def test_the_loop_is_asyncios_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed uvloop, which uvicorn would take, is not taken, by the rest of the
    process neither.
    """
    pytest.importorskip("uvloop")
    loops: list[asyncio.AbstractEventLoop] = []

    async def note(*_: object) -> bool:
        loops.append(asyncio.get_running_loop())
        return False

    monkeypatch.setattr("inflight_lab.server.app._disconnected_within", note)
    with PracticeServer(latency=0) as server:
        async with httpx.AsyncClient() as client:
            await client.get(server.url)
    with contextlib.closing(asyncio.new_event_loop()) as of_the_process:
        loops.append(of_the_process)
    assert [type(loop).__module__.partition(".")[0] for loop in loops] == [
        "asyncio",
        "asyncio",
    ]


def test_start_and_stop_from_several_threads() -> None:
    """Eight threads that start and stop one server at the same moments leave one
    server, then none.
    """
    server = PracticeServer(latency=0)
    for _ in range(5):
        at_once(server.start)
        assert len(practice_threads()) == 1
        assert httpx.get(server.url).status_code == 200
        at_once(server.stop)
        assert practice_threads() == []
    at_once(server.start, server.stop)
    server.stop()
    assert practice_threads() == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def at_once(*calls: Callable[[], object]) -> None:
    """Make each call in eight threads, all let go at the same moment."""
    gate = threading.Barrier(8 * len(calls))
    threads = [
        threading.Thread(target=lambda call=call: (gate.wait(PATIENCE), call()))
        for call in 8 * list(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)


FEW_FILES = """
import resource, socket, sys
import httpx
from inflight_lab import PracticeServer
from inflight_lab.runners import naive

def allow(more):
    last = socket.socket()  # takes the lowest number that is free
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (last.fileno() + more, most))
    last.close()
"""


def few_files(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script whose process may open only so many files more."""
    pytest.importorskip("resource")
    return subprocess.run(
        [sys.executable, "-c", FEW_FILES + script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_with_few_files_clients_wait_and_one_line_says_so() -> None:
    """Connections that the system allows no more wait until others are closed, and are
    answered then.
    """
    run = few_files("""
server = PracticeServer(latency=0).start()
clients = [socket.socket() for _ in range(12)]
allow(3)
for each in clients:
    each.connect(("127.0.0.1", server.port))
last = clients.pop()
last.settimeout(1.5)
last.sendall(b"GET /get HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
try:
    last.recv(1)
except TimeoutError:
    print("waits")
for each in clients:
    each.close()
last.settimeout(30)
print(last.recv(15))
""")
    assert run.stdout.splitlines() == ["waits", "b'HTTP/1.1 200 OK'"]
    reason = "[Errno 24] Too many open files"
    assert run.stderr == f"The practice server has to let a client wait: {reason}\n"


def test_with_too_few_files_to_start_it_is_an_error() -> None:
    """It is raised where the server is started, and the server can be started later."""
    run = few_files("""
server = PracticeServer(latency=0)
allow(2)
try:
    server.start()
except OSError as error:
    print(error, server.running)
allow(50)
with server:
    print(httpx.get(server.url).status_code)
""")
    assert run.stdout.splitlines() == ["[Errno 24] Too many open files False", "200"]


async def test_two_servers_at_once() -> None:
    """Each has its own port, quota and memory."""
    with (
        PracticeServer(latency=0, quota="gcra", rate=1, period=3600) as strict,
        PracticeServer(latency=0) as lenient,
    ):
        assert strict.port != lenient.port
        async with httpx.AsyncClient() as client:
            for server in (strict, lenient):
                for _ in range(3):
                    await client.get(server.url)
        assert (strict.stats().accepted, strict.stats().refused) == (1, 2)
        assert (lenient.stats().accepted, lenient.stats().refused) == (3, 0)


def test_taken_port_is_an_error(server: PracticeServer) -> None:
    """A taken port is an ``OSError`` at once; the first server goes on, and no thread
    is left.
    """
    threads = practice_threads()
    second = PracticeServer(latency=0, port=server.port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    assert not second.running
    assert practice_threads() == threads
    assert httpx.get(server.url).status_code == 200


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


async def test_start_and_stop_as_often_as_you_like() -> None:
    """Start twice is one server, stop twice is no error, and a stopped server starts
    again where it was.
    """
    server = PracticeServer(latency=0)
    server.stop()
    assert not server.running
    assert server.start() is server
    url, threads = server.url, practice_threads()
    server.start()
    assert practice_threads() == threads
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        await asyncio.to_thread(httpx.get, url)
    async with server:
        assert server.url == url
        assert server.running
        async with httpx.AsyncClient() as client:
            assert (await client.get(url)).status_code == 200
    assert practice_threads() == []


async def test_client_that_hangs_up_counts_as_cancelled(server: PracticeServer) -> None:
    """The server sees a client give up, and stops counting it as in flight."""
    server.latency = 600
    async with httpx.AsyncClient(timeout=httpx.Timeout(PATIENCE, read=0.1)) as client:
        outcomes = await naive.make_many_requests(
            server.url, 5, client=client, return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [httpx.ReadTimeout] * 5
    await until(lambda: server.stats().cancelled == 5)
    assert server.stats().in_flight == 0


@pytest.fixture
def connection(server: PracticeServer) -> Iterator[socket.socket]:
    """A connection to the server, for what no client would send."""
    with socket.create_connection(
        ("127.0.0.1", server.port), timeout=PATIENCE
    ) as connection:
        yield connection


def test_a_request_for_a_websocket_is_answered_as_any_other(
    server: PracticeServer, connection: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is advised to install something, and the connection stays usable."""
    lines = ["GET /get HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    upgrade = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: eA==",
    ]
    connection.sendall("\r\n".join([*lines, *upgrade, "", ""]).encode())
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"this is no HTTP\r\n\r\n")
    while connection.recv(65536):
        pass
    server.stop()
    assert caplog.messages == []


async def test_a_request_that_raises_is_not_left_in_flight(
    server: PracticeServer,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fault of the server's own is a 500 that counts as failed, and shows where it
    was.
    """

    def fail(*_: object) -> None:
        raise ArithmeticError("no such latency")

    monkeypatch.setattr(app, "_disconnected_within", fail)
    assert (await client.get(server.url)).status_code == 500
    monkeypatch.undo()
    assert (server.stats().in_flight, server.stats().failed) == (0, 1)
    async with httpx.AsyncClient() as another:  # uvicorn closes the connection
        assert (await another.get(server.url)).status_code == 200
    await asyncio.to_thread(server.stop)
    assert "ArithmeticError: no such latency" in caplog.text

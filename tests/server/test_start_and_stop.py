"""Starting and stopping the practice server."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import naive, semaphore
from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.waiting import PATIENCE, practice_threads, until

pytestmark = pytest.mark.anyio


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


async def test_stop_with_requests_in_flight(capfd: pytest.CaptureFixture[str]) -> None:
    """Stop does not wait for slow answers: clients get an error, the thread is gone,
    nothing is printed.
    """
    server = PracticeServer(latency=600).start()
    run = asyncio.create_task(
        semaphore.make_many_requests(server.url, 40, limit=20, return_exceptions=True)
    )
    await until(lambda: server.stats().in_flight == 20)
    started = time.perf_counter()
    await asyncio.to_thread(server.stop)
    assert time.perf_counter() - started < PATIENCE  # and not 600 s
    assert not server.running
    assert practice_threads() == []
    async with asyncio.timeout(PATIENCE):
        outcomes = await run
    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
    assert len(outcomes) == 40
    stats = server.stats()
    assert (stats.in_flight, stats.cancelled, stats.accepted) == (0, 20, 0)
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", "")


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


async def test_without_a_socket() -> None:
    """The same app inside ``httpx.ASGITransport``: what the browser build does."""
    app = PracticeApp(latency=0.02, quota="fixed-window", rate=12, period=3600)
    async with client_of(app) as client:
        outcomes = await semaphore.make_many_requests(
            "http://127.0.0.1/get", 20, limit=4, client=client, return_exceptions=True
        )
    assert isinstance(outcomes[0], httpx.Response)
    assert outcomes[0].json()["url"] == "http://127.0.0.1/get"
    stats = app.stats()
    assert (stats.peak_in_flight, stats.accepted, stats.refused) == (4, 12, 8)
    assert practice_threads() == []

"""Requests that are too large, never end, ask for a WebSocket or fail: none holds the
server up.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.sizes import MAX_BODY
from tests.support.asgi import client_of
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> PracticeApp:
    """One request is all that the quota allows: whatever is counted is noticed."""
    return PracticeApp(latency=0, quota="sliding-window", rate=1, period=3600)


async def test_a_large_body_is_refused(app: PracticeApp) -> None:
    """With the status and a line that says how large it may be; it counts nowhere."""
    async with client_of(app) as client:
        large = b"x" * (MAX_BODY + 1)
        response = await client.request("GET", "/get", content=large)
        assert response.status_code == 413
        assert response.text == "the body may have 1048576 bytes"
        assert app.stats().started == 0
        response = await client.request("GET", "/get", content=large[1:])
        assert response.status_code == 200  # the one request that the quota allows


async def test_what_a_lesson_sends_is_small_enough(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Many parameters and a long header come back whole."""
    names = [f"a{number:04}" for number in range(3000)]
    query = "&".join(f"{name}=1" for name in names)
    headers = {"User-Agent": "x" * 16_000}
    response = await client.get(f"{server.url}?{query}", headers=headers)
    assert response.status_code == 200
    assert list(response.json()["args"]) == names
    assert response.json()["headers"]["User-Agent"] == headers["User-Agent"]


async def test_a_body_without_a_length_is_refused_while_it_comes(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """It is in flight when its size shows: it ends there, as one that failed, and the
    rest is thrown away.
    """
    server.latency = 600

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 65536 + 5):
            yield b"x" * 65536

    response = await client.request("GET", server.url, content=parts())
    assert response.status_code == 413
    assert str(MAX_BODY) in response.text
    await until(lambda: server.stats().failed == 1)
    assert server.stats().in_flight == 0


@pytest.fixture
def connection(server: PracticeServer) -> Iterator[socket.socket]:
    """A connection to the server, for what no client would send."""
    with socket.create_connection(
        ("127.0.0.1", server.port), timeout=PATIENCE
    ) as connection:
        yield connection


@pytest.mark.parametrize(
    "beginning",
    [b"GET /get?", b"GET /get HTTP/1.1\r\nX-Long: "],
    ids=["URL", "header field"],
)
def test_a_head_that_does_not_end(
    server: PracticeServer, connection: socket.socket, beginning: bytes
) -> None:
    """The server gives up on it after some 64 kB, and keeps nothing of it."""
    connection.sendall(beginning)
    sent, answer = 0, b""
    with contextlib.suppress(ConnectionError):
        while sent < 8_000_000:
            sent += connection.send(b"x" * 4096)
    assert sent < 8_000_000
    with contextlib.suppress(
        ConnectionError
    ):  # the system may throw the answer away with what was not read
        answer = connection.recv(4096)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert server.stats().started == 0
    assert httpx.get(server.url).status_code == 200


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

    def fail() -> float:
        raise ArithmeticError("no such latency")

    monkeypatch.setattr(server, "_draw_latency", fail)
    assert (await client.get(server.url)).status_code == 500
    monkeypatch.undo()
    assert (server.stats().in_flight, server.stats().failed) == (0, 1)
    async with httpx.AsyncClient() as another:  # uvicorn closes the connection
        assert (await another.get(server.url)).status_code == 200
    await asyncio.to_thread(server.stop)
    assert "ArithmeticError: no such latency" in caplog.text

"""The practice server in a browser page, where there are no sockets.

Requests still go through httpx's own pool, with its 100 connections and its timeouts,
but each `_Connection` calls the app.  Latency, quotas and 429s are the same.  Only the
bytes on a wire are missing, and their time.
"""

import asyncio
import errno
import itertools
import math
import sys
import time
from typing import Literal

import httpcore
import httpx
from starlette.types import ASGIApp

from inflight_lab.lesson.pyodide import behave_as_on_a_computer
from inflight_lab.lesson.server.app import LOOPBACK_NAMES

WIRE = 0.001
"""Seconds that a request takes at least.  A page draws, and reacts to buttons, only
while Python waits."""

# Module-level, as a computer has one set of ports for all of its programs.
_free_ports = itertools.count(49152)  # for private use: RFC 6335, section 6
_listening: dict[int, "PageListener"] = {}


class PageListener:
    """Answers at a port that exists inside this Python only."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.port = port or next(_free_ports)
        if self.port in _listening:
            raise OSError(errno.EADDRINUSE, f"port {port} is in use")
        self._app = app
        self._calls: set[asyncio.Timeout] = set()
        _listening[self.port] = self
        if sys.platform == "emscripten":
            behave_as_on_a_computer(create_connection)

    def close(self) -> None:
        """Hang up on everyone who waits for an answer."""
        del _listening[self.port]
        for call in self._calls:
            if not call.expired():
                call.reschedule(0)

    async def answer(
        self, request: httpx.Request, *, within: float | None
    ) -> httpx.Response:
        """Let the app answer ``request``.

        Raises what httpcore raises: ``ReadTimeout`` after ``within`` seconds,
        ``RemoteProtocolError`` when the server is stopped meanwhile.
        """
        try:
            async with asyncio.timeout(within) as call:
                self._calls.add(call)
                await asyncio.sleep(WIRE)
                transport = httpx.ASGITransport(self._app)
                return await transport.handle_async_request(request)
        except TimeoutError:
            if _listening.get(self.port) is self:
                raise httpcore.ReadTimeout from None
            raise httpcore.RemoteProtocolError(
                "Server disconnected without sending a response."
            ) from None
        finally:
            self._calls.discard(call)


def listener_at(origin: httpcore.Origin) -> PageListener:
    """Find who listens at ``origin``; ``httpcore.ConnectError`` if nobody does."""
    if origin.host.decode() not in LOOPBACK_NAMES:
        raise httpcore.ConnectError(
            f"in a browser page only a PracticeServer can be reached, not {origin}: "
            "other sites take a Python on your own computer"
        )
    listener = _listening.get(origin.port)
    if listener is None:
        raise httpcore.ConnectError(f"no PracticeServer is running at {origin}")
    return listener


class _Connection(httpcore.AsyncConnectionInterface):
    """A connection of httpx's own pool that calls the server instead of using a socket.

    `can_handle_request` has to be quick: at each event, the pool asks it of every
    connection for every request that waits.
    """

    def __init__(self, origin: httpcore.Origin, keepalive_expiry: float | None) -> None:
        self._origin = origin
        self._kept_for = keepalive_expiry
        self._state: Literal["new", "busy", "idle", "closed"] = "new"
        self._expires = math.inf

    async def handle_async_request(
        self, request: httpcore.Request
    ) -> httpcore.Response:
        if self._state not in ("new", "idle"):
            raise httpcore.ConnectionNotAvailable
        self._state = "busy"
        try:
            await _trace_sending(request)
            within = request.extensions.get("timeout", {}).get("read")
            listener = listener_at(self._origin)
            answer = await listener.answer(_as_httpx(request), within=within)
        except BaseException:
            self._state = "closed"
            raise
        self._state = "idle"  # the body is here already
        if self._kept_for is not None:
            self._expires = time.monotonic() + self._kept_for
        return httpcore.Response(
            answer.status_code,
            headers=answer.headers.raw,
            content=answer.stream,
            # As where there are sockets, it tells which connection it was.
            extensions={"network_stream": self},
        )

    async def aclose(self) -> None:
        self._state = "closed"

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._state == "idle" and origin == self._origin

    def is_idle(self) -> bool:
        return self._state == "idle"

    is_available = is_idle

    def is_closed(self) -> bool:
        return self._state == "closed"

    def has_expired(self) -> bool:
        if self._state != "idle":
            return False
        server_has_stopped = self._origin.port not in _listening
        return server_has_stopped or time.monotonic() > self._expires


async def _trace_sending(request: httpcore.Request) -> None:
    """Report one step as httpcore does: the request has its connection.

    It is the only step that the package looks at.
    """
    trace = request.extensions.get("trace")
    if trace is not None:
        await trace("http11.send_request_headers.started", {})


def _as_httpx(request: httpcore.Request) -> httpx.Request:
    return httpx.Request(
        request.method.decode(),
        bytes(request.url).decode(),
        headers=request.headers,
        stream=request.stream,  # type: ignore[arg-type]  # what httpx handed over
    )


def create_connection(
    pool: httpcore.AsyncConnectionPool, origin: httpcore.Origin
) -> _Connection:
    """Make a connection for httpx's own pool, in place of its method of this name."""
    return _Connection(origin, pool._keepalive_expiry)

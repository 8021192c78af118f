"""What the practice server listens with where there are no sockets: in a browser page.

httpx reaches it through `_Connection`: requests still go through httpx's own pool, with
its 100 connections and its timeouts, and the app answers with the same latency, quotas
and 429s.  Only the bytes on a wire are missing, and the time that they would take.
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

from inflight_lab.jupyter.pyodide import behave_as_on_a_computer
from inflight_lab.server.app import LOOPBACK_NAMES

WIRE = 0.001
"""Seconds that a request takes at least.  Without a wait a page would neither draw nor hear a button."""

_free_ports = itertools.count(49152)  # for private use: RFC 6335, section 6
_listening: dict[int, "Listener"] = {}


class Listener:
    """Answers at a port that exists inside this Python only."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.port = port or next(_free_ports)
        if self.port in _listening:
            raise OSError(errno.EADDRINUSE, f"port {port} is in use")
        self._app = httpx.ASGITransport(app)
        self._calls: set[asyncio.Timeout] = set()
        _listening[self.port] = self
        if sys.platform == "emscripten":
            behave_as_on_a_computer(create_connection)

    def is_alive(self) -> bool:
        """Whether it answers."""
        return _listening.get(self.port) is self

    def close(self) -> None:
        """Hang up on all that wait for an answer."""
        del _listening[self.port]
        for call in self._calls:
            if not call.expired():
                call.reschedule(0)

    async def answer(
        self, request: httpx.Request, *, within: float | None
    ) -> httpx.Response:
        """What the app answers.

        Raises what httpcore raises: ``ReadTimeout`` after ``within`` seconds,
        ``RemoteProtocolError`` when the server is stopped meanwhile.
        """
        try:
            async with asyncio.timeout(within) as call:
                self._calls.add(call)
                await asyncio.sleep(WIRE)
                return await self._app.handle_async_request(request)
        except TimeoutError:
            if self.is_alive():
                raise httpcore.ReadTimeout from None
            raise httpcore.RemoteProtocolError(
                "Server disconnected without sending a response."
            ) from None
        finally:
            self._calls.discard(call)


def listener_at(origin: httpcore.Origin) -> Listener:
    """Who listens there; ``httpcore.ConnectError`` if nobody does."""
    if origin.host.decode() not in LOOPBACK_NAMES:
        raise httpcore.ConnectError(
            f"in a browser page only a PracticeServer can be reached, not {origin}: "
            "other sites take a Python on your own computer"
        )
    if (listener := _listening.get(origin.port)) is None:
        raise httpcore.ConnectError(f"no PracticeServer is running at {origin}")
    return listener


class _Connection(httpcore.AsyncConnectionInterface):
    """A connection of httpx's own pool that calls the server in place of writing to a socket.

    The pool asks `can_handle_request` of each one for each request that waits, at each
    event: so it is brief.
    """

    def __init__(self, origin: httpcore.Origin, keepalive_expiry: float | None) -> None:
        self._origin, self._kept_for = (
            origin,
            math.inf if keepalive_expiry is None else keepalive_expiry,
        )
        self._state: Literal["new", "busy", "idle", "closed"] = "new"
        self._expires = math.inf

    async def handle_async_request(
        self, request: httpcore.Request
    ) -> httpcore.Response:
        if self._state not in ("new", "idle"):
            raise httpcore.ConnectionNotAvailable
        new, self._state = self._state == "new", "busy"
        try:
            if trace := request.extensions.get(
                "trace"
            ):  # the steps of httpcore's own that somebody looks at
                if new:
                    await trace("connection.connect_tcp.complete", {})
                await trace("http11.send_request_headers.started", {})
            asked = httpx.Request(
                request.method.decode(),
                bytes(request.url).decode(),
                headers=request.headers,
                stream=request.stream,  # type: ignore[arg-type]  # it is the one that httpx handed over
            )
            within = request.extensions.get("timeout", {}).get("read")
            answer = await listener_at(self._origin).answer(asked, within=within)
        except BaseException:
            self._state = "closed"
            raise
        self._state, self._expires = (
            "idle",
            time.monotonic() + self._kept_for,
        )  # the body is here already
        return httpcore.Response(
            answer.status_code,
            headers=answer.headers.raw,
            content=answer.stream,
            extensions={
                "network_stream": self
            },  # as where there are sockets: which connection it was
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
        gone = self._origin.port not in _listening
        return self._state == "idle" and (gone or time.monotonic() > self._expires)


def create_connection(
    pool: httpcore.AsyncConnectionPool, origin: httpcore.Origin
) -> _Connection:
    """One more connection for httpx's own pool: takes the place of the pool's method of this name."""
    return _Connection(origin, pool._keepalive_expiry)

"""Listens in the connectors of aiohttp, through which each request gets a connection.

A redirect, or a request that aiohttp repeats, is a request of its own.
"""

import asyncio
import weakref
from typing import Any

from inflight_lab.watch.events import Note
from inflight_lab.watch.import_hook import Function
from inflight_lab.watch.probes.probe import HOST_HEADER, Probe

LOOPBACK = "127.0.0.1"

_used_protocols: weakref.WeakSet[Any] = weakref.WeakSet()
"""Those of connections that had a request before."""


class AiohttpProbe(Probe):
    """Notes one request of aiohttp: to ``connector``, before it has a connection."""

    library = "aiohttp"
    request_errors = frozenset(
        {
            "ClientConnectionError",
            "ClientPayloadError",
            "CancelledError",
            "TimeoutError",
        }
    )

    def __init__(self, note: Note, connector: Any, request: Any) -> None:
        super().__init__(note)
        self._is_released = False
        self._response: weakref.ref[Any] | None = None
        self.asked(
            connector,
            request.method,
            str(request.url),
            headers=request.headers,
            max_connections=_most_connections(connector),
            max_idle=0 if connector.force_close else connector.limit,
        )

    def connected(self, request: Any, connection: Any) -> None:
        """Note that ``request`` goes out, and listen to what comes back."""
        protocol = connection.protocol
        if protocol not in _used_protocols:
            _used_protocols.add(protocol)
            self.connections_opened = 1
        self.sent()
        connection.add_callback(self._on_release)
        self._listen_to_send(request)

    def _listen_to_send(self, request: Any) -> None:
        send = request.send

        async def noted_send(connection: Any) -> Any:
            vars(request).pop("send")
            try:
                response = await send(connection)
            except BaseException as error:
                self.failed(error)
                raise
            self._listen_to_start(response)
            return response

        request.send = noted_send

    def _listen_to_start(self, response: Any) -> None:
        start = response.start

        async def noted_start(connection: Any) -> Any:
            vars(response).pop("start")
            try:
                await start(connection)
            except BaseException as error:
                self.failed(error)
                raise
            self._received(response)
            return response

        response.start = noted_start

    def _received(self, response: Any) -> None:
        self.answered(response.status, response.raw_headers)
        if self.keeps_body:
            self._response = weakref.ref(response)
        is_websocket = self.status == 101
        if self._is_released or is_websocket:
            self._end()

    def _on_release(self) -> None:
        """Its connection is free: the body is complete, or nobody wants the rest."""
        self._is_released = True
        if self.status:  # otherwise the response starts just now
            self._end()

    def _end(self) -> None:
        if self._response is not None:
            self.body = _unread(self._response())
        self.closed()


def _unread(response: Any) -> bytes:
    """What has come of the body; the caller may still read it."""
    content = getattr(response, "content", None)
    return b"".join(getattr(content, "_buffer", ()))


def _most_connections(connector: Any) -> int:
    """How many connections one host gets at most; 0: any number."""
    limits = [each for each in (connector.limit, connector.limit_per_host) if each]
    return min(limits, default=0)


def noting_connect(connect: Function, note: Note, *, port: int = 0) -> Function:
    """Return a ``connect`` of connectors that notes the request.

    ``port``, unless it is 0, is that of the practice server that gets it.
    """

    async def noted_connect(
        connector: Any, request: Any, *args: Any, **options: Any
    ) -> Any:
        probe = AiohttpProbe(note, connector, request)
        if port:
            request.proxy = None
            request.headers["Host"] = f"{LOOPBACK}:{port}"
            request.headers[HOST_HEADER] = request.url.raw_host
        try:
            connection = await connect(connector, request, *args, **options)
        except BaseException as error:
            probe.failed(error)
            raise
        probe.connected(request, connection)
        return connection

    return noted_connect


def connecting_to_practice(_: Function, *, port: int) -> Function:
    """A connector's ``_create_connection`` that reaches the practice server only.

    There is nothing to encrypt, and no certificate to check.
    """

    async def create_connection(connector: Any, *_: Any, **_options: Any) -> Any:
        loop = asyncio.get_running_loop()
        _transport, protocol = await loop.create_connection(
            connector._factory, LOOPBACK, port
        )
        return protocol

    return create_connection

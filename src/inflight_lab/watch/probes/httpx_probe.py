"""Listens in the transports of httpx and httpx2.

Nothing that is sent changes and no body is read.  Only httpcore tells when a request
has a connection.  Over any other transport, or with a ``trace`` extension of the
caller's own, a request counts as sent when it is asked for, so none is seen to wait.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from inflight_lab.watch.events import Note
from inflight_lab.watch.import_hook import Function
from inflight_lab.watch.probes.probe import HOST_HEADER, Probe


class HttpxProbe(Probe):
    """Notes one request of httpx or httpx2.

    ``copy`` is what to send instead of the caller's request, which stays as it is: the
    caller may read it, or send it twice at the same time.  ``port``, unless it is 0, is
    that of a practice server on this machine, which gets the copy instead of the API.
    """

    request_errors = frozenset({"TransportError", "CancelledError", "Cancelled"})

    def __init__(
        self,
        note: Note,
        transport: object,
        request: Any,
        *,
        library: str,
        port: int,
        sync: bool,
    ) -> None:
        super().__init__(note)
        self.library = library
        self._is_sync = sync
        pool = getattr(transport, "_pool", None)
        self.asked(
            transport,
            request.method,
            str(request.url),
            headers=[name for name, _ in request.headers.raw],
            max_connections=getattr(pool, "_max_connections", 0),
            max_idle=getattr(pool, "_max_keepalive_connections", 0),
        )
        if pool is None or "trace" in request.extensions:
            # Nobody else may tell.  A transport around one of httpcore's does: later.
            self.sent()
        # The caller's own trace, if there is one, replaces this one.
        trace = {"trace": self._trace if sync else self._trace_async}
        # `copy.copy` would lose the stream, and the constructor would encode the body
        # again: so a new object gets the same attributes.
        self.copy = object.__new__(type(request))
        self.copy.__dict__ = request.__dict__ | {
            "extensions": trace | request.extensions
        }
        # Without a host the client refuses it, in practice as well.
        if port and request.url.host:
            self._redirect_to(port)

    def received(self, response: Any) -> None:
        """Note the answer's end once its stream is closed: its body may still come."""
        self.answered(response.status_code, response.headers.raw)
        stream = response.stream
        if response.is_closed or not hasattr(stream, "__dict__"):
            # The body is complete, or the stream's `close` can't be replaced.
            self.read(getattr(response, "_content", b""))
            self.ended()
            return
        if self.keeps_body:
            self._listen_to_body(response)
        self._end_when_closed(stream)

    def retry(self) -> int | None:
        """As openai's client, anthropic's and others say it in a header."""
        count = self.copy.headers.get("x-stainless-retry-count", "")
        return int(count) if count.isdigit() else None

    def _redirect_to(self, port: int) -> None:
        url = self.copy.url
        self.copy.url = url.copy_with(scheme="http", host="127.0.0.1", port=port)
        self.copy.headers = self.copy.headers.copy()
        self.copy.headers["Host"] = f"127.0.0.1:{port}"
        self.copy.headers[HOST_HEADER] = url.raw_host.decode()

    def _trace(self, event: str, _: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self.sent()
            # Nothing more is needed: without it httpcore skips the remaining calls.
            self.copy.extensions.pop("trace")
        elif event in (
            "connection.connect_tcp.complete",
            "connection.connect_unix_socket.complete",
        ):
            self.connections_opened += 1

    async def _trace_async(self, event: str, info: object) -> None:
        self._trace(event, info)

    def _listen_to_body(self, response: Any) -> None:
        name = "iter_bytes" if self._is_sync else "aiter_bytes"
        read = getattr(response, name)
        listen = self._heard if self._is_sync else self._heard_async

        def noted_read(*args: Any, **options: Any) -> Any:
            vars(response).pop(name, None)
            return listen(read(*args, **options))

        setattr(response, name, noted_read)

    def _heard(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            self.read(part)
            yield part

    async def _heard_async(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for part in parts:
            self.read(part)
            yield part

    def _end_when_closed(self, stream: Any) -> None:
        name = "close" if self._is_sync else "aclose"
        close = getattr(stream, name)

        def note_and_close() -> Any:
            vars(stream).pop(name, None)
            self.closed()
            return close()

        setattr(stream, name, note_and_close)


def noting_send(send: Function, note: Note, *, library: str, port: int = 0) -> Function:
    """Return a ``handle_request`` that calls ``send`` and notes the request."""

    def handle_request(transport: Any, request: Any) -> Any:
        probe = HttpxProbe(
            note, transport, request, library=library, port=port, sync=True
        )
        try:
            response = send(transport, probe.copy)
        except BaseException as error:
            probe.failed(error)
            raise
        probe.received(response)
        return response

    return handle_request


def noting_send_async(
    send: Function, note: Note, *, library: str, port: int = 0
) -> Function:
    """Return a ``handle_async_request`` that calls ``send`` and notes the request."""

    async def handle_async_request(transport: Any, request: Any) -> Any:
        probe = HttpxProbe(
            note, transport, request, library=library, port=port, sync=False
        )
        try:
            response = await send(transport, probe.copy)
        except BaseException as error:
            probe.failed(error)
            raise
        probe.received(response)
        return response

    return handle_async_request


def without_proxy(init: Function) -> Function:
    """A transport's ``__init__`` that ignores a proxy: it would get what is sent."""

    def init_without_proxy(*args: Any, proxy: Any = None, **options: Any) -> None:
        init(*args, proxy=None, **options)

    return init_without_proxy

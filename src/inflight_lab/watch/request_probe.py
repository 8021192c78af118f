"""Records what happens to each request in a transport of httpx or httpx2.

Nothing that is sent changes and no body is read.  Only httpcore tells when a request
has a connection.  Over any other transport, or with a ``trace`` extension of the
caller's own, a request counts as sent when it is asked for, so none is seen to wait.
"""

import asyncio
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

from inflight_lab.watch.events import Asked, Ended, Note, Sent

Function = Callable[..., Any]

REQUEST_ERRORS = {"TransportError", "CancelledError", "Cancelled"}
"""Names of the errors by which a request fails.

A response that is closed while the caller handles one of them has failed.  Any other
error is a matter of the caller's code: the response counts as answered.
"""
RECORDED_HEADERS = (b"retry-after", b"connection")
"""Headers to record, besides all those with "limit" in their names."""
HEADERS_INTERVAL = 0.05
"""Record an answer's headers at most this often, in seconds.

Headers of failures, and of the first answer on a connection, are always recorded.
"""

_numbers = itertools.count(1)
_number_by_object: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def number_of(thing: object) -> int:
    """Return the object's number: unlike its ``id``, it is never used again."""
    known = _number_by_object.get(thing)
    return known or _number_by_object.setdefault(thing, next(_numbers))


def current_sender() -> int:
    """Return the running task's number or, outside a loop, the thread's: below 0."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return number_of(task) if task else -threading.get_ident()


class RequestProbe:
    """Records when one request is asked for, sent, and answered, failed or cancelled.

    ``copy`` is what to send instead of the caller's request, which stays as it is: the
    caller may read it, or send it twice at the same time.  ``port``, unless it is 0, is
    that of a practice server on this machine, which gets the copy instead of the API.
    """

    _headers_recorded_at: ClassVar[float] = 0.0
    """When headers were last recorded, for any request: all share the interval."""

    def __init__(
        self, note: Note, transport: object, request: Any, *, port: int, sync: bool
    ) -> None:
        self._note = note
        self._number = next(_numbers)
        self._connections_opened = 0
        self._close = "close" if sync else "aclose"
        # An error that the caller was already handling, so not one of this request.
        self._handled_before = sys.exc_info()[1]
        pool = getattr(transport, "_pool", None)
        note(
            Asked,
            self._number,
            current_sender(),
            number_of(transport),
            getattr(pool, "_max_connections", 0),
            getattr(pool, "_max_keepalive_connections", 0),
            request.method,
            str(request.url),
        )
        if pool is None or "trace" in request.extensions:
            # Nobody else may tell.  A transport around one of httpcore's does: later.
            note(Sent, self._number, 0)
        # The caller's own trace, if there is one, replaces this one.
        trace = {"trace": self._trace if sync else self._trace_async}
        # `copy.copy` would lose the stream, and the constructor would encode the body
        # again: so a new object gets the same attributes.
        self.copy = object.__new__(type(request))
        self.copy.__dict__ = request.__dict__ | {
            "extensions": trace | request.extensions
        }
        if port:
            self._redirect_to(port)

    def record_response(self, response: Any) -> None:
        """Record the answer once its stream is closed, as its body may still come."""
        headers = self._headers_to_record(response)
        stream = response.stream
        if response.is_closed or not hasattr(stream, "__dict__"):
            # The body is complete, or the stream's `close` can't be replaced.
            self._note(Ended, self._number, "", response.status_code, headers)
        else:
            self._end_when_closed(stream, response.status_code, headers)

    def record_failure(self, error: BaseException) -> None:
        """Record that ``error`` ended the request, before or during its answer."""
        name = type(error).__name__
        outcome = "cancelled" if "Cancelled" in name else name
        self._note(Ended, self._number, outcome, 0, "")

    def _redirect_to(self, port: int) -> None:
        url = self.copy.url
        self.copy.url = url.copy_with(scheme="http", host="127.0.0.1", port=port)
        self.copy.headers = self.copy.headers.copy()
        self.copy.headers["Host"] = f"127.0.0.1:{port}"

    def _trace(self, event: str, _: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self._note(Sent, self._number, self._connections_opened)
            # Nothing more is needed: without it httpcore skips the remaining calls.
            self.copy.extensions.pop("trace")
        elif event in (
            "connection.connect_tcp.complete",
            "connection.connect_unix_socket.complete",
        ):
            self._connections_opened += 1

    async def _trace_async(self, event: str, info: object) -> None:
        self._trace(event, info)

    def _headers_to_record(self, response: Any) -> str:
        now = time.monotonic()
        if not (
            self._connections_opened
            or response.status_code >= 400
            or now > RequestProbe._headers_recorded_at + HEADERS_INTERVAL
        ):
            return ""
        RequestProbe._headers_recorded_at = now
        lines = []
        for name, value in response.headers.raw:
            lower = name.lower()
            if b"limit" in lower or lower in RECORDED_HEADERS:
                lines.append(lower + b": " + value)
        return b"\n".join(lines).decode("latin-1")

    def _end_when_closed(self, stream: Any, status: int, headers: str) -> None:
        close = getattr(stream, self._close)

        def note_and_close() -> Any:
            vars(stream).pop(self._close, None)
            error = sys.exc_info()[1]
            if error is not None and self._has_failed_by(error):
                self.record_failure(error)
            else:
                self._note(Ended, self._number, "", status, headers)
            return close()

        setattr(stream, self._close, note_and_close)

    def _has_failed_by(self, error: BaseException) -> bool:
        if error is self._handled_before:
            return False
        kinds = {kind.__name__ for kind in type(error).__mro__}
        return not REQUEST_ERRORS.isdisjoint(kinds)


def noting_send(send: Function, note: Note, *, port: int = 0) -> Function:
    """Return a ``handle_request`` that calls ``send`` and records the request."""

    def handle_request(transport: Any, request: Any) -> Any:
        probe = RequestProbe(note, transport, request, port=port, sync=True)
        try:
            response = send(transport, probe.copy)
        except BaseException as error:
            probe.record_failure(error)
            raise
        probe.record_response(response)
        return response

    return handle_request


def noting_send_async(send: Function, note: Note, *, port: int = 0) -> Function:
    """Return a ``handle_async_request`` that calls ``send`` and records the request."""

    async def handle_async_request(transport: Any, request: Any) -> Any:
        probe = RequestProbe(note, transport, request, port=port, sync=False)
        try:
            response = await send(transport, probe.copy)
        except BaseException as error:
            probe.record_failure(error)
            raise
        probe.record_response(response)
        return response

    return handle_async_request

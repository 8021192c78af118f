"""One request on its way through a transport of httpx or httpx2: what is noted of it.

Nothing that is sent changes and no body is read.  Only httpcore tells when a request
has a connection: over any other transport, or with a ``trace`` of the caller's own, no
request is seen to wait.
"""

import asyncio
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

from inflight_lab.watch.events import Asked, Ended, Note, Sent

Function = Callable[..., Any]

OWN_ERRORS = {"TransportError", "CancelledError", "Cancelled"}
"""While one of these is handled, a response that is closed has failed of it.

Any other error is the caller's.
"""
NOTED_HEADERS = (b"retry-after", b"connection")
"""Headers that are noted, beside those that have "limit" in their names."""
HEADERS_INTERVAL = 0.05
"""Seconds from one answer whose headers are noted to the next.

Those of failures, and of the first answer on a connection, always are.
"""

_numbers = itertools.count(1)
_names: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def name_of(thing: object) -> int:
    """A number for an object that, unlike its ``id``, no other object ever gets."""
    return _names.get(thing) or _names.setdefault(thing, next(_numbers))


def current_sender() -> int:
    """The running task or, outside of a loop, the thread: with a number below 0."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return name_of(task) if task else -threading.get_ident()


class RequestProbe:
    """Notes when one request is asked for, sent, and answered, failed or cancelled.

    ``twin`` is the request to send: the caller's own may be looked at, or be sent twice
    at once.  ``port``, if any, is that of a practice server on this machine, to which
    the twin goes instead.
    """

    _headers_noted_at = 0.0

    def __init__(
        self, note: Note, transport: object, request: Any, *, port: int, sync: bool
    ) -> None:
        self._note = note
        self._number = next(_numbers)
        self._connections_opened = 0
        self._close = "close" if sync else "aclose"
        # The caller sends it while handling this: no failure of this request.
        self._handled_before = sys.exc_info()[1]
        pool = getattr(transport, "_pool", None)
        note(
            Asked,
            self._number,
            current_sender(),
            name_of(transport),
            getattr(pool, "_max_connections", 0),
            getattr(pool, "_max_keepalive_connections", 0),
            request.method,
            str(request.url),
        )
        # The caller's own trace, if there is one, takes the place of this one.
        trace = {"trace": self._trace if sync else self._trace_async}
        self.twin = object.__new__(type(request))
        self.twin.__dict__ = request.__dict__ | {
            "extensions": trace | request.extensions
        }
        if port:
            self._redirect_to(port)

    def answered(self, response: Any) -> None:
        """``response`` came; its body may be on its way until its stream is closed."""
        headers = self._headers_to_note(response)
        stream = response.stream
        if response.is_closed or not hasattr(stream, "__dict__"):
            # It is all here, or it has to stay as it is.
            self._note(Ended, self._number, "", response.status_code, headers)
        else:
            self._end_when_closed(stream, response.status_code, headers)

    def failed(self, error: BaseException) -> None:
        """``error`` came in place of an answer, or of the rest of it."""
        name = type(error).__name__
        outcome = "cancelled" if "Cancelled" in name else name
        self._note(Ended, self._number, outcome, 0, "")

    def _redirect_to(self, port: int) -> None:
        twin = self.twin
        twin.url = twin.url.copy_with(scheme="http", host="127.0.0.1", port=port)
        twin.headers = twin.headers.copy()
        twin.headers["Host"] = f"127.0.0.1:{port}"

    def _trace(self, event: str, _: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self._note(Sent, self._number, self._connections_opened)
            # httpcore looks there at each step, and nothing more is needed.
            self.twin.extensions.pop("trace")
        elif event in (
            "connection.connect_tcp.complete",
            "connection.connect_unix_socket.complete",
        ):
            self._connections_opened += 1

    async def _trace_async(self, event: str, info: object) -> None:
        self._trace(event, info)

    def _headers_to_note(self, response: Any) -> str:
        now = time.monotonic()
        if not (
            self._connections_opened
            or response.status_code >= 400
            or now > RequestProbe._headers_noted_at + HEADERS_INTERVAL
        ):
            return ""
        RequestProbe._headers_noted_at = now
        lines = []
        for name, value in response.headers.raw:
            lower = name.lower()
            if b"limit" in lower or lower in NOTED_HEADERS:
                lines.append(lower + b": " + value)
        return b"\n".join(lines).decode("latin-1")

    def _end_when_closed(self, stream: Any, status: int, headers: str) -> None:
        close = getattr(stream, self._close)

        def note_and_close() -> Any:
            vars(stream).pop(self._close, None)
            error = sys.exc_info()[1]
            if error is not None and self._is_own(error):
                self.failed(error)
            else:
                self._note(Ended, self._number, "", status, headers)
            return close()

        setattr(stream, self._close, note_and_close)

    def _is_own(self, error: BaseException) -> bool:
        if error is self._handled_before:
            return False
        kinds = {kind.__name__ for kind in type(error).__mro__}
        return not OWN_ERRORS.isdisjoint(kinds)


def noting(send: Function, note: Note, *, port: int = 0) -> Function:
    """A ``handle_request`` that does what ``send`` does, and notes it."""

    def handle_request(transport: Any, request: Any) -> Any:
        probe = RequestProbe(note, transport, request, port=port, sync=True)
        try:
            response = send(transport, probe.twin)
        except BaseException as error:
            probe.failed(error)
            raise
        probe.answered(response)
        return response

    return handle_request


def noting_async(send: Function, note: Note, *, port: int = 0) -> Function:
    """A ``handle_async_request`` that does what ``send`` does, and notes it."""

    async def handle_async_request(transport: Any, request: Any) -> Any:
        probe = RequestProbe(note, transport, request, port=port, sync=False)
        try:
            response = await send(transport, probe.twin)
        except BaseException as error:
            probe.failed(error)
            raise
        probe.answered(response)
        return response

    return handle_async_request

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
from contextlib import AbstractContextManager
from typing import Any

Function = Callable[..., Any]
ENDS = {"TransportError", "CancelledError", "Cancelled"}
"""Of errors in whose handling a response is closed, those that are its own; all others are the caller's."""
OTHERS = (b"retry-after", b"connection")
"""Headers that are noted, beside those that have "limit" in their names."""
LOOK = 0.05
"""Seconds from one answer whose headers are noted to the next.  Those of failures, and of the first answer on
a connection, always are."""

_numbers = itertools.count(1)
_names: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def name_of(thing: object) -> int:
    """A number for an object that, unlike its ``id``, no other object ever gets."""
    return _names.get(thing) or _names.setdefault(thing, next(_numbers))


def sender() -> int:
    """Who is sending: the running task, else the thread, with a number below 0."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return name_of(task) if task else -threading.get_ident()


class RequestProbe(AbstractContextManager["RequestProbe", None]):
    """Notes when one request is asked for, sent on a connection, and answered, failed or cancelled.

    ``note(kind, *fields)`` is where the events go: `RequestLog.note` says which there
    are. ``twin`` is the request to send: the caller's own one may be looked at, or be
    sent twice at once. ``port`` is that of a practice server on this machine, if it is
    to go there.
    """

    _looked = 0.0

    def __init__(
        self, note: Function, transport: object, request: Any, port: int, *, sync: bool
    ) -> None:
        self._note, self._number, self._opened = note, next(_numbers), 0
        self._close = "close" if sync else "aclose"
        self._handled = sys.exc_info()[
            1
        ]  # by the caller, before: no failure of this request
        pool, url = getattr(transport, "_pool", None), request.url
        sizes = (
            getattr(pool, "_max_connections", 0),
            getattr(pool, "_max_keepalive_connections", 0),
        )
        note(
            "asked",
            self._number,
            sender(),
            name_of(transport),
            *sizes,
            request.method,
            str(url),
        )
        self.twin = twin = object.__new__(type(request))
        trace = {
            "trace": self._see if sync else self._see_async
        }  # unless the caller has one
        twin.__dict__ = request.__dict__ | {"extensions": trace | request.extensions}
        if port:
            twin.url = url.copy_with(scheme="http", host="127.0.0.1", port=port)
            twin.headers = request.headers.copy()
            twin.headers["Host"] = f"127.0.0.1:{port}"

    def _see(self, event: str, _: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self._note("sent", self._number, self._opened)
            self.twin.extensions.pop(
                "trace"
            )  # httpcore looks there at each step: we are done
        elif event in (
            "connection.connect_tcp.complete",
            "connection.connect_unix_socket.complete",
        ):
            self._opened += 1

    async def _see_async(self, event: str, _: object) -> None:
        self._see(event, _)

    def answered(self, response: Any) -> Any:
        """``response`` came; its body may still be under way, until its stream is closed."""
        stream, close, said = response.stream, getattr(response.stream, self._close), ""
        if (
            self._opened
            or response.status_code >= 400
            or time.monotonic() > RequestProbe._looked + LOOK
        ):
            RequestProbe._looked = time.monotonic()
            headers = ((name.lower(), value) for name, value in response.headers.raw)
            lines = [
                n + b": " + value
                for n, value in headers
                if b"limit" in n or n in OTHERS
            ]
            said = b"\n".join(lines).decode("latin-1")

        def note_and_close() -> Any:
            vars(stream).pop(self._close, None)
            error = sys.exc_info()[1]
            own = error is not self._handled and ENDS & {
                kind.__name__ for kind in type(error).__mro__
            }
            self._end(error if own else None, response.status_code, said)
            return close()

        if response.is_closed or not hasattr(
            stream, "__dict__"
        ):  # it is all here; or must stay as it is
            self._end(None, response.status_code, said)
        else:
            setattr(stream, self._close, note_and_close)
        return response

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        if error:
            self._end(error)

    def _end(
        self, error: BaseException | None, status: int = 0, said: str = ""
    ) -> None:
        name = type(error).__name__ if error else ""
        ended = "cancelled" if "Cancelled" in name else name
        self._note("ended", self._number, ended, 0 if error else status, said)


def _send(
    note: Function, port: int, send: Function, transport: object, request: Any
) -> Any:
    with RequestProbe(note, transport, request, port, sync=True) as passage:
        return passage.answered(send(transport, passage.twin))


async def _send_async(
    note: Function, port: int, send: Function, transport: object, request: Any
) -> Any:
    with RequestProbe(note, transport, request, port, sync=False) as passage:
        return passage.answered(await send(transport, passage.twin))


NOTED = {"handle_request": _send, "handle_async_request": _send_async}
"""By name of a transport's method: what does the same as that one, ``send``, with notes."""

"""One request on its way through a transport of httpx or httpx2: what is noted of it.

Nothing that is sent changes and no body is read.  Only httpcore tells when a request has a connection: over
any other transport no request is seen to wait.
"""

import asyncio
import itertools
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

Note = Callable[..., None]
"""``note(kind, *fields)``: where an event goes.  `Seen.note` says which there are."""
ENDS = {"TransportError", "CancelledError", "Cancelled"}
"""Of errors in whose handling a response is closed, those that are its own; all others are the caller's."""

_numbers = itertools.count(1)
_names: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def name_of(thing: object) -> int:
    """A number for an object that, unlike its ``id``, no other object ever gets."""
    return _names.get(thing) or _names.setdefault(thing, next(_numbers))


def sender() -> str:
    """Who is sending: the running task, else the thread."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return f"task {name_of(task)}" if task else f"thread {threading.get_ident()}"


class Passage(AbstractContextManager["Passage", None]):
    """Notes when one request is asked for, sent on a connection, and answered, failed or cancelled.

    ``twin`` is the request to send: the caller's own one may be looked at, or be sent twice at once.
    """

    def __init__(self, note: Note, transport: object, request: Any, port: int, *, sync: bool) -> None:
        self._note, self._number, self._theirs = note, next(_numbers), request.extensions.get("trace")
        self._handled = sys.exc_info()[1]  # by the caller, before: no failure of this request
        self._close = "close" if sync else "aclose"
        pool = getattr(transport, "_pool", None)
        sizes = getattr(pool, "_max_connections", 0), getattr(pool, "_max_keepalive_connections", 0)
        note("asked", self._number, sender(), name_of(transport), *sizes, request.method, str(request.url))
        self.twin = twin = object.__new__(type(request))
        trace = self._see if sync else self._see_async
        twin.__dict__.update(request.__dict__, extensions={**request.extensions, "trace": trace})
        if port:
            twin.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
            twin.headers = request.headers.copy()
            twin.headers["Host"] = f"127.0.0.1:{port}"

    def _see(self, event: str, info: Any) -> Any:
        if event.endswith(".send_request_headers.started"):
            self._note("sent", self._number)
            self.twin.extensions["trace"] = self._theirs  # httpcore looks there at each step: we are done
        elif event in ("connection.connect_tcp.complete", "connection.connect_unix_socket.complete"):
            self._note("opened", self._number)
        return self._theirs(event, info) if self._theirs else None

    async def _see_async(self, event: str, info: Any) -> None:
        if theirs := self._see(event, info):
            await theirs

    def answered(self, response: Any) -> Any:
        """``response`` came; its body may still be under way, until its stream is closed."""
        status, stream, close = response.status_code, response.stream, getattr(response.stream, self._close)
        headers = {
            name: value
            for name, value in response.headers.items()
            if "limit" in name or name in ("retry-after", "connection")
        }

        def note_and_close() -> Any:
            vars(stream).pop(self._close, None)
            error = sys.exc_info()[1]
            own = error is not self._handled and ENDS & {kind.__name__ for kind in type(error).__mro__}
            self._end(error if own else None, status, headers)
            return close()

        if response.is_closed or not hasattr(stream, "__dict__"):  # it is all here; or must stay as it is
            self._end(None, status, headers)
        else:
            setattr(stream, self._close, note_and_close)
        return response

    async def answered_later(self, response: Awaitable[Any]) -> Any:
        """The same once it comes, if it does."""
        with self:
            return self.answered(await response)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error:
            self._end(error, 0, {})

    def _end(self, error: BaseException | None, status: int, headers: dict[str, str]) -> None:
        name = type(error).__name__ if error else ""
        self._note("ended", self._number, "cancelled" if "Cancelled" in name else name, status, headers)


def observed(send: Callable[[Any, Any], Any], note: Note, port: int = 0) -> Callable[[Any, Any], Any]:
    """``send``, a transport's ``handle_request`` or ``handle_async_request``, with its requests noted.

    ``port`` is that of a practice server on this machine, which then gets them all.
    """
    sync = send.__name__ == "handle_request"

    def send_and_note(transport: Any, request: Any) -> Any:
        with Passage(note, transport, request, port, sync=sync) as passage:
            response = send(transport, passage.twin)
            return passage.answered(response) if sync else passage.answered_later(response)

    return send_and_note

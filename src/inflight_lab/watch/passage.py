"""One request on its way through a transport of httpx or httpx2: what is noted of it.

Nothing that is sent changes and no body is read: httpcore's own trace says when a body has ended.  Without
httpcore underneath, an answer counts when its headers are there, and no request is seen to wait.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Self

Note = Callable[..., None]
"""``note(kind, *fields)``: where an event goes.  `Seen.note` says which there are."""

STEPS = {
    "connect_tcp.complete": "opened",
    "connect_unix_socket.complete": "opened",
    "send_request_headers.started": "sent",
    "response_closed.complete": "closed",
}
"""What httpcore's trace calls the steps of a request, and what they are called here."""

_numbers = itertools.count(1)
_names: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def name_of(thing: object) -> int:
    """A number for an object that, unlike its ``id``, no other object ever gets."""
    return _names.get(thing) or _names.setdefault(thing, next(_numbers))


def sender() -> str:
    """Who is sending: the running task, else the thread."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return f"task {name_of(task)}" if task else f"thread {threading.get_ident()}"


class Passage:
    """Notes when one request is asked for, sent on a connection, and answered, failed or cancelled.

    ``twin`` is the request to send: the caller's own one may be looked at, or be sent twice at once.
    """

    def __init__(self, note: Note, transport: object, request: Any, port: int, *, sync: bool) -> None:
        self._note, self._number, self._theirs = note, next(_numbers), request.extensions.get("trace")
        self._status, self._headers, self._streams, self._over = 0, dict[str, str](), False, False
        self._handled = sys.exc_info()[1]
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
        if step := STEPS.get(event[event.find(".") + 1 :]):
            self._streams = step == "sent"
            if step == "closed":
                self._end(sys.exc_info()[1])
            else:
                self._note(step, self._number)
        return self._theirs(event, info) if self._theirs else None

    async def _see_async(self, event: str, info: Any) -> None:
        if theirs := self._see(event, info):
            await theirs

    def answered(self, response: Any) -> Any:
        """``response`` came; its body may still be under way."""
        self._status, headers = response.status_code, response.headers.items()
        names = ("retry-after", "connection")
        self._headers = {name: value for name, value in headers if "limit" in name or name in names}
        if not self._streams:
            self._end(None)
        return response

    async def answered_later(self, response: Awaitable[Any]) -> Any:
        """The same once it comes, if it does."""
        with self:
            return self.answered(await response)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error:
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        # What the caller was handling before, or raises itself while it reads, is no failure of this request.
        error = None if error is self._handled else error
        failed = not self._status or type(error).__module__.startswith("httpcore")
        if self._over or (failed and error is None):
            return
        self._over = True
        cancelled = type(error).__name__ in ("CancelledError", "Cancelled")
        name = "cancelled" if cancelled else type(error).__name__ if failed else ""
        self._note("ended", self._number, name, self._status, self._headers)


def observed(send: Callable[[Any, Any], Any], note: Note, port: int = 0) -> Callable[[Any, Any], Any]:
    """``send``, a transport's ``handle_request`` or ``handle_async_request``, with its requests noted.

    ``port`` is that of a practice server on this machine, which then gets them all.
    """
    sync = send.__name__ == "handle_request"

    @functools.wraps(send)
    def send_and_note(transport: Any, request: Any) -> Any:
        with Passage(note, transport, request, port, sync=sync) as passage:
            response = send(transport, passage.twin)
            return passage.answered(response) if sync else passage.answered_later(response)

    return send_and_note

"""One connection of the practice server: uvicorn's own, but for two things that uvicorn leaves open."""

import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from inflight_lab.server.sizes import MAX_HEADERS, MAX_URL, NAMES

LOG = logging.getLogger("inflight_lab.server")
LOG.setLevel(logging.ERROR)
MAX_HEAD = 2 * (MAX_URL + MAX_HEADERS)
"""Bytes of a request before its body, with all that stands between the fields."""


class Connection(HttpToolsProtocol):
    """Gives up on a request whose head does not end, and prints nothing for a request that is not one.

    uvicorn would collect the head for as long as it comes, and advise whoever reads its warnings to install
    a library for WebSockets, where a page of this machine has asked for one by mistake.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = LOG
        self._head: int | None = None  # bytes of the one that is coming in

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is None:
            return
        self._head += len(data)
        if self._head > MAX_HEAD and not self.transport.is_closing():
            status = 414 if len(self.url) > MAX_URL else 431
            self.transport.write(f"HTTP/1.1 {status} {NAMES[status]}\r\nconnection: close\r\n\r\n".encode())
            self.transport.close()

"""The network path to a practice server, with something wrong on it: a small proxy on
loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import socket
import struct
from collections.abc import Callable, Container, Iterator
from typing import Literal, Self

from inflight_lab import PracticeServer
from tests.support.waiting import until

LOOPBACK = "127.0.0.1"

Then = Literal["keep", "close", "reset", "silence"]
"""What becomes of the connection: kept for the next request, closed in order, reset, or
left half-open.
"""


class FaultyPath:
    """Hands requests on to ``server`` and its answers back, except those in ``harmed``.

    A harmed request is given ``says`` in place of its answer: bytes, for which the
    server is not even asked, or a function of the server's answer, which is then what
    the server really sent.  ``then`` follows.

    Of the requests that were ``seen``, ``harmed_count`` met the fault and ``handed_on``
    reached the server; ``heads`` are how they began, in order, and ``bodies`` what
    followed.
    """

    def __init__(
        self,
        server: PracticeServer,
        says: bytes | Callable[[bytes], bytes],
        then: Then = "keep",
        *,
        harmed: Container[int],
    ) -> None:
        self._server, self._says, self._then, self._harmed = server, says, then, harmed
        self.seen = self.harmed_count = self.handed_on = 0
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self._busy: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.url = f"http://{LOOPBACK}:{self._listener.sockets[0].getsockname()[1]}/get"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        try:
            await self.quiet()
        finally:
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)

    @property
    def is_silent(self) -> bool:
        """Whether a client waits for ever."""
        return self._then == "silence"

    def recover(self) -> None:
        """No further request meets the fault."""
        self._harmed = ()

    async def quiet(self) -> None:
        """Wait until every client has hung up and the server knows.

        An error in a thread of requests keeps its broken connection in a cycle.
        """
        gc.collect()
        await until(lambda: not self._busy)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self._busy.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up, or the server is gone: the client will notice
        except asyncio.CancelledError:
            pass  # the test has ended: asyncio would log it with a traceback
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._busy.discard(task)

    async def _serve_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether the connection is there for another one."""
        head = await _head(reader)
        body = await reader.readexactly(_length(head))
        number, self.seen = self.seen, self.seen + 1
        self.heads.append(head.decode("latin-1"))
        self.bodies.append(body)
        harmed = number in self._harmed
        self.harmed_count += harmed
        if harmed and isinstance(self._says, bytes):
            answer = self._says
        else:
            self.handed_on += 1
            answer = await self._ask_server(head + body)
            if harmed and callable(self._says):
                answer = self._says(answer)
        writer.write(answer)
        await writer.drain()
        if not harmed or self._then == "keep":
            return True
        if self._then == "silence":
            await reader.read()  # until the client has had enough
        if self._then == "reset":
            linger = struct.pack(
                "ii", 1, 0
            )  # close with a reset in place of an orderly end
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        return False

    async def _ask_server(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._server.port)
        try:
            writer.write(request)
            head = await _head(reader)
            return head + await reader.readexactly(_length(head))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def _length(head: bytes) -> int:
    """How many bytes follow a head."""
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return int(length[1]) if length else 0


@contextlib.contextmanager
def nobody_listens() -> Iterator[str]:
    """An address that refuses connections, and that nobody else can take meanwhile."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        yield f"http://{LOOPBACK}:{bound.getsockname()[1]}/get"

"""Peek: read the body of a refusal first, and still give its client all of it.

To find out what a refusal says, a transport has to look into its body.  Its client
still wants to read that body, perhaps as a stream, perhaps 10 MB.  `readable` reads the
beginning and puts it back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from inflight_lab.runners.error_bodies import LARGEST_BODY


async def readable(response: httpx.Response) -> httpx.Response:
    """Copy ``response`` into one whose body has been read.

    The copy's body is empty if it is compressed or longer than `LARGEST_BODY`.
    ``response`` can still be read, from the beginning to the end.
    """
    if response.is_stream_consumed:
        return response
    opened = OpenedBody(response.stream)
    body = await opened.read_first(LARGEST_BODY)
    response.stream = opened
    if "Content-Encoding" in response.headers:
        body = b""
    return with_body(response, body)


def with_body(response: httpx.Response, body: bytes) -> httpx.Response:
    """Make an answer with the same status and headers, and this body."""
    headers = response.headers.copy()
    for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
        headers.pop(name, None)
    return httpx.Response(response.status_code, headers=headers, content=body)


class OpenedBody(httpx.AsyncByteStream):
    """A body whose first parts may have been read already: they are yielded again."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rest = aiter(stream)
        self._first: list[bytes] = []

    async def read_first(self, most: int) -> bytes:
        """Return the whole body if it has at most ``most`` bytes, else nothing."""
        size = 0
        async for part in self._rest:
            self._first.append(part)
            size += len(part)
            if size > most:
                return b""
        return b"".join(self._first)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._first:
            yield part
        async for part in self._rest:
            yield part

    async def aclose(self) -> None:
        """Close the body itself."""
        await self._stream.aclose()

"""Gate: one for all requests to an API, shut for as long as the API refuses them.

If the API asks one request to wait for 20 seconds, all wait: the others would be
refused as well.  If it says that no wait will help, or asks for more than
``longest_pause``, nobody waits.  All get the refusal as their answer, and nothing is
sent.

To find out, a transport has to look into the body of a refusal, and its client still
wants to read that body, perhaps as a stream, perhaps 10 MB.  `readable` reads the
beginning and puts it back.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx

from inflight_lab.runners.refusals import LARGEST_BODY, Refusal


class RefusalGate:
    """One gate for all requests, which is shut while the API refuses them."""

    longest_pause = 120.0  # seconds; if the API asks for more, nobody waits

    def __init__(self) -> None:
        self._opens_at = 0.0
        self._nobody_waits_until = 0.0
        self._answer: httpx.Response | None = None  # for those who do not wait

    def obey(self, refusal: Refusal, answer: httpx.Response) -> None:
        """Stay shut for as long as the refusal says."""
        pause = refusal.pause or 0.0
        if refusal.is_permanent and refusal.concerns_all:
            pause = math.inf
        opens_at = time.perf_counter() + pause
        self._opens_at = max(self._opens_at, opens_at)
        if pause > self.longest_pause:
            self._nobody_waits_until = self._opens_at
            self._answer = answer

    @property
    def is_shut_for_too_long(self) -> bool:
        """Whether the API has asked for a longer pause than anyone waits."""
        return time.perf_counter() < self._nobody_waits_until

    def seconds_until_open(self) -> float:
        """Return the seconds until it opens: 0 or less if it is open.

        Raises `GateShutError` if it is shut for longer than anyone waits.
        """
        if self._answer is not None and self.is_shut_for_too_long:
            raise GateShutError(with_body(self._answer, self._answer.content))
        return self._opens_at - time.perf_counter()


class GateShutError(Exception):
    """Nothing is sent: the API has said that no wait will help, or only a long one."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"The API refuses all requests: {answer.text[:200]}")
        self.answer = answer


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

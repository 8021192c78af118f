"""The client's side of the story: a transport that notes what passes through it.

httpx sends every request through a *transport*, so this is the place to look on: code that takes an
``httpx.AsyncClient`` is observed without changing a line of it.
"""

from __future__ import annotations

import asyncio

import httpx

from inflight_lab.timeline import Stats, Timeline


class ObservedTransport(httpx.AsyncBaseTransport):
    """Passes requests on to ``transport`` and writes each one into ``timeline``.

    A request counts as in flight from the moment the client hands it over, so while it waits in
    httpx's connection pool too: the *server's* timeline tells how many really got through.

    ``transport`` is httpx's own by default, with its pool of 100 connections.

    >>> async with httpx.AsyncClient(transport=ObservedTransport()) as client: ...
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport | None = None, *, timeline: Timeline | None = None
    ) -> None:
        self.transport = transport or httpx.AsyncHTTPTransport()
        self.timeline = timeline or Timeline()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` and read its answer to the end, so that 'answered' means all of it."""
        number = self.timeline.send()
        try:
            response = await self.transport.handle_async_request(request)
            body = await _read(response.stream)
        except asyncio.CancelledError:
            self.timeline.cancel(number)
            raise
        except BaseException as error:
            self.timeline.fail(number, error)
            raise
        self.timeline.answer(number, response.status_code)
        # As if nobody had read it: the client decodes the body and takes the elapsed time as usual.
        response.stream = httpx.ByteStream(body)
        return response

    async def aclose(self) -> None:
        """Close the transport underneath."""
        await self.transport.aclose()

    def stats(self) -> Stats:
        """The numbers up to now, as the client counts them."""
        return self.timeline.stats()


async def _read(stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> bytes:
    assert isinstance(stream, httpx.AsyncByteStream)
    try:
        return b"".join([part async for part in stream])
    finally:
        await stream.aclose()  # gives the connection back to the pool

"""The client's side of the story: a transport that notes each request.

httpx sends every request through a *transport*.  So this observes any code that takes
an ``httpx.AsyncClient``, without changing a line of it.
"""

import asyncio
import sys
from contextlib import aclosing
from typing import Any

import httpx

from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.runs.urls import is_loopback

REFUSAL = 0.01
"""Seconds until a request to another machine fails."""


class OutsideError(httpx.RequestError):
    """A request to another machine.  It was not sent.

    It is not an `httpx.TransportError`, because trying again does not help.
    """


class ObservedTransport(httpx.AsyncBaseTransport):
    """Passes requests on to ``transport`` and writes each one into ``timeline``.

    A request counts as in flight as soon as the client hands it over, even if it still
    waits in httpx's connection pool.  The *server's* timeline shows how many really got
    through.

    ``transport`` is by default the one that the client would use: httpx's, with its
    pool of 100 connections, or that of httpx2, which is httpx under another name.

    Nothing is sent to another machine, because experiments belong on the practice
    server: such a request raises `OutsideError`.  To see what your code sends to a real
    API, use `Watch`.

    >>> async with httpx.AsyncClient(transport=ObservedTransport()) as client: ...
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        timeline: Timeline | None = None,
    ) -> None:
        self.transport = transport
        self.timeline = timeline or Timeline()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` and read its answer, so that 'answered' means all of it.

        Raises `OutsideError` if it would go to another machine.
        """
        with self.timeline.sending() as number:
            await self._refuse_other_machines(request)
            # httpx or httpx2: the library of the client.
            library: Any = sys.modules[type(request.url).__module__]
            self.transport = self.transport or library.AsyncHTTPTransport()
            response = await self.transport.handle_async_request(request)
            stream: Any = response.stream
            async with aclosing(stream):  # gives the connection back to the pool
                body = b"".join([part async for part in stream])
            self.timeline.answer(number, response.status_code)
        # As if nobody had read it: the client decodes the body and takes the elapsed
        # time as usual.
        response.stream = library.ByteStream(body)
        return response

    async def _refuse_other_machines(self, request: httpx.Request) -> None:
        host = request.url.host
        if is_loopback(host):
            return
        await asyncio.sleep(REFUSAL)  # who tries again for ever must not freeze us
        raise OutsideError(
            f"not sent: {host} is not this machine; Watch() shows requests to others",
            request=request,
        )

    async def aclose(self) -> None:
        """Close the transport underneath."""
        if self.transport:
            await self.transport.aclose()

    def stats(self) -> Stats:
        """The numbers up to now, as the client counts them."""
        return self.timeline.stats()

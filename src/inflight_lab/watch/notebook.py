"""Watch a client of your own from a notebook."""

import time
from collections import deque
from functools import partial
from typing import Any, Self

from IPython.display import display

from inflight_lab.plot.live_plot import Plot
from inflight_lab.watch.diagnosis import diagnose, summary
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.request_probe import NOTED


class Watch(Plot):
    """Shows live what ``client`` sends inside the block, and says at its end what stood out.

    ``client`` is an ``AsyncClient`` or a ``Client`` of httpx or httpx2, made as you
    like.  What it sends does not change and no body is read; after the block it is as
    it was.

    >>> with Watch(client):
    ...     await asyncio.gather(*(client.get(url) for url in urls))

    Raises ``TypeError`` for anything but such a client, ``ValueError`` for one that is
    watched already.
    """

    def __init__(self, client: Any) -> None:
        try:
            self._transports = {client._transport, *client._mounts.values()} - {None}
        except AttributeError:
            message = f"client must be an AsyncClient or a Client of httpx or httpx2, got {client!r}"
            raise TypeError(message) from None
        self._method = (
            "handle_async_request" if hasattr(client, "aclose") else "handle_request"
        )
        self._events = deque[tuple[Any, ...]]()
        self.seen = RequestLog(
            lambda: (self._events.popleft() for _ in range(len(self._events)))
        )
        super().__init__(self.seen)

    def _note(self, kind: str, *fields: object) -> None:
        self._events.append((time.perf_counter(), 0, kind, *fields))

    def __enter__(self) -> Self:
        if any(self._method in vars(transport) for transport in self._transports):
            raise ValueError(
                "client must not be watched already: leave the other block first"
            )
        for transport in self._transports:
            send = getattr(type(transport), self._method)
            setattr(
                transport,
                self._method,
                partial(NOTED[self._method], self._note, 0, send, transport),
            )
        display(self)
        return super().__enter__()

    def __exit__(self, *why: Any) -> None:
        for transport in self._transports:
            delattr(transport, self._method)
        super().__exit__(*why)
        print("\n".join([summary(self.seen), *diagnose(self.seen)]))

"""Watch a client of your own from a notebook."""

import time
from collections import deque
from collections.abc import Iterator
from textwrap import fill
from types import MethodType
from typing import Any, Self

from IPython.display import display

from inflight_lab.plot.live_plot import Plot
from inflight_lab.watch.diagnosis import report
from inflight_lab.watch.events import Event
from inflight_lab.watch.findings.finding import INDENT
from inflight_lab.watch.log_source import LogSource
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.request_probe import noting_send, noting_send_async

REPORT_WIDTH = 72
"""Letters in a line of the report: a notebook breaks longer lines within a word."""


class Watch(Plot):
    """Shows live what ``client`` sends inside the block, and then what stood out.

    ``client`` is an ``AsyncClient`` or a ``Client`` of httpx or httpx2, made as you
    like.  What it sends does not change and no body is read; after the block it is as
    it was.

    >>> with Watch(client):
    ...     await asyncio.gather(*(client.get(url) for url in urls))

    Raises ``TypeError`` for anything but such a client, ``ValueError`` for one that is
    watched already.
    """

    def __init__(self, client: Any) -> None:
        self._transports = _transports_of(client)
        is_async = hasattr(client, "aclose")
        self._method = "handle_async_request" if is_async else "handle_request"
        self._noting_send = noting_send_async if is_async else noting_send
        self._event_queue = deque[tuple[type[Event], tuple[Any, ...]]]()
        self.request_log = RequestLog(self._fetch_events)
        super().__init__(LogSource(self.request_log))

    def _note(self, kind: type[Event], *fields: object) -> None:
        self._event_queue.append((kind, (time.perf_counter(), 0, *fields)))

    def _fetch_events(self) -> Iterator[Event]:
        for _ in range(len(self._event_queue)):
            kind, fields = self._event_queue.popleft()
            yield kind(*fields)

    def __enter__(self) -> Self:
        if any(self._method in vars(transport) for transport in self._transports):
            raise ValueError(
                "client must not be watched already: leave the other block first"
            )
        for transport in self._transports:
            send = getattr(type(transport), self._method)
            noted_send = MethodType(self._noting_send(send, self._note), transport)
            setattr(transport, self._method, noted_send)
        display(self)
        return super().__enter__()

    def __exit__(self, *why: Any) -> None:
        for transport in self._transports:
            delattr(transport, self._method)
        super().__exit__(*why)
        print(_wrapped(report(self.request_log)))


def _wrapped(text: str) -> str:
    """Each line in lines that are no longer than fits into a notebook's output.

    A command stays in one line, so that it can be copied.
    """
    lines = []
    for line in text.splitlines():
        if line.startswith(INDENT):
            lines.append(line)
            continue
        wrapped = fill(
            line,
            REPORT_WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.append(wrapped)
    return "\n".join(lines)


def _transports_of(client: Any) -> set[Any]:
    """What the client sends through: one for all, and those for some addresses."""
    try:
        return {client._transport, *client._mounts.values()} - {None}
    except AttributeError:
        raise TypeError(
            "client must be an AsyncClient or a Client of httpx or httpx2, "
            f"got {client!r}"
        ) from None

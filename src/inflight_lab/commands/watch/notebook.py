"""Watch a client of your own from a notebook."""

import sys
from collections.abc import Iterator
from textwrap import fill
from typing import Any, Self

from IPython.display import display

from inflight_lab.commands.watch.noting.probes import (
    Instead,
    noting_connect,
    noting_send,
    noting_send_async,
    replace,
)
from inflight_lab.commands.watch.noting.request_log import RequestLog
from inflight_lab.commands.watch.page import terms_in
from inflight_lab.commands.watch.saying.report import report
from inflight_lab.lesson.plot.live_plot import Plot
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.runs.timeline import Timeline

REPORT_WIDTH = 72
"""Letters in a line of the report: a notebook breaks longer lines within a word."""
Method = tuple[Any, str, Instead]
"""Whose method, its name, and what to call in its place."""


class Watch(Plot):
    """Shows live what ``client`` sends inside the block, and then what stood out.

    ``client`` is an ``AsyncClient`` or a ``Client`` of httpx or httpx2, or a
    ``ClientSession`` of aiohttp, made as you like.  What it sends does not change and
    no body is read; after the block it is as it was.

    >>> with Watch(client):
    ...     await asyncio.gather(*(client.get(url) for url in urls))

    Raises ``TypeError`` for anything but such a client.
    """

    def __init__(self, client: Any) -> None:
        timeline = Timeline()
        self.request_log = RequestLog(timeline=timeline)
        self._methods = list(_methods_of(client, self.request_log))
        log = self.request_log
        super().__init__(PlotSource(None, timeline, lambda: terms_in(log)))

    def __enter__(self) -> Self:
        for method in self._methods:
            replace(*method)
        display(self)
        return super().__enter__()

    def __exit__(self, *why: Any) -> None:
        for owner, name, _ in self._methods:
            delattr(owner, name)
        super().__exit__(*why)
        lines = "\n".join(report(self.request_log)).splitlines()
        print("\n".join(_wrapped(line) for line in lines))


def _wrapped(line: str) -> str:
    """As wide as a notebook's output; a command stays in one line, to be copied."""
    if line.startswith("  "):
        return line
    return fill(
        line,
        REPORT_WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _methods_of(client: Any, log: RequestLog) -> Iterator[Method]:
    """Through which methods the client sends."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp and isinstance(client, aiohttp.ClientSession):
        yield client.connector, "connect", noting_connect(log)
        return
    modules = [kind.__module__.partition(".")[0] for kind in type(client).__mro__]
    library = sys.modules["httpx2" if "httpx2" in modules else "httpx"]
    try:
        transports = {client._transport, *client._mounts.values()} - {None}
    except AttributeError:
        raise TypeError(
            "client must be an AsyncClient or a Client of httpx or httpx2, "
            f"or a ClientSession of aiohttp, got {client!r}"
        ) from None
    is_async = hasattr(client, "aclose")
    name = "handle_async_request" if is_async else "handle_request"
    noting = noting_send_async if is_async else noting_send
    for transport in transports:
        yield transport, name, noting(log, library)

"""Watch a client of your own from a notebook."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from textwrap import fill
from types import MethodType
from typing import Any, NamedTuple, Self

from IPython.display import display

from inflight_lab.plot.live_plot import Plot
from inflight_lab.watch.diagnosis import report
from inflight_lab.watch.events import Event
from inflight_lab.watch.findings.finding import INDENT
from inflight_lab.watch.import_hook import Function
from inflight_lab.watch.log_source import LogSource
from inflight_lab.watch.probes.aiohttp_probe import noting_connect
from inflight_lab.watch.probes.httpx_probe import noting_send, noting_send_async
from inflight_lab.watch.request_log import RequestLog

REPORT_WIDTH = 72
"""Letters in a line of the report: a notebook breaks longer lines within a word."""


class Method(NamedTuple):
    """A method through which a client sends, and what notes its calls."""

    owner: Any
    name: str
    noting: Callable[..., Function]

    @property
    def is_watched(self) -> bool:
        """Whether its calls are noted already."""
        return self.name in vars(self.owner)

    def watch(self, note: Callable[..., None]) -> None:
        """Note its calls from now on."""
        original = getattr(type(self.owner), self.name)
        noted = self.noting(original, note=note)
        setattr(self.owner, self.name, MethodType(noted, self.owner))

    def leave(self) -> None:
        """Leave it as it was."""
        delattr(self.owner, self.name)


class Watch(Plot):
    """Shows live what ``client`` sends inside the block, and then what stood out.

    ``client`` is an ``AsyncClient`` or a ``Client`` of httpx or httpx2, or a
    ``ClientSession`` of aiohttp, made as you like.  What it sends does not change and
    no body is read; after the block it is as it was.

    >>> with Watch(client):
    ...     await asyncio.gather(*(client.get(url) for url in urls))

    Raises ``TypeError`` for anything but such a client, ``ValueError`` for one that is
    watched already.
    """

    def __init__(self, client: Any) -> None:
        self._methods = _methods_of(client)
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
        if any(method.is_watched for method in self._methods):
            raise ValueError(
                "client must not be watched already: leave the other block first"
            )
        for method in self._methods:
            method.watch(self._note)
        display(self)
        return super().__enter__()

    def __exit__(self, *why: Any) -> None:
        for method in self._methods:
            method.leave()
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


def _methods_of(client: Any) -> list[Method]:
    """Through which methods the client sends."""
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp and isinstance(client, aiohttp.ClientSession):
        if client.closed:
            raise ValueError("client must be an open ClientSession, got a closed one")
        return [Method(client.connector, "connect", noting_connect)]
    is_async = hasattr(client, "aclose")
    name = "handle_async_request" if is_async else "handle_request"
    noting = partial(
        noting_send_async if is_async else noting_send, library=_library_of(client)
    )
    return [Method(each, name, noting) for each in _transports_of(client)]


def _library_of(client: Any) -> str:
    modules = [kind.__module__.partition(".")[0] for kind in type(client).__mro__]
    return "httpx2" if "httpx2" in modules else "httpx"


def _transports_of(client: Any) -> set[Any]:
    """What the client sends through: one for all, and those for some addresses."""
    try:
        return {client._transport, *client._mounts.values()} - {None}
    except AttributeError:
        raise TypeError(
            "client must be an AsyncClient or a Client of httpx or httpx2, "
            f"or a ClientSession of aiohttp, got {client!r}"
        ) from None

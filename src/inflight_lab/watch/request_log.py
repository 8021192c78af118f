"""What was seen of a run, event by event: its timeline, for the plot, and each request, for the diagnosis."""

import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.points import Message, PlotSource
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.watch.quota import Policy, policies

MOST = 200_000
"""So many requests, and others of a kind, are kept one by one.  The counts and the plot go on."""
Name = tuple[int, Any]
"""Of a task, thread, client or callback: the process, and the name there."""


@dataclass(slots=True)
class Request:
    """One request, as far as it got.  Times are in seconds; None: it did not happen."""

    asked: float
    sender: Name
    client: Name
    connections: int  # the most that its client opens; 0: not known
    idle: int  # the most that its client keeps open for later
    method: str
    url: str
    waits: bool = False  # whether the client may have no connection for it yet
    opened: int = 0  # connections that were opened for it
    sent: float | None = None
    flight: int | None = None  # its number in the timeline, once it is sent
    ended: float | None = None
    error: str = (
        ""  # what came in place of an answer; "cancelled" if the script gave it up
    )
    status: int = 0
    said: str = ""  # those headers of the answer that are noted

    @property
    def host(self) -> str:
        """Where it went."""
        return re.split("[/?#]", self.url, maxsplit=3)[2]

    @property
    def failed(self) -> bool:
        """Whether a script might send it again."""
        return bool(self.error) or self.status == 429 or self.status >= 500


class RequestLog(PlotSource):
    """A run as it is seen, from events that `note` takes one by one.

    ``news`` has those that came since it was last called.  They are taken in before
    each reading, many at a time: right when they come, each would cost the run twice as
    much.
    """

    def __init__(self, news: Callable[[], Iterable[tuple[Any, ...]]] = tuple) -> None:
        self._noted, self._looking = news, threading.Lock()
        self._at: float | None = None
        self.timeline = Timeline(clock=lambda: self._at or time.perf_counter())
        self.requests = deque[Request](maxlen=MOST)
        self.open: dict[Name, Request] = {}
        """Those without an end, by process and number."""
        self.others = defaultdict[str, deque[tuple[Any, ...]]](
            lambda: deque(maxlen=MOST)
        )
        """By kind, all events of no request: ``(at, process, *fields)``."""
        self.policies: dict[str, list[Policy]] = {}
        """By host: what its last answer said."""
        super().__init__(None, self.timeline, self._quota)

    def look(self) -> None:
        """Take in what is new."""
        with self._looking:
            for event in self._noted():
                self.note(*event)

    def read(self) -> Message:
        """What happened since the last time, with the latest."""
        self.look()
        return super().read()

    def note(self, at: float, process: int, kind: str, *fields: Any) -> None:
        """One event at ``at``, seconds of ``time.perf_counter``.

        Of a request: ``asked`` (number, sender, client, connections, idle, method,
        url), ``sent`` (number, connections opened), ``ended`` (number, error, status,
        headers).  Others: ``acquires`` (semaphore, sender), ``gave up`` (error,
        senders), ``stood still`` (callback, seconds, line), ``unseen`` (library),
        ``opened`` (path of a file, when it was last changed before that).  Numbers and
        names are the process's own.
        """
        self._at, key = at, (process, fields[0])
        if kind == "asked":
            _, sender, client, *more = fields
            request = self.open[key] = Request(
                at, (process, sender), (process, client), *more
            )
            self.requests.append(request)
            if len(self.open) > request.connections:
                request.waits = True
                self.timeline.start()
        elif kind == "sent" and key in self.open:
            self._send(self.open[key], at, fields[1])
        elif kind == "ended" and key in self.open:
            self._finish(self.open.pop(key), at, *fields[1:])
        elif kind != "stood still" or self.open:
            self.others[kind].append((at, process, *fields))
        self._at = None

    def _send(self, request: Request, at: float, opened: int = 0) -> None:
        if self.timeline.waiting and not request.waits:
            self.timeline.start()  # else it would count as one of those that wait
        request.sent, request.opened, request.flight = at, opened, self.timeline.send()

    def _finish(
        self, request: Request, at: float, error: str, status: int, said: str
    ) -> None:
        request.ended, request.error, request.status, request.said = (
            at,
            error,
            status,
            said,
        )
        if request.flight is None and not (
            error and request.waits
        ):  # only httpcore says when it is sent
            self._send(request, at)
        if error == "cancelled":
            self.timeline.cancel(request.flight)
        elif error or request.flight is None:
            self.timeline.fail(request.flight, error)
        else:
            self.timeline.answer(request.flight, status)
        if said and (found := policies(said)):
            known = self.policies.get(request.host, found)
            if found[0].window >= known[0].window:
                self.policies[request.host] = found
                self.timeline.period = found[0].window

    def _quota(self) -> QuotaPolicy | None:
        """The quota to draw: the one of the shortest window, if a single host says any."""
        said = list(self.policies.values())
        return (
            QuotaPolicy("sliding-window", said[0][0].quota, said[0][0].window)
            if len(said) == 1
            else None
        )

"""What was seen of a run, event by event: its timeline, for the plot, and each request, for the diagnosis."""

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from inflight_lab.observation.timeline import Rules, Timeline
from inflight_lab.plot.points import Recorder
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
    opened: int = 0  # connections that were opened for it
    sent: float | None = None
    flight: int | None = None  # its number in the timeline, once it is sent
    ended: float | None = None
    status: int = 0
    retry_after: float = 0.0
    closed: bool = False  # whether the server closed the connection after it
    error: str = ""  # what came in place of an answer; "cancelled" if the script gave it up

    @property
    def host(self) -> str:
        """Where it went."""
        return urlsplit(self.url).netloc

    @property
    def failed(self) -> bool:
        """Whether a script might send it again."""
        return bool(self.error) or self.status == 429 or self.status >= 500


class Seen:
    """A run as it is seen.  `note` takes its events; the rest is read."""

    def __init__(self) -> None:
        self._at: float | None = None
        self.timeline = Timeline(clock=lambda: self._at or time.perf_counter())
        self.requests: list[Request] = []
        self.others = defaultdict[str, list[tuple[Any, ...]]](list)
        """By kind, all events of no request: ``(at, process, *fields)``."""
        self.policies: dict[str, list[Policy]] = {}
        """By host: what its last answer said."""
        self._open: dict[Name, Request] = {}
        self.recorder = Recorder(None, self.timeline, self._rules)

    def note(self, at: float, process: int, kind: str, *fields: Any) -> None:
        """One event at ``at``, seconds of ``time.perf_counter``.

        Of a request: ``asked`` (number, sender, client, connections, idle, method, url), ``opened`` and
        ``sent`` (number), ``ended`` (number, error, status, headers).  Others: ``acquires`` (semaphore,
        sender), ``gave up`` (error, senders), ``stood still`` (callback, seconds, line), ``unseen``
        (library).  Numbers and names are the process's own.
        """
        self._at, key = at, (process, fields[0])
        if kind == "asked":
            _, sender, client, *more = fields
            self._open[key] = Request(at, (process, sender), (process, client), *more)
            self.requests += [self._open[key]] * (len(self.requests) < MOST)
            self.timeline.start()
        elif kind == "opened" and key in self._open:
            self._open[key].opened += 1
        elif kind == "sent" and key in self._open:
            self._send(self._open[key], at)
        elif kind == "ended" and key in self._open:
            self._end(self._open.pop(key), at, *fields[1:])
        elif (kind != "stood still" or self._open) and len(self.others[kind]) < MOST:
            self.others[kind].append((at, process, *fields))
        self._at = None

    def _send(self, request: Request, at: float) -> int:
        if request.flight is None:
            request.sent, request.flight = at, self.timeline.send()
        return request.flight

    def _end(self, request: Request, at: float, error: str, status: int, headers: dict[str, str]) -> None:
        request.ended, request.error = at, error
        if error == "cancelled":
            self.timeline.cancel(request.flight)
        elif error:
            self.timeline.fail(request.flight, error)
        else:
            flight, request.status = self._send(request, at), status
            self._read(request, headers)
            self.timeline.answer(flight, status)

    def _read(self, request: Request, headers: dict[str, str]) -> None:
        request.closed = headers.get("connection", "").lower() == "close"
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", pause := headers.get("retry-after", "")):
            request.retry_after = float(pause)
        known = self.policies.get(request.host)
        if (found := policies(headers, time.time())) and (not known or found[0].window >= known[0].window):
            self.policies[request.host] = found
            self.timeline.period = found[0].window

    def _rules(self) -> Rules | None:
        """The quota to draw: the one of the shortest window, if a single host says any."""
        said = list(self.policies.values())
        return Rules("sliding-window", said[0][0].quota, said[0][0].window) if len(said) == 1 else None

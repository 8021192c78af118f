"""What was seen of a run, event by event: its timeline, for the plot, and each request, for the diagnosis."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.points import Recorder
from inflight_lab.watch.quota import Policy, policies

MOST = 200_000
"""So many requests are kept one by one, for the diagnosis.  The counts and the plot go on."""


@dataclass(slots=True)
class Request:
    """One request, as far as it got.  Times are in seconds; None: it did not happen."""

    asked: float
    sender: str
    client: str
    connections: int
    """The most that its client opens; 0: not known."""
    idle: int
    """The most that its client keeps open for later."""
    method: str
    url: str
    opened: int = 0
    """Connections that were opened for it."""
    sent: float | None = None
    flight: int | None = None
    """Its number in the timeline, once it is sent."""
    ended: float | None = None
    status: int = 0
    retry_after: float = 0.0
    closed: bool = False
    """Whether the server closed the connection after it."""
    error: str = ""
    """What came in place of an answer; "cancelled" if the script gave it up."""

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
        self.recorder = Recorder(None, self.timeline, self._quota)
        self.requests: list[Request] = []
        self.policies: dict[str, list[Policy]] = {}
        """By host: what its last answer said."""
        self.semaphores = defaultdict[str, set[str]](set)
        """Who acquired which."""
        self.stalls = defaultdict[str, list[float]](list)
        """By line: for how many seconds a loop stood still there each time, with requests under way."""
        self.given_up: list[tuple[float, str, list[str]]] = []
        """When a ``gather`` raised, what, and the tasks that it left running."""
        self.unseen = Counter[str]()
        """Libraries whose requests were not seen, and how often they were used."""
        self._open: dict[tuple[int, int], Request] = {}
        self._lock = Lock()

    def note(self, at: float, process: int, kind: str, *fields: Any) -> None:
        """One event at ``at``, seconds of ``time.perf_counter``.

        ``asked`` (number, sender, client, connections, idle, method, url), ``opened`` and ``sent`` (number),
        ``answered`` (number, status, headers), ``failed`` (number, error), ``cancelled`` (number),
        ``acquires`` (semaphore, sender), ``gave up`` (error, tasks), ``stood still`` (seconds, line),
        ``unseen`` (library).  Numbers and names are the process's own.
        """
        with self._lock:
            self._at = at
            if kind == "asked":
                number, sender, client, *more = fields
                request = Request(at, f"{process} {sender}", f"{process} {client}", *more)
                self._open[process, number] = request
                self.requests += [request] * (len(self.requests) < MOST)
                self.timeline.start()
            elif kind == "acquires":
                self.semaphores[f"{process} {fields[0]}"].add(f"{process} {fields[1]}")
            elif kind == "gave up":
                self.given_up.append((at, fields[0], [f"{process} {task}" for task in fields[1]]))
            elif kind == "stood still" and self._open:
                self.stalls[fields[1]].append(fields[0])
            elif kind == "unseen":
                self.unseen[fields[0]] += 1
            elif (process, fields[0]) in self._open:
                self._follow(self._open[process, fields[0]], at, kind, *fields[1:])
                if kind in ("answered", "failed", "cancelled"):
                    del self._open[process, fields[0]]
            self._at = None

    def _follow(self, request: Request, at: float, kind: str, *fields: Any) -> None:
        if kind == "opened":
            request.opened += 1
        elif kind == "failed":
            request.ended, request.error = at, fields[0]
            self.timeline.fail(request.flight, request.error)
        elif kind == "cancelled":
            request.ended, request.error = at, kind
            self.timeline.cancel(request.flight)
        elif request.flight is None:
            request.sent, request.flight = at, self.timeline.send()
        if kind == "answered" and request.flight is not None:
            request.ended, (request.status, headers) = at, fields
            self._read(request, headers)
            self.timeline.answer(request.flight, request.status)

    def _read(self, request: Request, headers: dict[str, str]) -> None:
        request.closed = headers.get("connection", "").lower() == "close"
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", pause := headers.get("retry-after", "")):
            request.retry_after = float(pause)
        known = self.policies.get(request.host)
        if (found := policies(headers, time.time())) and (not known or found[0].window >= known[0].window):
            self.policies[request.host] = found
            self.timeline.period = found[0].window

    def _quota(self) -> float | None:
        """The quota to draw: the one of the shortest window, if a single host says any."""
        told = list(self.policies.values())
        return told[0][0].quota if len(told) == 1 else None

"""A watched run, event by event: each request, for the diagnosis, and a timeline."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from inflight_lab.observation.timeline import Timeline
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.watch.announced_quota import AnnouncedQuota, announced_quotas
from inflight_lab.watch.events import (
    Acquired,
    Asked,
    Blocked,
    Ended,
    Event,
    GatherFailed,
    OpenedFile,
    Sent,
    Unseen,
)
from inflight_lab.watch.request import Name, Request
from inflight_lab.watch.request_group import RequestGroup

MAX_KEPT = 200_000
"""So many requests, and events of a kind, are kept.  The timeline counts all."""


class RequestLog(RequestGroup):
    """All requests of a run, and what else was noted of it.

    ``news`` returns the events since it was last called.  They are taken in by
    `catch_up`, many at a time: right when they come, each would cost the run twice as
    much.
    """

    def __init__(self, news: Callable[[], Iterable[Event]] = tuple) -> None:
        self._requests = deque[Request](maxlen=MAX_KEPT)
        super().__init__(self._requests)
        self.timeline = Timeline(clock=self._clock)
        self.unfinished: dict[Name, Request] = {}
        self.quotas: dict[str, list[AnnouncedQuota]] = {}
        """By host: what its answers announce."""
        self.acquired = deque[Acquired](maxlen=MAX_KEPT)
        self.failed_gathers = deque[GatherFailed](maxlen=MAX_KEPT)
        self.blocked = deque[Blocked](maxlen=MAX_KEPT)
        """While requests were unfinished."""
        self.unseen = deque[Unseen](maxlen=MAX_KEPT)
        self.opened_files = deque[OpenedFile](maxlen=MAX_KEPT)
        self._news = news
        self._catching_up = threading.Lock()
        self._event_time: float | None = None
        self._take_in: dict[type[Event], Callable[[Any], None]] = {
            Asked: self._begin,
            Sent: self._get_connection,
            Ended: self._end,
            Acquired: self.acquired.append,
            GatherFailed: self.failed_gathers.append,
            Blocked: self._block,
            Unseen: self.unseen.append,
            OpenedFile: self.opened_files.append,
        }

    def catch_up(self) -> None:
        """Take in what is new."""
        with self._catching_up:
            for event in self._news():
                self.note(event)

    def note(self, event: Event) -> None:
        """Take in one event."""
        self._event_time = event.time
        self._take_in[type(event)](event)
        self._event_time = None

    def is_near_its_quota(self) -> bool:
        """Whether more requests at once would soon be, or were, too many."""
        rates = [
            each.quota / each.window
            for quotas in self.quotas.values()
            for each in quotas
        ]
        allowed = min(rates, default=float("inf"))
        return self.refused > 0 or len(self) / self.seconds > 0.8 * allowed

    def semaphores_of_one_sender(self) -> int:
        """How many semaphores were used by one task only, which sent requests."""
        users: dict[Name, set[Name]] = {}
        for event in self.acquired:
            semaphore = (event.process, event.semaphore)
            sender = (event.process, event.sender)
            users.setdefault(semaphore, set()).add(sender)
        senders = {request.sender for request in self.requests}
        return sum(len(each) == 1 and each <= senders for each in users.values())

    def quota_to_draw(self) -> QuotaPolicy | None:
        """That of the shortest window, if a single host announces any."""
        if len(self.quotas) != 1:
            return None
        (quotas,) = self.quotas.values()
        return QuotaPolicy("sliding-window", quotas[0].quota, quotas[0].window)

    def _clock(self) -> float:
        now = time.perf_counter()
        return now if self._event_time is None else self._event_time

    def _begin(self, event: Asked) -> None:
        request = Request(
            event.time,
            (event.process, event.sender),
            (event.process, event.client),
            event.max_connections,
            event.max_idle,
            event.method,
            event.url,
        )
        self.unfinished[(event.process, event.request)] = request
        self._requests.append(request)
        if len(self.unfinished) > request.max_connections:
            request.may_wait = True
            self.timeline.start()

    def _get_connection(self, event: Sent) -> None:
        request = self.unfinished.get((event.process, event.request))
        if request:
            self._send(request, event.time, event.connections_opened)

    def _send(self, request: Request, time: float, connections_opened: int) -> None:
        if self.timeline.waiting and not request.may_wait:
            # Else it would count as one of those that wait.
            self.timeline.start()
        request.sent = time
        request.connections_opened = connections_opened
        request.number = self.timeline.send()

    def _block(self, event: Blocked) -> None:
        if self.unfinished:
            self.blocked.append(event)

    def _end(self, event: Ended) -> None:
        request = self.unfinished.pop((event.process, event.request), None)
        if not request:
            return
        request.ended = event.time
        request.error = event.error
        request.status = event.status
        request.headers = event.headers
        gave_up_waiting = request.may_wait and event.error
        if request.number is None and not gave_up_waiting:
            # Only httpcore says when it is sent.
            self._send(request, event.time, 0)
        if event.error == "cancelled":
            self.timeline.cancel(request.number)
        elif event.error or request.number is None:
            self.timeline.fail(request.number, event.error)
        else:
            self.timeline.answer(request.number, event.status)
        if event.headers:
            self._learn_quotas(request)

    def _learn_quotas(self, request: Request) -> None:
        """Keep what an answer announces.

        A window that is guessed from the time of the reset gets shorter until then: the
        longest is kept.
        """
        quotas = announced_quotas(request.headers)
        if not quotas:
            return
        known = self.quotas.get(request.host, quotas)
        if quotas[0].window >= known[0].window:
            self.quotas[request.host] = quotas
            self.timeline.period = quotas[0].window

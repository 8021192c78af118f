"""Turns the events of a watched run into requests, to diagnose, and a timeline."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from inflight_lab.observation.timeline import Timeline
from inflight_lab.runs.events import REFUSALS
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.server.dialects import DIALECTS
from inflight_lab.watch.announced_quota import AnnouncedQuota, known_quotas
from inflight_lab.watch.client_row import ClientRow
from inflight_lab.watch.dialect_of_host import dialect_of
from inflight_lab.watch.events import (
    Acquired,
    Asked,
    Blocked,
    Deadlocked,
    Ended,
    Event,
    GatherFailed,
    HeadersSeen,
    OpenedFile,
    Paced,
    Raised,
    Released,
    Sent,
    Slept,
    Unseen,
)
from inflight_lab.watch.guessed_window import agreeing_quotas
from inflight_lab.watch.header_names import HeaderNames
from inflight_lab.watch.request import Name, Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.seen_answer import read_answer

PRACTICE = "practice"
MAX_STORED = 200_000
"""How many requests, and events of each kind, a log stores: the newest.

Its timeline counts all of them.
"""


class RequestLog(RequestGroup):
    """All requests of a run, and the other events that the diagnosis needs.

    ``practice_quota``: the practice server answers, whichever host is asked, within
    this quota, in the ``dialect`` that it has then.
    ``fetch_events`` returns the events since its last call.  `catch_up` processes them
    in batches: one by one, as they come, they would cost the run twice as much.
    """

    def __init__(
        self,
        fetch_events: Callable[[], Iterable[Event]] = tuple,
        *,
        practice_quota: AnnouncedQuota | None = None,
    ) -> None:
        self._requests = deque[Request](maxlen=MAX_STORED)
        super().__init__(self._requests)
        self.timeline = Timeline()
        self._is_practice = practice_quota is not None
        self.dialect = ""
        """Of the practice server, once it is known."""
        self.unfinished: dict[Name, Request] = {}
        self._quotas_by_api: dict[str, list[AnnouncedQuota]] = {}
        if practice_quota:
            self._quotas_by_api[PRACTICE] = [practice_quota]
            self.timeline.period = practice_quota.window
        self._header_names = HeaderNames()
        self._row_by_client: dict[tuple[str, str], ClientRow] = {}
        self.acquired = deque[Acquired](maxlen=MAX_STORED)
        self.released = deque[Released](maxlen=MAX_STORED)
        self.deadlocks = deque[Deadlocked](maxlen=MAX_STORED)
        self.paced = deque[Paced](maxlen=MAX_STORED)
        self.slept = deque[Slept](maxlen=MAX_STORED)
        self.failed_gathers = deque[GatherFailed](maxlen=MAX_STORED)
        self.blocked = deque[Blocked](maxlen=MAX_STORED)
        """Only events that came while requests were unfinished."""
        self.unseen = deque[Unseen](maxlen=MAX_STORED)
        self.raised = deque[Raised](maxlen=MAX_STORED)
        self.opened_files = deque[OpenedFile](maxlen=MAX_STORED)
        self._drawn: AnnouncedQuota | None = None
        self._drawn_from: list[AnnouncedQuota] = []
        """What was announced when ``_drawn`` was chosen."""
        self._draw_anew_at = 0.0
        """The number of requests from which on it is chosen again."""
        self._fetch_events = fetch_events
        self._catching_up = threading.Lock()
        self._handlers: dict[type[Event], Callable[[Any], None]] = {
            Asked: self._on_asked,
            HeadersSeen: self._header_names.note,
            Sent: self._on_sent,
            Ended: self._on_ended,
            Acquired: self.acquired.append,
            Released: self.released.append,
            Deadlocked: self.deadlocks.append,
            Paced: self.paced.append,
            Slept: self.slept.append,
            GatherFailed: self.failed_gathers.append,
            Blocked: self._on_blocked,
            Unseen: self.unseen.append,
            Raised: self.raised.append,
            OpenedFile: self.opened_files.append,
        }

    def catch_up(self) -> None:
        """Process the events since the last call."""
        with self._catching_up:
            for event in self._fetch_events():
                self.note(event)

    def note(self, event: Event) -> None:
        """Process one event."""
        handle = self._handlers[type(event)]
        handle(event)

    def is_near_its_quota(self) -> bool:
        """Whether a few more requests at once would exceed the quota, or any did."""
        announced = chain.from_iterable(map(self.quotas_of, self.by_api()))
        allowed_rate = min((quota.rate for quota in announced), default=float("inf"))
        rate = len(self) / self.seconds
        return self.refused > 0 or rate > 0.8 * allowed_rate

    def by_api(self) -> list[RequestGroup]:
        """A group for each host; in practice one group: all hosts share its quota."""
        return self.grouped_by(self.api_of)

    def api_of(self, request: Request) -> str:
        """What keeps the quota for a request: its host, or the practice server."""
        return PRACTICE if self._is_practice else request.host

    def counts_refusals(self, group: RequestGroup) -> bool:
        """Whether the API of a group is known to count what it refuses as well."""
        name = self.dialect if self._is_practice else dialect_of(group.first.host)
        return name in DIALECTS and DIALECTS[name].counts_refused

    def announced_to(self, group: RequestGroup) -> list[AnnouncedQuota]:
        """What the API of a group announces, guesses that do not fit included."""
        return self._quotas_by_api.get(self.api_of(group.first), [])

    def quotas_of(self, group: RequestGroup) -> list[AnnouncedQuota]:
        """The same without guesses that its answers contradict."""
        api = self.api_of(group.first)
        requests = (each for each in self.requests if self.api_of(each) == api)
        return agreeing_quotas(self.announced_to(group), requests)

    def quota_to_draw(self) -> QuotaPolicy | None:
        """The quota with the shortest window, if exactly one API announces any.

        A guess is looked at anew when there are a tenth more requests.
        """
        if len(self._quotas_by_api) != 1:
            return None
        (announced,) = self._quotas_by_api.values()
        if announced != self._drawn_from or len(self) > self._draw_anew_at:
            self._drawn_from = announced
            self._draw_anew_at = 1.1 * len(self)
            agreeing = agreeing_quotas(announced, self._of_the_one_api())
            self._drawn = next(iter(agreeing), None)
        if self._drawn is None:
            return None
        return QuotaPolicy("sliding-window", self._drawn.quota, self._drawn.window)

    def _of_the_one_api(self) -> Iterator[Request]:
        (api,) = self._quotas_by_api
        return (each for each in self.requests if self.api_of(each) == api)

    def client_rows(self) -> list[ClientRow]:
        """What was sent with which library from which line: what sent most first."""
        rows = list(self._row_by_client.values())
        return sorted(rows, key=lambda row: row.sent, reverse=True)

    def _row_of(self, request: Request) -> ClientRow:
        client = (request.library, request.line)
        if client not in self._row_by_client:
            self._row_by_client[client] = ClientRow(*client)
        return self._row_by_client[client]

    def _on_asked(self, event: Asked) -> None:
        request = Request(
            asked=event.time,
            sender=(event.process, event.sender),
            client=(event.process, event.client),
            max_connections=event.max_connections,
            max_idle=event.max_idle,
            method=event.method,
            url=event.url,
            library=event.library,
            line=event.line,
            around=(event.process, event.around) if event.around else None,
        )
        request.header_names = self._header_names.of(request)
        self.unfinished[(event.process, event.request)] = request
        self._requests.append(request)
        self._row_of(request).begin()
        is_pool_known = request.max_connections > 0
        if is_pool_known and len(self.unfinished) > request.max_connections:
            request.may_be_queued = True
            self.timeline.start(at=event.time)

    def _on_sent(self, event: Sent) -> None:
        request = self.unfinished.get((event.process, event.request))
        if request:
            request.connections_opened = event.connections_opened
            self._record_sent(request, event.time)

    def _record_sent(self, request: Request, time: float) -> None:
        request.sent = time
        if request.number is not None:
            return  # it was taken as sent at first; now httpcore says when it was
        if self.timeline.waiting and not request.may_be_queued:
            # Otherwise `send` would take it for one of the waiting requests.
            self.timeline.start(at=time)
        request.number = self.timeline.send(at=time)

    def _on_blocked(self, event: Blocked) -> None:
        if self.unfinished:
            self.blocked.append(event)

    def _on_ended(self, event: Ended) -> None:
        request = self.unfinished.pop((event.process, event.request), None)
        if not request:
            return
        request.ended = event.time
        request.error = event.error
        request.status = event.status
        request.headers = event.headers
        request.refusal, request.requested_pause = read_answer(event)
        request.retry = event.retry
        self._row_of(request).end(request)
        gave_up_waiting = request.may_be_queued and event.error
        if request.number is None and not gave_up_waiting:
            # It failed before it was sent, such as while its connection was opened.
            self._record_sent(request, event.time)
        self._record_end(request, event.time)
        if event.headers or request.refusal:
            self._learn_quotas(request)

    def _record_end(self, request: Request, time: float) -> None:
        if request.error == "cancelled":
            self.timeline.cancel(request.number, at=time)
        elif request.error or request.number is None:
            self.timeline.fail(request.number, request.error, at=time)
        elif request.status in REFUSALS and not request.is_refused:
            # The timeline would take it for a refusal, as it knows the status only.
            self.timeline.fail(request.number, str(request.status), at=time)
        else:
            self.timeline.answer(request.number, request.status, at=time)

    def _learn_quotas(self, request: Request) -> None:
        """Add what an answer announces to what is known of its API.

        In practice all is known: a header may say less, or another window.
        """
        if self._is_practice:
            return
        api = self.api_of(request)
        known = self._quotas_by_api.get(api, [])
        quotas = known_quotas(known, request)
        if quotas:
            self._quotas_by_api[api] = quotas
            self.timeline.period = quotas[0].window

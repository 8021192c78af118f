"""Reads the timelines of one run, from its beginning to its end."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter
from typing import NamedTuple

from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.latency_reader import LatencyReader
from inflight_lab.plot.own_counts import OwnCounts
from inflight_lab.plot.own_time import OwnTime
from inflight_lab.plot.quota_changes import QuotaChanges
from inflight_lab.plot.recently_sent import RecentlySent
from inflight_lab.plot.request_events import RequestEvents
from inflight_lab.plot.token_level import TokenLevel
from inflight_lab.runs.events import Event, OutcomeKind, RunStats, outcome_of
from inflight_lab.runs.levels import Line, Point, fold, level, tally
from inflight_lab.runs.run import Run

_in_flight = attrgetter("in_flight")
_waiting = attrgetter("waiting")


class Sides(NamedTuple):
    """Who is observed: the server, the client, or both."""

    server: Timeline | None
    client: Timeline | None

    @property
    def main(self) -> Timeline:
        """The one that knows best what was sent."""
        return _first_of(self.server, self.client)

    @property
    def asking(self) -> Timeline:
        """The one that knows best what the script asked for."""
        return _first_of(self.client, self.server)


class Settings(NamedTuple):
    """What a server is set to, whenever that changes."""

    quota: QuotaChanges
    latency: LatencyReader


class RunReader:
    """Says what is new of a run, which begins with the first moment of ``time``."""

    def __init__(
        self, sides: Sides, settings: Settings, time: OwnTime, *, unlimited: bool
    ) -> None:
        self.stopped = False
        """Whether the run is being stopped before its end."""
        self._sides = sides
        self._quota = settings.quota
        self._latency = settings.latency
        self._time = time
        self._unlimited = unlimited
        self._positions = {
            timeline: timeline.since(0)[1] for timeline in sides if timeline
        }
        self._server_level_before = sides.server.in_flight if sides.server else None
        self._knows_a_queue = False
        self._limits = deque[tuple[float, float]]()  # those that are not read yet
        self._recently_sent = RecentlySent(self._sent_before())
        self._tokens = TokenLevel(sides.main)
        self._own_counts = OwnCounts(sides.asking.stats())
        self._request_events = RequestEvents(
            waiting=sides.asking.waiting,
            slots=sides.client is not None,
            verdicts=sides.server is not None,
        )

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return self._time.now

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on."""
        self._limits.append((self.now, limit))

    def read(self) -> Run:
        """What is new, and how the run stands."""
        complete_until = self.now
        policies = self._quota.read(complete_until)
        latencies = self._latency.read(complete_until)
        # The server's first: what arrived was sent before.
        server = self._new_events(self._sides.server)
        client = self._new_events(self._sides.client)
        asked = client if self._sides.client else server
        arrived = server if self._sides.server else client
        self._own_counts.note(asked)
        now = self.now
        levels: dict[Line, list[Point]] = {
            "server": self._server_levels(server),
            "client": _levels(client, _in_flight),
            "waiting": self._waiting_levels(asked),
            "limit": self._new_limits(),
            # The client's own: others may use the server too, and only the client
            # knows of a request that never reached it.
            "refused": _tallied(asked, "refused"),
            "failed": _tallied(asked, "failed"),
            "rate": self._rate_levels(arrived, complete_until),
            "tokens": self._tokens.read(self._quota.policy, now),
        }
        return Run(
            levels=levels,
            events=self._request_events.read(asked, arrived),
            policies=policies,
            latencies=latencies,
            counts=self._counts(),
            now=now,
            live=True,
            stopped=self.stopped,
            slow=self._time.slow,
            unlimited=self._unlimited,
            window_offset=self._window_offset(),
        )

    def _new_events(self, timeline: Timeline | None) -> list[Event]:
        if timeline is None:
            return []
        events, self._positions[timeline] = timeline.since(self._positions[timeline])
        return [self._in_own_seconds(event) for event in events]

    def _in_own_seconds(self, event: Event) -> Event:
        quota = event.quota
        if quota is not None and self._quota.has_kind("gcra"):
            quota /= self._time.slow  # it is a wait in seconds
        return event._replace(time=self._time.at(event.time), quota=quota)

    def _sent_before(self) -> list[float]:
        """When the requests of the last period before the run were sent."""
        times = []
        events, _ = self._sides.main.since(0)
        for event in reversed(events):
            time = self._time.at(event.time)
            if time <= -self._quota.period:
                break
            if event.kind == "sent":
                times.append(time)
        return times[::-1]

    def _counts(self) -> RunStats:
        """The client's; but in flight and in a period are what the server counts."""
        return replace(
            self._own_counts.of(self._sides.asking.stats()),
            in_flight=self._sides.main.stats().in_flight,
            busiest_period=self._recently_sent.most,
            most_tokens=self._tokens.most,
        )

    def _window_offset(self) -> float:
        """Seconds into a window of the clock at which the run began."""
        if not self._quota.has_kind("fixed-window"):
            return 0.0
        return self._time.offset_in(self._quota.period)

    def _server_levels(self, events: list[Event]) -> list[Point]:
        """An observed server has a level from the beginning, before any request comes.

        So a page knows that what the client has sent has not arrived.
        """
        points = _levels(events, _in_flight)
        before = self._server_level_before
        self._server_level_before = None  # the first reading has it
        if before is None or (points and points[0].time == 0):
            return points
        return [level(0, before), *points]

    def _waiting_levels(self, asked: list[Event]) -> list[Point]:
        """There is a queue only if the client announced how many it will send."""
        if not self._knows_a_queue:
            self._knows_a_queue = any(event.waiting for event in asked)
        return _levels(asked, _waiting) if self._knows_a_queue else []

    def _new_limits(self) -> list[Point]:
        known = len(self._limits)  # another may be set at any time
        return fold(self._limits.popleft() for _ in range(known))

    def _rate_levels(self, arrived: list[Event], until: float) -> list[Point]:
        period = self._quota.period
        for event in arrived:
            if event.kind == "sent":
                self._recently_sent.count(event.time, period)
        self._recently_sent.expire(until, period)
        return fold(self._recently_sent.take_steps())


def _first_of(*timelines: Timeline | None) -> Timeline:
    for timeline in timelines:
        if timeline is not None:
            return timeline
    raise TypeError("server or client must have a timeline, got None for both")


def _levels(events: Iterable[Event], value_of: Callable[[Event], int]) -> list[Point]:
    return fold((event.time, value_of(event)) for event in events)


def _tallied(events: Iterable[Event], outcome: OutcomeKind) -> list[Point]:
    return tally(
        event.time
        for event in events
        if outcome_of(event.kind, event.detail) == outcome
    )

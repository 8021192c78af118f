"""Reads timelines while they are written, and says what is new of a run."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter

from inflight_lab.arguments import number
from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.own_counts import OwnCounts
from inflight_lab.plot.recently_sent import RecentlySent
from inflight_lab.plot.request_events import RequestEvents
from inflight_lab.runs.events import Event, OutcomeKind, RunStats, outcome_of
from inflight_lab.runs.levels import Line, Point, fold, level, tally
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import Run

_in_flight = attrgetter("in_flight")
_waiting = attrgetter("waiting")

UNLIMITED_PERIOD = 1.0
"""Seconds in which requests are counted where there is no quota."""


class PlotSource:
    """Says what is new in a server's and a client's timeline since it was last asked.

    Either of the two may be None, if it is not observed.  ``policy`` returns how the
    server counts, or None, and ``max_concurrent`` how many it lets in at once, or None.

    A run begins here, and again with each `begin`.  Its times are in its own seconds:
    as if it had not been slowed down.

    Raises ``TypeError`` if there is no timeline at all.
    """

    def __init__(
        self,
        server: Timeline | None,
        client: Timeline | None,
        policy: Callable[[], QuotaPolicy | None] = lambda: None,
        *,
        max_concurrent: Callable[[], int | None] = lambda: None,
    ) -> None:
        main = server or client
        if main is None:
            raise TypeError("server or client must have a timeline, got None for both")
        self.server = server
        self.client = client
        self.policy = policy
        self.max_concurrent = max_concurrent
        self._main = main  # the one that knows best what was sent
        self.begin()

    def begin(self, *, slow: float = 1.0, unlimited: bool = False) -> None:
        """A new run begins now.  What happened before is no part of it.

        ``slow`` is by how much everything is slowed down, and ``unlimited`` says that
        it is known to have no limit.
        """
        self.began = self._main.clock()
        self._slow = slow
        self._unlimited = unlimited
        self._stopped = False
        self._ended: Run | None = None
        self._positions: dict[Timeline, int] = {}
        for timeline in (self.server, self.client):
            if timeline:
                _, self._positions[timeline] = timeline.since(0)
        self._in_flight_before = self.server.in_flight if self.server else 0
        self._policy = self._current_policy()
        self._recently_sent = RecentlySent(self._sent_before())
        self._own_counts = OwnCounts((self.client or self._main).stats())
        self._request_events = RequestEvents(
            waiting=(self.client or self._main).waiting,
            slots=self.client is not None,
            verdicts=self.server is not None,
        )
        self._limits = deque[tuple[float, float]]()  # those that are not read yet
        self._counted: dict[Line, float] = {}
        self._most_tokens = 0
        self._knows_a_queue = False
        self._last_change = PolicyChange(0.0, None)
        self._has_read = False

    def end(self) -> Run:
        """The last news: what happens from now on is no part of the run."""
        news = replace(self.read(), live=False)
        self._ended = news.standing()
        return news

    def note_stop(self) -> None:
        """The run is being stopped before its end."""
        self._stopped = True

    @property
    def now(self) -> float:
        """Seconds since the run began, or that it took."""
        if self._ended:
            return self._ended.now
        return round(self._since_began(self._main.clock()), 4)

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on.

        Raises an error unless it is a finite number, 0 or more.
        """
        number(0).check("limit", limit)
        self._limits.append((self.now, limit))

    def read(self) -> Run:
        """What is new, and how the run stands."""
        if self._ended:
            return self._ended.standing()
        self._policy = self._current_policy()
        complete_until = self.now
        # The server's first: what arrived was sent before.
        server = self._new_events(self.server)
        client = self._new_events(self.client)
        asked = client if self.client else server
        arrived = server if self.server else client
        self._own_counts.note(asked)
        now = self.now
        news = Run(
            levels={
                "server": self._server_levels(server),
                "client": self._folded(client, _in_flight),
                "waiting": self._waiting_levels(asked),
                "limit": self._new_limits(),
                # The client's own: others may use the server too, and only the client
                # knows of a request that never reached it.
                "refused": self._tallied(asked, "refused"),
                "failed": self._tallied(asked, "failed"),
                "rate": self._rate_levels(arrived, complete_until),
                "tokens": self._token_levels(now),
            },
            events=self._request_events.read(asked, arrived),
            policies=self._new_policies(now),
            counts=self._counts(),
            now=now,
            live=True,
            stopped=self._stopped,
            slow=self._slow,
            unlimited=self._unlimited,
            window_offset=self._window_offset(),
        )
        self._has_read = True
        return news

    def _new_events(self, timeline: Timeline | None) -> list[Event]:
        if timeline is None:
            return []
        events, self._positions[timeline] = timeline.since(self._positions[timeline])
        return [self._in_own_seconds(event) for event in events]

    def _in_own_seconds(self, event: Event) -> Event:
        quota = event.quota
        is_gauged_in_seconds = self._policy is not None and self._policy.kind == "gcra"
        if quota is not None and is_gauged_in_seconds:
            quota /= self._slow
        return event._replace(time=self._since_began(event.time), quota=quota)

    def _since_began(self, time: float) -> float:
        return (time - self.began) / self._slow

    def _sent_before(self) -> list[float]:
        """When the requests of the last period before the run were sent."""
        times = []
        events, _ = self._main.since(0)
        for event in reversed(events):
            time = self._since_began(event.time)
            if time <= -self._period:
                break
            if event.kind == "sent":
                times.append(time)
        return times[::-1]

    def _rate_levels(self, arrived: list[Event], until: float) -> list[Point]:
        for event in arrived:
            if event.kind == "sent":
                self._recently_sent.count(event.time, self._period)
        self._recently_sent.expire(until, self._period)
        return fold(self._recently_sent.take_steps())

    @property
    def _period(self) -> float:
        """Seconds in which requests are counted."""
        return self._policy.period if self._policy else UNLIMITED_PERIOD

    def _counts(self) -> RunStats:
        """The client's; but in flight and in a period are what the server counts."""
        main = self._main.stats()
        counts = self.client.stats() if self.client else main
        return replace(
            self._own_counts.of(counts),
            in_flight=main.in_flight,
            busiest_period=self._recently_sent.most,
            most_tokens=self._most_tokens,
        )

    def _current_policy(self) -> QuotaPolicy | None:
        policy = self.policy()
        if policy is None or self._slow == 1:
            return policy
        return policy._replace(period=round(policy.period / self._slow, 6))

    def _new_policies(self, now: float) -> list[PolicyChange]:
        """What the server allows, if that has changed since the last reading.

        The one of the first reading has stood from the beginning.
        """
        time = now if self._has_read else 0.0
        change = PolicyChange(time, self._policy, self.max_concurrent() or 0)
        is_new = change._replace(time=0.0) != self._last_change
        self._last_change = change._replace(time=0.0)
        return [change] if is_new else []

    def _window_offset(self) -> float:
        """Seconds into a window of the clock at which the run began."""
        if self._policy is None or self._policy.kind != "fixed-window":
            return 0.0
        own_clock = self.began / self._slow
        return round(own_clock % self._policy.period, 4)

    def _server_levels(self, events: list[Event]) -> list[Point]:
        """An observed server has a level from the beginning, before any request comes.

        So a page knows that what the client has sent has not arrived.
        """
        points = self._folded(events, _in_flight)
        is_beginning = self.server is not None and not self._has_read
        if is_beginning and not (points and points[0].time == 0):
            points.insert(0, level(0, self._in_flight_before))
        return points

    def _waiting_levels(self, asked: list[Event]) -> list[Point]:
        """There is a queue only if the client announced how many it will send."""
        if not self._knows_a_queue:
            self._knows_a_queue = any(event.waiting for event in asked)
        return self._folded(asked, _waiting) if self._knows_a_queue else []

    def _new_limits(self) -> list[Point]:
        known = len(self._limits)  # another may be set at any time
        return fold(self._limits.popleft() for _ in range(known))

    def _token_levels(self, now: float) -> list[Point]:
        if not self._policy or not self._policy.tokens:
            return []
        used = self._main.recent_tokens()
        self._most_tokens = max(self._most_tokens, used)
        return self._changed("tokens", used, now)

    def _changed(self, line: Line, value: float, now: float) -> list[Point]:
        """A point if the value has changed since the last reading."""
        if self._counted.get(line) == value:
            return []
        self._counted[line] = value
        return [level(now, value)]

    def _folded(
        self, events: Iterable[Event], value_of: Callable[[Event], int]
    ) -> list[Point]:
        return fold((event.time, value_of(event)) for event in events)

    def _tallied(self, events: Iterable[Event], outcome: OutcomeKind) -> list[Point]:
        return tally(
            event.time
            for event in events
            if outcome_of(event.kind, event.detail) == outcome
        )

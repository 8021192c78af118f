"""Reads timelines while they are written, and returns the news of a run."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

from inflight_lab.lesson.plot.request_events import RequestEvents
from inflight_lab.lesson.runs.events import OUTCOME_KINDS, Event, OutcomeKind, Stats
from inflight_lab.lesson.runs.run import Level, RequestEvent, Run, no_levels
from inflight_lab.lesson.runs.terms import Terms
from inflight_lab.lesson.runs.timeline import Timeline

AskTerms = Callable[[], Terms]
"""Returns what the API allows and how long it takes, as far as anybody knows."""


class PlotSource:
    """Returns the news of a server's and a client's timeline, each time it is asked.

    One of the two is None if nobody observes it.  A run begins when this is made, and
    again with each `begin`; its times are seconds since then.  ``ask`` returns the
    API's terms.  ``count`` is how many requests were asked for, if no timeline says so.
    """

    def __init__(
        self,
        server: Timeline | None,
        client: Timeline | None,
        ask: AskTerms = Terms,
        *,
        count: int = 0,
    ) -> None:
        asking = client or server
        assert asking
        self._server = server
        self._client = client
        self._asking = asking
        self._main = server or asking
        self._ask_terms = ask
        self._count = count
        self.begin()

    def begin(self, *, unlimited: bool = False) -> None:
        """Begin a new run now.  What happened before is not part of it.

        ``unlimited``: the run has no limit.
        """
        self._ended: Run | None = None
        self._stopped = False
        self._unlimited = unlimited
        self._began = self._main.clock()
        self._positions = {
            timeline: timeline.since(0)[1] for timeline in {self._asking, self._main}
        }
        self._limits = deque[Level]()  # those that are not read yet
        self._last_terms: Terms | None = None
        self._last_tokens = 0
        self._tally = _Tally(self._asking.waiting)
        self._request_events = RequestEvents(
            waiting=self._asking.waiting,
            slots=self._client is not None,
            verdicts=self._server is not None,
        )

    def end(self) -> Run:
        """End the run, and return its last news.

        Requests that are still in flight count as cancelled: nobody sees their answers.
        """
        news = self.read()
        cut_off = self._request_events.cut_off(news.now)
        if cut_off:
            self._tally.note([], cut_off)
            counts = self._tally.stats(news.counts.busiest_period)
            news = replace(news, events=news.events + cut_off, counts=counts)
        news = replace(news, live=False)
        self._ended = news.standing()
        return news

    def note_stop(self) -> None:
        """The run is being stopped before its end."""
        self._stopped = True

    @property
    def now(self) -> float:
        """Seconds since the run began, or that it took."""
        return self._ended.now if self._ended else self._at(self._main.clock())

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on."""
        self._limits.append(Level(self.now, limit))

    def read(self) -> Run:
        """Return what is new, with the counts and the state of the run so far."""
        if self._ended:
            return self._ended.standing()
        levels = no_levels()
        terms = self._new_terms()
        # The server's first: what arrived was sent before.
        arrived = self._new_events(self._main)
        asked = arrived
        if self._asking is not self._main:
            asked = self._new_events(self._asking)
        events = self._request_events.read(asked, arrived)
        self._tally.note(asked, events)
        levels["limit"] = self._new_limits()
        levels["waiting"] = self._tally.take_waiting()
        levels["tokens"] = self._new_tokens()
        return Run(
            events=events,
            levels=levels,
            terms=terms,
            counts=self._tally.stats(self._main.stats().busiest_period),
            announced=self._tally.announced or self._count,
            now=self.now,
            live=True,
            stopped=self._stopped,
            unlimited=self._unlimited,
        )

    def _at(self, time: float) -> float:
        """A time of the timelines' clock, as one of the run."""
        return round(time - self._began, 4)

    def _new_events(self, timeline: Timeline) -> list[Event]:
        events, self._positions[timeline] = timeline.since(self._positions[timeline])
        return [self._in_the_run(event) for event in events]

    def _in_the_run(self, event: Event) -> Event:
        due = None if event.due is None else self._at(event.due)
        return event._replace(time=self._at(event.time), due=due)

    def _new_terms(self) -> list[Terms]:
        """The API's terms, if they have changed since the last news."""
        last = self._last_terms
        terms = self._ask_terms()
        quota = terms.quota
        if quota and quota.starts is not None:
            quota = quota._replace(starts=self._at(quota.starts))
        terms = terms._replace(quota=quota, time=self.now if last else 0.0)
        if last and terms._replace(time=last.time) == last:
            return []
        self._last_terms = terms
        return [terms] if last or terms != Terms() else []

    def _new_limits(self) -> list[Level]:
        known = len(self._limits)  # another may be set at any time
        return [self._limits.popleft() for _ in range(known)]

    def _new_tokens(self) -> list[Level]:
        quota = self._last_terms.quota if self._last_terms else None
        if quota is None or not quota.tokens:
            return []
        used = self._main.recent_tokens()
        if used == self._last_tokens:
            return []
        self._last_tokens = used
        return [Level(self.now, used)]


class _Tally:
    """Counts the requests of a run, which begins with so many ``waiting``."""

    def __init__(self, waiting: int) -> None:
        self.announced = waiting
        self._waiting = waiting
        self._new_waiting: list[Level] = []
        self._began: float | None = None
        self._ended = 0.0
        self._sent = 0
        self._never_sent = 0
        self._in_flight = 0
        self._peak = 0
        self._ends = Counter[OutcomeKind]()

    def note(self, asked: list[Event], events: list[RequestEvent]) -> None:
        """Count the news: what the asking side wrote, and the events of the run."""
        for event in asked:
            self._note_waiting(event)
            if self._began is None:
                self._began = event.time
            self._ended = event.time
        for each in events:
            self._note_end(each)

    def take_waiting(self) -> list[Level]:
        """The changes in how many wait, since this was last called."""
        levels = self._new_waiting
        self._new_waiting = []
        return levels

    def stats(self, busiest_period: int) -> Stats:
        """The numbers up to now."""
        return Stats(
            started=self._sent + self._never_sent + self._waiting,
            waiting=self._waiting,
            in_flight=self._in_flight,
            peak_in_flight=self._peak,
            elapsed=round(self._ended - (self._began or 0.0), 4),
            busiest_period=busiest_period,
            **{kind: self._ends[kind] for kind in OUTCOME_KINDS},
        )

    def _note_waiting(self, event: Event) -> None:
        if event.kind == "started":
            self.announced += max(0, event.waiting - self._waiting)
        if event.waiting != self._waiting:
            self._waiting = event.waiting
            self._new_waiting.append(Level(event.time, event.waiting))

    def _note_end(self, event: RequestEvent) -> None:
        if event.what == "sent":
            self._sent += 1
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
        elif outcome := event.outcome:
            self._ends[outcome] += event.request_count
            self._ended = max(self._ended, event.time)
            if event.request is None:
                self._never_sent += event.request_count
            else:
                self._in_flight -= 1

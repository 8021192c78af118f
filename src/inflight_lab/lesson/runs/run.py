"""A run as data: events of requests, levels over time, quotas, counts.

A live run grows, a recorded one is complete.  All times are in seconds since it began.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Literal, NamedTuple, get_args

from inflight_lab.lesson.runs.events import OutcomeKind, Stats, outcome_of
from inflight_lab.lesson.runs.terms import Terms

MAX_ROWS = 20_000
"""How many events of a run are kept: the newest.

A page that opens late is sent all of them, 0.7 MB.  Up to an eighth more are kept for a
while, because dropping moves all remaining rows.
"""

Line = Literal["limit", "waiting", "tokens"]
"""Numbers that change in steps: the limit, how many requests wait to be sent, and how
many tokens were used in the last period, if a quota counts them."""

LINES: tuple[Line, ...] = get_args(Line)

What = Literal["taken", "freed", "sent", "arrived", "answered", "failed", "cancelled"]
"""Like `Kind`, but of both sides together: what the server's timeline calls "sent" is
"arrived" here, and nothing is "started"."""

END_KINDS: tuple[What, ...] = ("answered", "failed", "cancelled")


class Level(NamedTuple):
    """A line has this ``value`` from ``time`` on."""

    time: float
    value: float


class RequestEvent(NamedTuple):
    """One thing that happened to a request or a slot, seen from both sides."""

    time: float
    what: What
    request: int | None
    """The request's number in this run, from 0.

    None for slots, for requests that are never sent, and for requests at the server
    that did not come from this client.
    """
    detail: int | str | None
    """A slot if taken, freed or sent; a status if answered; the error's name if failed.

    If arrived: the status with which the server will answer, None if only the client
    is observed.  If failed or cancelled without a number: how many waiting requests.
    """
    quota: float | None = None
    """If arrived at a server with a quota: how the quota stands right after.

    That is `QuotaCounter.gauge`: counted in the window, tokens left, or the seconds
    until the next request is due.
    """
    due: float | None = None
    """If arrived at a server that says so: when it will answer."""

    @property
    def outcome(self) -> OutcomeKind | None:
        """How the request is counted, if this event is its end."""
        return outcome_of(self.what, self.detail)

    @property
    def request_count(self) -> int:
        """How many requests this event ends, if it is an end."""
        if self.request is None and isinstance(self.detail, int):
            return self.detail
        return 1


_time_of = attrgetter("time")


def no_levels() -> dict[Line, list[Level]]:
    """Every line, without a step."""
    return {line: [] for line in LINES}


@dataclass
class Run:
    """Everything that happened in a run up to ``now``, or an update with the news only.

    Events and the steps of each line are in the order of time.
    """

    events: list[RequestEvent] = field(default_factory=list)
    levels: dict[Line, list[Level]] = field(default_factory=no_levels)
    terms: list[Terms] = field(default_factory=list)
    """The API's, each from its time on; none where nobody knows any."""
    counts: Stats = field(default_factory=Stats)
    """The numbers up to ``now``: the client's, or the server's if it is alone.  They
    stay true when the oldest events are dropped."""
    announced: int = 0
    """How many requests the client said it would send; 0 if it said nothing."""
    dropped: Counter[OutcomeKind] = field(default_factory=Counter)
    """How many requests, by outcome, ended in events that are not in ``events``."""
    now: float = 0.0
    """Seconds from the beginning of the run to the last update.

    Of a complete run: how long it took.
    """
    live: bool = False
    """Whether the run is still going on."""
    stopped: bool = False
    """Whether somebody stopped it before its end, as far as the plot knows."""
    unlimited: bool = False
    """Whether there surely is no limit.

    If this is false and ``levels`` has no limit, nobody knows.
    """
    whole: bool = True
    """Whether nothing was dropped because of `MAX_ROWS`."""

    @property
    def elapsed(self) -> float:
        """Seconds from the first request to the end of the last, and its slot's pause.

        If no request is known: ``now``.
        """
        return self.counts.elapsed or self.now

    def append(self, update: "Run") -> None:
        """Add the rows of ``update``, and take over its counts and state.

        Its ``dropped`` and ``whole`` are ignored: an update has dropped nothing.
        """
        for line, steps in update.levels.items():
            self.levels[line] += steps
        self._append_events(update.events)
        self.terms += update.terms
        self.counts = update.counts
        self.announced = update.announced
        self.now = update.now
        self.live = update.live
        self.stopped = update.stopped
        self.unlimited = update.unlimited
        self._drop_oldest()

    def _append_events(self, events: list[RequestEvent]) -> None:
        """Add events, and sort if one side was read later than the other."""
        latest = self.events[-1].time if self.events else 0.0
        self.events += events
        if events and events[0].time < latest:
            self.events.sort(key=_time_of)

    def standing(self) -> "Run":
        """The same counts and state, without events and levels."""
        return replace(self, levels=no_levels(), events=[], terms=[], dropped=Counter())

    def _drop_oldest(self) -> None:
        excess = len(self.events) - MAX_ROWS
        if excess > MAX_ROWS // 8:  # none until there are enough to be worth it
            self.dropped += outcomes_in(self.events[:excess])
            del self.events[:excess]
            self.whole = False


def outcomes_in(events: Iterable[RequestEvent]) -> Counter[OutcomeKind]:
    """How many requests ended in ``events``, by outcome."""
    found = Counter[OutcomeKind]()
    for event in events:
        outcome = event.outcome
        if outcome:
            found[outcome] += event.request_count
    return found

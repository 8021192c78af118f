"""A run as data: levels over time, events of requests, quotas, counts.

A live run grows, a recorded one is complete.  All times are in seconds since it began.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Literal, NamedTuple

from inflight_lab.runs.events import Outcome, Stats, outcome_of
from inflight_lab.runs.levels import LINES, Line, Point, points_since
from inflight_lab.runs.quota_policy import PolicyChange

MAX_ROWS = 100_000
"""The newest events of a run, and points of a line, that are kept.

That is minutes at full speed.  Up to an eighth more are there at times, because each
drop moves the rest.
"""

What = Literal["taken", "freed", "sent", "arrived", "answered", "failed", "cancelled"]

ENDS = ("answered", "failed", "cancelled")


class RequestEvent(NamedTuple):
    """One thing that happened to a request or a slot, seen from both sides."""

    time: float
    what: What
    request: int | None
    """Its number in this run, from 0.

    None for slots, for requests that are never sent, and for those at the server that
    the client did not send.
    """
    detail: int | str | None
    """A slot if taken, freed or sent; a status if answered; the error's name if failed.

    If arrived: the status with which the server will answer, None where only the client
    is seen.  If failed or cancelled without a number: how many of those that wait.
    """
    quota: float | None = None
    """If arrived, where the server counts: how the quota stands right after.

    That is `Quota.standing`: counted in the window, tokens left, or the seconds until
    the next request is due.
    """

    @property
    def outcome(self) -> Outcome | None:
        """What the request counts as, if this is its end."""
        return outcome_of(self.what, self.detail)

    @property
    def size(self) -> int:
        """Of an end: how many requests end with it."""
        many = self.request is None and isinstance(self.detail, int)
        return int(self.detail or 0) if many else 1


def no_levels() -> dict[Line, list[Point]]:
    """Every line, without a point."""
    return {line: [] for line in LINES}


@dataclass
class Run:
    """What happened in a run up to ``now``, or what is new of it.

    Events are in the order of time, as are the points of each line.
    """

    levels: dict[Line, list[Point]] = field(default_factory=no_levels)
    events: list[RequestEvent] = field(default_factory=list)
    policies: list[PolicyChange] = field(default_factory=list)
    counts: Stats = field(default_factory=Stats)
    dropped: Counter[Outcome] = field(default_factory=Counter)
    """The outcomes of requests whose end is not in ``events``."""
    now: float = 0.0
    """Seconds since it began, or that it took."""
    live: bool = False
    """It goes on."""
    numbered: bool = False
    """Slow motion: every request is drawn with its number."""
    phase: float = 0.0
    """Seconds into a fixed window of the clock at which the run began."""
    whole: bool = True
    """Nothing was dropped for `MAX_ROWS`."""

    def append(self, news: "Run") -> None:
        """Add what is new."""
        for line, points in news.levels.items():
            self.levels[line] += points
        self.events += news.events
        self.policies += news.policies
        self.counts = news.counts
        self.now = news.now
        self.live = news.live
        self.numbered = news.numbered
        self.phase = news.phase
        self._drop_oldest()

    def standing(self) -> "Run":
        """How it stands, without anything that happened in it."""
        return replace(
            self, levels=no_levels(), events=[], policies=[], dropped=Counter()
        )

    def recent(self, since: float, *, levels_since: float) -> "Run":
        """What a view needs that comes late.

        The events since then, and those of requests that are not over by then; the
        points since ``levels_since``, and the last one before, which has the level.
        """
        cut = bisect_left(self.events, since, key=attrgetter("time"))
        earlier = self.events[:cut]
        levels = {
            line: points_since(levels_since, points)
            for line, points in self.levels.items()
        }
        return replace(
            self,
            levels=levels,
            events=_still_needed(earlier) + self.events[cut:],
            policies=self.policies[:],
            dropped=self.dropped + outcomes_in(earlier),
        )

    def _drop_oldest(self) -> None:
        for points in self.levels.values():
            extra = _too_many(points)
            if extra:
                del points[:extra]
                self.whole = False
        extra = _too_many(self.events)
        if extra:
            self.dropped += outcomes_in(self.events[:extra])
            del self.events[:extra]
            self.whole = False


def outcomes_in(events: Iterable[RequestEvent]) -> Counter[Outcome]:
    """How many requests ended in ``events``, by what they count as."""
    found = Counter[Outcome]()
    for event in events:
        outcome = event.outcome
        if outcome:
            found[outcome] += event.size
    return found


def _too_many(rows: Sequence[object]) -> int:
    """How many of ``rows`` to drop: none until it is worth it."""
    extra = len(rows) - MAX_ROWS
    return extra if extra > MAX_ROWS // 8 else 0


def _still_needed(events: list[RequestEvent]) -> list[RequestEvent]:
    """Those of requests under way, of slots that are taken, and the quota's last."""
    under_way: dict[object, list[RequestEvent]] = {}
    last_counted: RequestEvent | None = None
    for event in events:
        key = _key(event)
        if event.what in ("taken", "sent"):
            under_way[key] = []
        if event.quota is not None:
            last_counted = event
        if event.what == "freed" or event.what in ENDS:
            under_way.pop(key, None)
        elif key in under_way:
            under_way[key].append(event)
    needed = [event for each in under_way.values() for event in each]
    if last_counted and last_counted not in needed:
        needed.append(last_counted)
    return sorted(needed, key=attrgetter("time"))


def _key(event: RequestEvent) -> object:
    """What an event is of: a slot, or a request."""
    if event.what in ("taken", "freed"):
        return ("slot", event.detail)
    return event.request

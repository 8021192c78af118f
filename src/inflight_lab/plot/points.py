"""From timelines to the points of a plot: few enough to send while a run goes on."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from inflight_lab.arguments import check, number
from inflight_lab.observation.timeline import Event, Rules, Timeline
from inflight_lab.plot.flow import FlowRows

BIN = 0.01
"""Seconds.  All that happens to a level within one bin becomes one point, however many requests there are."""

UPDATE = 0.05
"""Seconds between two messages to a page."""

KEPT = 60.0
"""Seconds of points that are kept for a view that comes late; older ones are dropped."""

LINES = ("server", "client", "waiting", "limit", "rate", "quota", "refused", "failed")

Point = list[float]
"""``[time, lowest, highest, last]``, with the time in seconds since the recording began."""

LATE = 2.0
"""Seconds, and a period of the quota, for which the flow keeps what has ended for a view that comes late."""


def level(time: float, value: float) -> Point:
    """One point: the level was set to ``value`` at ``time``."""
    return [time, value, value, value]


def thin(points: Iterable[Point], width: float = BIN) -> list[Point]:
    """Fold points into one for each ``width`` seconds.  No peak is lost."""
    thinned: list[Point] = []
    for time, low, high, last in points:
        if thinned and time - thinned[-1][0] < width:
            before = thinned[-1]
            thinned[-1] = [before[0], min(before[1], low), max(before[2], high), last]
        else:
            thinned.append([time, low, high, last])
    return thinned


def tally(times: Iterable[float]) -> list[Point]:
    """One point for each `BIN` in which something happened, with how often as its level."""
    counts: dict[float, int] = {}
    for time in times:
        first = next(reversed(counts), -BIN)
        begin = first if time - first < BIN else time
        counts[begin] = counts.get(begin, 0) + 1
    return [level(*each) for each in counts.items()]


class Recorder:
    """Reads a server's and a client's timeline and returns what is new since it was last asked.

    Either of the two may be None, if it is not observed.  ``rules`` returns how the server counts, or None.
    ``numbered`` is whether the run is slow enough to follow single requests: they have their numbers then.
    Raises ``TypeError`` if there is no timeline at all.
    """

    def __init__(
        self,
        server: Timeline | None,
        client: Timeline | None,
        rules: Callable[[], Rules | None] = lambda: None,
    ) -> None:
        if (main := server or client) is None:
            raise TypeError("server or client must have a timeline, got None for both")
        self.server, self.client, self.rules = server, client, rules
        self._main = main  # the one that knows best what was sent
        self._timelines = {"server": server or Timeline(), "client": client or Timeline()}
        self.reset()

    def reset(self, *, numbered: bool = False) -> None:
        """Begin again at time 0."""
        self.began, self.period = self._main.clock(), self._main.period
        self.numbered, self._flow = numbered, FlowRows()
        self.history: dict[str, list[Point]] = {name: [] for name in LINES}
        self.limits: list[tuple[float, float]] = []
        self._limits_read = 0
        # Events from before are not part of this recording.
        self._start = {name: timeline.since(0)[1] for name, timeline in self._timelines.items()}
        self._read = dict(self._start)
        self._end: tuple[float, dict[str, Any]] | None = None
        self.last_rules = self.rules()

    def end(self) -> None:
        """What happens from now on is not part of this recording."""
        self._end = (self.now, self.counts())

    @property
    def now(self) -> float:
        """Seconds since the recording began, or that it took."""
        return self._end[0] if self._end else self._main.clock() - self.began

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on.  Raises an error unless it is a finite number, 0 or more."""
        check("limit", limit, number(0))
        self.limits.append((self.now, limit))

    def read(self) -> dict[str, Any]:
        """What is new: ``series``, the points of each line, and ``rows``, those of the flow."""
        if self._end:
            return {"series": {}, "rows": []}
        # The server's first: what arrived was sent before.
        server, client = self._new_events("server"), self._new_events("client")
        arrived, ended = server if self.server else client, client if self.client else server
        limits = self.limits[self._limits_read :]
        self._limits_read += len(limits)
        now, rules = self.now, self.rules()
        self.last_rules = rules
        fresh = {
            "server": thin(level(event.time, event.in_flight) for event in server),
            "client": thin(level(event.time, event.in_flight) for event in client),
            "waiting": thin(level(event.time, event.waiting) for event in client),
            "limit": thin(level(*each) for each in limits),
            "rate": self._changed("rate", now, self._main.recent()),
            "quota": self._changed("quota", now, rules and rules.rate),
            "refused": tally(event.time for event in arrived if event.ending == "refused"),
            # Only the client knows of a request that never reached the server.
            "failed": tally(event.time for event in ended if event.ending == "failed"),
        }
        for name, points in fresh.items():
            kept = self.history[name]
            kept += points
            old = bisect_left(kept, now - KEPT, key=lambda point: point[0])
            del kept[: max(0, old - 1)]  # the last old point stays: it has the level at the cut
        observed = server if self.server else None, client if self.client else None
        rows = self._flow.read(*observed, keep=LATE + self.period)
        return {"series": {name: points for name, points in fresh.items() if points}, "rows": rows}

    def everything(self) -> dict[str, Any]:
        """What `read` has returned, as far as it is kept, and ``gone``: the outcomes that have no rows."""
        return {"series": self.history, "rows": self._flow.history(), "gone": self._flow.gone}

    def status(self) -> dict[str, Any]:
        """What goes with every message: the time, the counts, and how the server counts.

        ``phase`` is how many seconds into a window of the clock the recording began.
        """
        rules = self.last_rules
        counting = rules._asdict() | {"phase": self.began % rules.period} if rules else None
        return {"now": self.now, "counts": self.counts(), "rules": counting, "numbered": self.numbered}

    def events(self, name: str) -> list[Event]:
        """All that was read from the timeline of ``name``, "server" or "client".

        Raises ``ValueError`` if the timeline no longer has all of it.
        """
        timeline, start = self._timelines[name], self._start[name]
        events, written = timeline.since(start)
        if start < self._read[name] and start + len(events) < written:
            raise ValueError(
                f"the {name}'s timeline no longer has the beginning of this run: it was reset, or there were "
                f"more than the {timeline.keep:,} events that it keeps"
            )
        return events[: self._read[name] - start]

    def counts(self) -> dict[str, Any]:
        """The numbers beside the plot: in flight as the server counts, the rest as the client does."""
        if self._end:
            return self._end[1]
        return asdict((self.client or self._main).stats()) | {"in_flight": self._main.in_flight}

    def _new_events(self, name: str) -> list[Event]:
        events, self._read[name] = self._timelines[name].since(self._read[name])
        return [event._replace(time=round(event.time - self.began, 4)) for event in events]

    def _changed(self, name: str, now: float, value: float | None) -> list[Point]:
        if value is None or [point[3] for point in self.history[name][-1:]] == [value]:
            return []
        return [level(round(now, 4), value)]

"""From timelines to the points of a plot: few enough to send while a run goes on."""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from inflight_lab.arguments import number
from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.flow import FlowRows, Row
from inflight_lab.runs.events import Event, outcome_of
from inflight_lab.runs.quota_policy import QuotaPolicy

BIN = 0.01
"""Seconds.  All that happens to a level within one bin becomes one point, however many requests there are."""

UPDATE = 0.05
"""Seconds between two messages to a page."""

KEPT = 60.0
"""Seconds of points that are kept for a view that comes late; older ones are dropped."""

LINES = (
    "server",
    "client",
    "waiting",
    "limit",
    "refused",
    "failed",
    "rate",
    "quota",
    "tokens",
    "token_quota",
)

Point = list[float]
"""``[time, lowest, highest, last]``, with the time in seconds since the recording began."""

Message = dict[str, Any]
"""What a page is sent: see `PlotSource.read`."""


def level(time: float, value: float) -> Point:
    """One point: the level was set to ``value`` at ``time``."""
    return [round(time, 4), value, value, value]


def thin(steps: Iterable[tuple[float, float]], width: float = BIN) -> list[Point]:
    """Fold steps, each a time and a value, into one point for each ``width`` seconds.  No peak is lost."""
    points: list[Point] = []
    for time, value in steps:
        if not points or time - points[-1][0] >= width:
            points.append(level(time, value))
        point = points[
            -1
        ]  # changed in place: this is done for each request, by the process that sends
        if value < point[1]:
            point[1] = value
        elif value > point[2]:
            point[2] = value
        point[3] = value
    return points


def tally(times: Iterable[float]) -> list[Point]:
    """One point for each `BIN` in which something happened, with how often as its level."""
    points: list[Point] = []
    for time in times:
        if not points or time - points[-1][0] >= BIN:
            points.append(level(time, 0))
        points[-1][1:] = [points[-1][3] + 1] * 3
    return points


class PlotSource:
    """Reads a server's and a client's timeline and returns what is new since it was last asked.

    Either of the two may be None, if it is not observed.  ``rules`` returns how the
    server counts, or None. ``history`` has the points of each line, those of the last
    `KEPT` seconds. Raises ``TypeError`` if there is no timeline at all.
    """

    def __init__(
        self,
        server: Timeline | None,
        client: Timeline | None,
        rules: Callable[[], QuotaPolicy | None] = lambda: None,
    ) -> None:
        if (main := server or client) is None:
            raise TypeError("server or client must have a timeline, got None for both")
        self.server, self.client, self.rules = server, client, rules
        self._main = main  # the one that knows best what was sent
        self.reset()

    def reset(self, *, numbered: bool = False) -> None:
        """Begin again at time 0.  ``numbered``: the run is slow enough to follow single requests."""
        self.began, self.numbered = self._main.clock(), numbered
        slots, verdicts = bool(self.client), bool(self.server)
        self._flow = FlowRows(
            self.began, self._main.period, slots=slots, verdicts=verdicts
        )
        self.history: dict[str, list[Point]] = {name: [] for name in LINES}
        self._limits: deque[tuple[float, float]] = (
            deque()
        )  # those that are not read yet
        # What happened before is not part of this recording.
        self._read = {
            each: each.since(0)[1] for each in (self.server, self.client) if each
        }
        self._end: Message | None = None

    def end(self) -> None:
        """What happens from now on is not part of this recording."""
        self._end = self.status() | {"live": False}

    @property
    def now(self) -> float:
        """Seconds since the recording began, or that it took."""
        return (
            self._end["now"] if self._end else round(self._main.clock() - self.began, 4)
        )

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on.  Raises an error unless it is a finite number, 0 or more."""
        number(0).check("limit", limit)
        self._limits.append((self.now, limit))

    def read(self) -> Message:
        """The `status`, and what is new: ``series``, the points by line, and ``rows``, those of the flow."""
        series, rows = ({}, []) if self._end else self._news()
        status = self.status()
        for name, points in series.items():
            kept = self.history[name]
            kept += points
            old = bisect_left(kept, status["now"] - KEPT, key=itemgetter(0))
            del kept[
                : max(0, old - 1)
            ]  # the last old point stays: it has the level at the cut
        return status | {
            "series": {name: points for name, points in series.items() if points},
            "rows": rows,
        }

    def everything(self) -> Message:
        """What `read` has returned, as far as it is kept, and ``gone``: the outcomes that have no rows."""
        return self.status() | {
            "series": self.history,
            "rows": self._flow.history(),
            "gone": self._flow.gone,
        }

    def status(self) -> Message:
        """The time, whether it goes on, ``counts`` and, if the server counts, ``rules``.

        In flight and in a period are what the server counts, the rest what the client
        does.  ``phase`` is how many seconds into a window of the clock the recording
        began.
        """
        if self._end:
            return self._end
        main, counts = (
            vars(self._main.stats()),
            vars((self.client or self._main).stats()),
        )
        counts |= {name: main[name] for name in ("in_flight", "busiest_period")}
        status = {
            "now": self.now,
            "live": True,
            "numbered": self.numbered,
            "counts": counts,
        }
        if rules := self.rules():
            status["rules"] = rules._asdict() | {
                "phase": round(self.began % rules.period, 4)
            }
        return status

    def _news(self) -> tuple[dict[str, list[Point]], list[Row]]:
        """The new points by line, and the new rows."""
        # The server's first: what arrived was sent before.
        server, client = self._new_events(self.server), self._new_events(self.client)
        arrived, asked = (
            server if self.server else client,
            client if self.client else server,
        )
        began, known = (
            self.began,
            self.client or self.history["waiting"] or any(one.waiting for one in asked),
        )
        series = {
            "server": thin((event.time - began, event.in_flight) for event in server),
            "client": thin((event.time - began, event.in_flight) for event in client),
            "waiting": thin(
                (event.time - began, event.waiting)
                for event in (asked if known else ())
            ),
            "limit": thin(
                self._limits.popleft() for _ in range(len(self._limits))
            ),  # those of now
            "refused": tally(
                one.time - began
                for one in arrived
                if outcome_of(one.kind, one.detail) == "refused"
            ),
            # Only the client knows of a request that never reached the server.
            "failed": tally(
                one.time - began
                for one in asked
                if outcome_of(one.kind, one.detail) == "failed"
            ),
        }
        counted: dict[str, float] = {"rate": self._main.recent()}
        if rules := self.rules():
            counted["quota"] = rules.rate
            if rules.tokens:
                counted |= {
                    "tokens": self._main.recent_tokens(),
                    "token_quota": rules.tokens,
                }
        for name, value in counted.items():
            if [point[3] for point in self.history[name][-1:]] != [value]:
                series[name] = [level(self.now, value)]
        return series, self._flow.read(asked, arrived)

    def _new_events(self, timeline: Timeline | None) -> list[Event]:
        if timeline is None:
            return []
        events, self._read[timeline] = timeline.since(self._read[timeline])
        return events

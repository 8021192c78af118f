"""From timelines to the points of a plot: few enough to send while requests fly."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from inflight_lab.observation.timeline import Event, Timeline

BIN = 0.01
"""Seconds.  All that happens to a level within one bin becomes one point, whatever the load."""

KEPT = 60.0
"""Seconds of points that are kept for a view that comes late; older ones are dropped."""

NAMES = ("server", "client", "waiting", "limit", "rate", "quota", "refused", "failed", "bars")

Point = list[float]
"""``[time, lowest, highest, last]``, with the time in seconds since the recording began; see also `Bars`."""


class Bars:
    """A bar for each request at the server, in the lowest lane that is free: who flies beside whom.

    As points: ``[time, lane, -1]`` where a bar begins, ``[time, lane, status]`` where it ends, with 0
    for a request that got no answer.
    """

    def __init__(self) -> None:
        self._free: list[int] = []
        self._lanes: dict[int, int] = {}

    def draw(self, events: Iterable[Event]) -> list[Point]:
        """The points of ``events``, which come in their order."""
        points: list[Point] = []
        for event in events:
            if event.kind == "sent" and event.request is not None:
                lane = heapq.heappop(self._free) if self._free else len(self._lanes)
                self._lanes[event.request] = lane
                points.append([event.time, lane, -1])
            elif event.request in self._lanes:
                lane = self._lanes.pop(event.request)
                heapq.heappush(self._free, lane)
                points.append([event.time, lane, event.detail if isinstance(event.detail, int) else 0])
        return points


def thin(levels: Iterable[tuple[float, float]]) -> list[Point]:
    """Fold ``(time, level)`` pairs into one point a bin; no peak is lost."""
    points: list[Point] = []
    for time, level in levels:
        if points and time - points[-1][0] < BIN:
            point = points[-1]
            points[-1] = [point[0], min(point[1], level), max(point[2], level), level]
        else:
            points.append([time, level, level, level])
    return points


class Recorder:
    """Reads a server's and a client's timeline and hands out what is new since it was last asked.

    ``client`` is None when nobody observes the client.  ``quota`` tells how many requests the server
    permits per period, or None.
    """

    def __init__(self, server: Timeline, client: Timeline | None, quota: Callable[[], float | None]) -> None:
        self.server, self.client, self.quota = server, client, quota
        self.reset()

    def reset(self, *, follow: bool = False) -> None:
        """Begin again at time 0; ``follow``: with a bar for every single request."""
        self.began, self.period = self.server.clock(), self.server.period
        self.history: dict[str, list[Point]] = {name: [] for name in NAMES}
        self._bars = Bars() if follow else None
        # Events from before are not part of this recording.
        self._read = {
            name: (timeline.events, len(timeline.events))
            for name, timeline in (("server", self.server), ("client", self.client))
            if timeline
        }
        self._limits: list[tuple[float, float]] = []

    @property
    def follow(self) -> bool:
        """Whether there is a bar for every single request."""
        return self._bars is not None

    @property
    def now(self) -> float:
        """Seconds since the recording began."""
        return self.server.clock() - self.began

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on."""
        self._limits.append((self.now, limit))

    def read(self) -> dict[str, list[Point]]:
        """The new points of each line."""
        server = self._new_events("server", self.server)
        client = self._new_events("client", self.client)
        limits, self._limits = self._limits, []
        now = self.now
        fresh = {
            "server": thin((event.time, event.in_flight) for event in server),
            "client": thin((event.time, event.in_flight) for event in client),
            "waiting": thin((event.time, event.waiting) for event in client),
            "limit": thin(limits),
            "rate": self._changed("rate", now, self.server.recent()),
            "quota": self._changed("quota", now, self.quota()),
            "refused": thin((event.time, 1) for event in server if event.is_refusal),
            # What never reached the server only the client can tell.
            "failed": thin((event.time, 1) for event in (client or server) if event.is_failure),
            "bars": self._bars.draw(server) if self._bars else [],
        }
        for name, points in fresh.items():
            self._keep(self.history[name], points, now)
        return {name: points for name, points in fresh.items() if points}

    def counts(self) -> dict[str, Any]:
        """The numbers beside the plot: in flight as the server sees it, the rest as the client does."""
        server = self.server.stats()
        told = asdict(self.client.stats() if self.client else server)
        return told | {"in_flight": server.in_flight}

    def _new_events(self, name: str, timeline: Timeline | None) -> list[Event]:
        if timeline is None:
            return []
        events, read = timeline.events, self._read[name][1]
        if events is not self._read[name][0]:  # the timeline was reset
            read = 0
        new = events[read:]
        self._read[name] = (events, read + len(new))
        return [event._replace(time=round(event.time - self.began, 4)) for event in new]

    def _changed(self, name: str, now: float, level: float | None) -> list[Point]:
        points = self.history[name]
        if level is None or (points and points[-1][3] == level):
            return []
        return thin([(round(now, 4), level)])

    def _keep(self, kept: list[Point], points: list[Point], now: float) -> None:
        kept += points
        # One point before the cut stays: it tells the level there.
        old = sum(1 for point in kept[1:] if point[0] < now - KEPT) if now > KEPT else 0
        del kept[:old]

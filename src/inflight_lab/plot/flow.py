"""From timelines to the rows of the flow: what happened to each request, one by one."""

from __future__ import annotations

from collections import deque
from typing import Any

from inflight_lab.observation.timeline import REFUSALS, Event

Row = list[Any]
"""``[seconds, what, request, detail]``, as in `Event`; also "arrived", with the server's verdict or None.

Without a request, the detail of "failed" and "cancelled" is how many of those that wait will never be sent.
"""


class FlowRows:
    """Hands out each event once, and keeps those of what is under way or ended a moment ago.

    ``gone`` counts the requests of which no row is kept any more, by what became of them.
    """

    def __init__(self) -> None:
        self._kept: dict[object, list[Row]] = {}  # by request, and by the time for which a slot is held
        self._holds: dict[int, object] = {}  # by slot: who has it now, or had it last
        self._ended: deque[tuple[object, Row]] = deque()
        self._unseen: deque[int | None] = deque()  # sent, and not arrived yet
        self._waiting = 0
        self.gone = {"ok": 0, "refused": 0, "lost": 0}

    def read(self, server: list[Event] | None, client: list[Event] | None, *, keep: float) -> list[Row]:
        """The new rows; None is a side that is not observed.

        What ended longer than ``keep`` seconds before the last of them is forgotten.
        """
        own, came = server if client is None else client, client if server is None else server
        sides = [(event, False) for event in own or ()]
        sides += [(event, True) for event in came or () if event.kind == "sent"]
        rows = []
        for event, arrives in sorted(sides, key=lambda side: side[0].time):  # stable: sent, then arrived
            if arrives:
                rows.append(self._arrival(event, known=server is not None))
            elif event.kind != "started":
                rows.append(self._row(event, by_client=client is not None))
            self._waiting = self._waiting if arrives else event.waiting
        for row in rows:
            self._keep(row)
        while rows and self._ended and self._ended[0][1][0] < rows[-1][0] - keep:
            self._forget(*self._ended.popleft())
        return rows

    def history(self) -> list[Row]:
        """What a view that comes late needs, in the order of time."""
        return sorted((row for rows in self._kept.values() for row in rows), key=lambda row: row[0])

    def _row(self, event: Event, *, by_client: bool) -> Row:
        request, detail = event.request, event.detail
        if event.kind == "sent":
            self._unseen.append(request)
            detail = detail if by_client else None  # a slot, and not a status
        elif event.kind in ("failed", "cancelled") and request is None:
            detail = self._waiting - event.waiting
        elif event.kind in ("failed", "cancelled") and request in self._unseen:
            self._unseen.remove(request)
        return [event.time, event.kind, request, detail]

    def _arrival(self, event: Event, *, known: bool) -> Row:
        """The two sides number their requests apart: the first that was sent is the first to arrive."""
        request = self._unseen.popleft() if self._unseen else None
        return [event.time, "arrived", request, event.detail if known else None]

    def _keep(self, row: Row) -> None:
        time, what, request, detail = row
        if what == "taken":
            self._holds[detail] = ("slot", detail, time)
        key = self._holds.get(detail) if what in ("taken", "freed") else request
        self._kept.setdefault(key, []).append(row)
        if what in ("freed", "answered", "failed", "cancelled"):
            self._ended.append((key, row))

    def _forget(self, key: object, row: Row) -> None:
        self._kept.pop(key, None)
        _, what, request, detail = row
        if what == "answered" and detail < 400:
            self.gone["ok"] += 1
        elif what == "answered" and detail in REFUSALS:
            self.gone["refused"] += 1
        elif what != "freed":
            self.gone["lost"] += 1 if request is not None else detail

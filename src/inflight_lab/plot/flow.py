"""From timelines to the rows of the flow: what happened to each request, one by one."""

from collections import deque
from operator import itemgetter
from typing import Any

from inflight_lab.observation.timeline import Event, ending

Row = list[Any]
"""``[seconds, what, request, detail]``, as in `Event`; also "arrived", with the server's verdict or None.

Without a request, the detail of "failed" and "cancelled" is how many of those that wait will never be sent.
"""

ENDS = ("answered", "failed", "cancelled")

LATE = 2.0
"""Seconds, and a period of the quota, for which what has ended is kept for a view that comes late."""


class FlowRows:
    """Makes rows of events, and keeps those of what is under way or ended a moment ago.

    ``slots``: the client knows which slot a request has; ``verdicts``: the server knows its answer.
    ``gone`` counts the requests of which no row is kept any more, by what became of them.
    """

    def __init__(self, period: float, *, slots: bool, verdicts: bool) -> None:
        self._keep, self._slots, self._verdicts = LATE + period, slots, verdicts
        self._open: dict[object, list[Row]] = {}  # by request, and by slot
        self._over: deque[list[Row]] = deque()
        self._unseen: dict[int | None, None] = {}  # sent, and not arrived yet, in their order
        self._first: int | None = None  # timelines number on from one run to the next
        self._waiting = 0
        self.gone = {"ok": 0, "refused": 0, "lost": 0}

    def read(self, asked: list[Event], arrived: list[Event]) -> list[Row]:
        """The rows of new events, as the client saw them, or else the server; and the other way round."""
        # At one moment a request is sent before it arrives, and arrives before it ends.
        steps = [(event.time, 2 * (event.kind in ENDS), event) for event in asked]
        steps += [(event.time, 1, event) for event in arrived if event.kind == "sent"]
        events = sorted(steps, key=itemgetter(0, 1))
        rows = (self._arrival(event) if order == 1 else self._row(event) for _, order, event in events)
        return [row for row in rows if self.keep(row)]

    def keep(self, row: Row) -> bool:
        """Keep it for a while.  False: it is of a request or a slot from before the recording."""
        time, what, request, detail = row
        key: object = ("slot", detail) if what in ("taken", "freed") else request
        if what in ("taken", "sent") or (key is None and what in ENDS):
            self._open[key] = []
        elif key not in self._open:
            return bool(what == "arrived")
        self._open[key].append(row)
        if what in ENDS or what == "freed":
            self._over.append(self._open.pop(key))
        while self._over and self._over[0][-1][0] < time - self._keep:
            self._forget(*self._over.popleft()[-1])
        return True

    def history(self) -> list[Row]:
        """What a view that comes late needs, in the order of time."""
        return sorted(
            (row for rows in (*self._over, *self._open.values()) for row in rows), key=itemgetter(0)
        )

    def _row(self, event: Event) -> Row:
        time, what, request, detail, waiting, _ = event
        if request is None and what in ENDS:
            detail = self._waiting - waiting
        elif request is not None:
            if what == "sent" and self._first is None:
                self._first = request
            request -= self._first or 0
            self._unseen.pop(request, None)  # if it ended without having arrived
        if what == "sent":
            self._unseen[request] = None
            detail = detail if self._slots else None  # a slot, and not a status
        self._waiting = waiting
        return [time, what, request, detail]

    def _arrival(self, event: Event) -> Row:
        """The two sides number their requests apart: the first that was sent is the first to arrive."""
        number = next(iter(self._unseen), None)
        self._unseen.pop(number, None)
        return [event.time, "arrived", number, event.detail if self._verdicts else None]

    def _forget(self, _: float, what: str, request: int | None, detail: Any) -> None:
        if what != "freed":
            outcome = {"accepted": "ok", "refused": "refused"}.get(ending(what, detail), "lost")
            self.gone[outcome] += 1 if request is not None else detail

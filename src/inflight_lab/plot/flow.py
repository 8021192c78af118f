"""From timelines to the rows of the flow: what happened to each request, one by one."""

from collections import deque
from typing import Any

from inflight_lab.observation.timeline import Event, ending

Row = list[Any]
"""``[seconds, what, request, detail]``, as in `Event`; also "arrived", with the server's verdict or None.

Without a request, the detail of "failed" and "cancelled" is how many of those that wait will never be sent.
"""


ENDS = ("answered", "failed", "cancelled")


class FlowRows:
    """Hands out each event once, and keeps those of what is under way or ended a moment ago.

    ``gone`` counts the requests of which no row is kept any more, by what became of them.
    """

    def __init__(self) -> None:
        self._kept: dict[object, list[Row]] = {}  # by request, and by the time for which a slot is held
        self._holds: dict[int, object] = {}  # by slot: who has it now, or had it last
        self._ended: deque[tuple[object, Row]] = deque()
        self._unseen: dict[int, None] = {}  # sent, and not arrived yet, in their order
        self._first: int | None = None  # timelines number on from one run to the next
        self._waiting = 0
        self.gone = {"ok": 0, "refused": 0, "lost": 0}

    def read(self, server: list[Event] | None, client: list[Event] | None, *, keep: float) -> list[Row]:
        """The new rows; None is a side that is not observed.

        What ended longer than ``keep`` seconds before the last of them is forgotten.
        """
        own, came = server if client is None else client, client if server is None else server
        arrivals = deque(event for event in came or () if event.kind == "sent")
        rows = []
        for event in own or ():
            while arrivals and (arrivals[0].time, event.kind not in ENDS) < (event.time, True):
                rows.append(self._arrival(arrivals.popleft(), known=server is not None))
            rows.append(self._row(event, by_client=client is not None))
            self._waiting = event.waiting
        rows += [self._arrival(event, known=server is not None) for event in arrivals]
        rows = [row for row in rows if self._keep(row)]
        while rows and self._ended and self._ended[0][1][0] < rows[-1][0] - keep:
            self._forget(*self._ended.popleft())
        return rows

    def history(self) -> list[Row]:
        """What a view that comes late needs, in the order of time."""
        return sorted((row for rows in self._kept.values() for row in rows), key=lambda row: row[0])

    def _row(self, event: Event, *, by_client: bool) -> Row:
        request, detail = event.request, event.detail
        if request is None:
            if event.kind in ("failed", "cancelled"):
                detail = self._waiting - event.waiting
            return [event.time, event.kind, None, detail]
        if event.kind == "sent":
            self._first = request if self._first is None else self._first
            detail = detail if by_client else None  # a slot, and not a status
        number = request - (self._first or 0)
        if event.kind == "sent":
            self._unseen[number] = None
        else:
            self._unseen.pop(number, None)  # it ended without having arrived
        return [event.time, event.kind, number, detail]

    def _arrival(self, event: Event, *, known: bool) -> Row:
        """The two sides number their requests apart: the first that was sent is the first to arrive."""
        number = next(iter(self._unseen), None)
        self._unseen.pop(number, None)  # type: ignore[arg-type]
        return [event.time, "arrived", number, event.detail if known else None]

    def _keep(self, row: Row) -> bool:
        """Whether it is drawn: it is of this recording, and not of a request or a slot from before it."""
        time, what, request, detail = row
        if what == "started":
            return False
        if what == "arrived" and request is None:
            return True
        if what == "taken":
            self._holds[detail] = ("slot", detail, time)
        key = self._holds.get(detail) if what in ("taken", "freed") else request
        if what in ("taken", "sent") or (request is None and what != "freed"):
            self._kept[key] = []
        elif key not in self._kept:
            return False
        self._kept[key].append(row)
        if what in ENDS or what == "freed":
            self._ended.append((key, row))
        return True

    def _forget(self, key: object, row: Row) -> None:
        self._kept.pop(key, None)
        _, what, request, detail = row
        if what != "freed":
            outcome = {"accepted": "ok", "refused": "refused"}.get(ending(what, detail), "lost")
            self.gone[outcome] += 1 if request is not None else detail

"""From timelines to the rows of the flow: what happened to each request, one by one."""

from collections import deque
from itertools import chain
from operator import itemgetter
from typing import Any

from inflight_lab.runs.events import Event, outcome_of

Row = list[Any]
"""``[seconds, what, request, detail]``, as in `Event`; also "arrived", with the server's verdict or None.

Without a request, the detail of "failed" and "cancelled" is how many of those that wait
will never be sent.
"""

ENDS = ("answered", "failed", "cancelled")

LATE = 2.0
"""Seconds, and a period of the quota, for which what has ended is kept for a view that comes late."""


class FlowRows:
    """Makes rows of events, and keeps those of what is under way or ended a moment ago.

    ``began`` is when the recording did.  ``slots``: the client knows which slot a
    request has; ``verdicts``: the server knows its answer.  ``gone`` counts the
    requests of which no row is kept any more, by what became of them.
    """

    def __init__(
        self, began: float, period: float, *, slots: bool, verdicts: bool
    ) -> None:
        self._began, self._keep, self._slots, self._verdicts = (
            began,
            LATE + period,
            slots,
            verdicts,
        )
        self._open: dict[object, list[Row]] = {}  # by request, and by slot
        self._over: deque[list[Row]] = deque()
        self._unseen: dict[
            int | None, None
        ] = {}  # sent, and not arrived yet, in their order
        self._first: int | None = None  # timelines number on from one run to the next
        self._waiting = 0
        self.gone = {"ok": 0, "refused": 0, "lost": 0}

    def read(self, asked: list[Event], arrived: list[Event]) -> list[Row]:
        """The rows of new events, as the client saw them, or else the server; and the other way round."""
        rows, arrivals = [], deque(event for event in arrived if event.kind == "sent")
        for event in asked:
            while arrivals and arrivals[0].time <= event.time:
                # At one moment a request is sent before it arrives, and arrives before
                # it ends.
                if arrivals[0].time == event.time and not (
                    event.kind in ENDS and self._unseen
                ):
                    break
                rows.append(self._arrival(arrivals.popleft()))
            rows.append(self._row(event))
        return self.keep([*rows, *map(self._arrival, arrivals)])

    def keep(self, rows: list[Row]) -> list[Row]:
        """Keep for a while, and return, those of ``rows`` that began in this recording, and not before it."""
        own = []
        for row in rows:
            _, what, request, detail = row
            key: object = ("slot", detail) if what in ("taken", "freed") else request
            if what in ("taken", "sent") or (request is None and what in ENDS):
                self._open[key] = []
            if key in self._open:
                self._open[key].append(row)
                if what in ENDS or what == "freed":
                    self._over.append(self._open.pop(key))
            elif what != "arrived":
                continue
            own.append(row)
        while rows and self._over and self._over[0][-1][0] < rows[-1][0] - self._keep:
            self._forget(*self._over.popleft()[-1])
        return own

    def history(self) -> list[Row]:
        """What a view that comes late needs, in the order of time."""
        return sorted(chain(*self._over, *self._open.values()), key=itemgetter(0))

    def _row(self, event: Event) -> Row:
        time, what, request, detail, waiting, *_ = event
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
        return [round(time - self._began, 4), what, request, detail]

    def _arrival(self, event: Event) -> Row:
        """The two sides number their requests apart: the first that was sent is the first to arrive."""
        number = next(iter(self._unseen), None)
        self._unseen.pop(number, None)
        verdict = event.detail if self._verdicts else None
        return [round(event.time - self._began, 4), "arrived", number, verdict]

    def _forget(self, _: float, what: str, request: int | None, detail: Any) -> None:
        if what != "freed":
            outcome = {"accepted": "ok", "refused": "refused"}.get(
                str(outcome_of(what, detail)), "lost"
            )
            self.gone[outcome] += 1 if request is not None else detail

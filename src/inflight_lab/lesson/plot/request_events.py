"""Makes one story of two timelines: the events of a run, as both sides saw them."""

from collections import deque
from collections.abc import Iterable

from inflight_lab.lesson.runs.events import Event
from inflight_lab.lesson.runs.run import END_KINDS, RequestEvent, What


class RequestEvents:
    """Makes the events of a run out of those of a client and a server.

    Times are seconds since the run began; ``waiting`` requests waited at that moment.
    ``slots``: there is a client, which knows the slot of each request.  ``verdicts``:
    there is a server, which knows each answer.  A request that began before the run is
    not part of it.
    """

    def __init__(self, *, waiting: int, slots: bool, verdicts: bool) -> None:
        self._slots = slots
        self._verdicts = verdicts
        self._first: int | None = None
        self._under_way = set[int]()
        self._taken = set[object]()
        self._not_arrived: dict[int, None] = {}  # in the order of sending
        self._waiting = waiting

    def read(
        self, asked: Iterable[Event], arrived: Iterable[Event]
    ) -> list[RequestEvent]:
        """Return the new events in the order of time.

        ``asked`` are those of the client, or of the server if there is no client.
        ``arrived`` are those of the server, or of the client if there is no server.
        """
        arrivals = deque(event for event in arrived if event.kind == "sent")
        found = []
        for event in asked:
            while arrivals and self._is_before(arrivals[0], event):
                found.append(self._arrival(arrivals.popleft()))
            own = self._own(event)
            if own:
                found.append(own)
        found += map(self._arrival, arrivals)
        return found

    def cut_off(self, time: float) -> list[RequestEvent]:
        """Cancel the requests that are still in flight, at ``time``."""
        out = sorted(self._under_way)
        self._under_way.clear()
        return [RequestEvent(time, "cancelled", number, None) for number in out]

    def _is_before(self, arrival: Event, event: Event) -> bool:
        """At one moment a request is sent, then it arrives, and then it ends."""
        if arrival.time == event.time:
            return event.kind in END_KINDS and bool(self._not_arrived)
        return arrival.time < event.time

    def _own(self, event: Event) -> RequestEvent | None:
        """The event as one of this run, or None if it is not part of it."""
        gave_up = self._waiting - event.waiting
        self._waiting = event.waiting
        time = event.time
        match event.kind:
            case "started":
                return None
            case "taken":
                return self._take(time, event)
            case "freed":
                return self._free(time, event)
            case "sent":
                return self._send(time, event)
            case end:
                return self._end(time, event, end, gave_up)

    def _take(self, time: float, event: Event) -> RequestEvent:
        self._taken.add(event.detail)
        return RequestEvent(time, "taken", None, event.detail)

    def _free(self, time: float, event: Event) -> RequestEvent | None:
        if event.detail not in self._taken:
            return None
        self._taken.remove(event.detail)
        return RequestEvent(time, "freed", None, event.detail)

    def _send(self, time: float, event: Event) -> RequestEvent:
        if self._first is None:
            self._first = event.request
        number = self._number_of(event)
        self._under_way.add(number)
        self._not_arrived[number] = None
        slot = event.detail if self._slots else None  # else it is a status
        return RequestEvent(time, "sent", number, slot)

    def _end(
        self, time: float, event: Event, what: What, gave_up: int
    ) -> RequestEvent | None:
        if event.request is None:
            return RequestEvent(time, what, None, gave_up)
        number = self._number_of(event)
        if number not in self._under_way:
            return None
        self._under_way.remove(number)
        self._not_arrived.pop(number, None)  # if it ended without having arrived
        return RequestEvent(time, what, number, event.detail)

    def _number_of(self, event: Event) -> int:
        """A number that begins at 0 in each run; those of a timeline go on."""
        return (event.request or 0) - (self._first or 0)

    def _arrival(self, event: Event) -> RequestEvent:
        """The two sides have their own numbers, so the first sent is the first here."""
        time = event.time
        number = next(iter(self._not_arrived), None)
        if number is not None:
            del self._not_arrived[number]
        if not self._verdicts:
            return RequestEvent(time, "arrived", number, None)
        quota = event.quota if event.quota is None else round(event.quota, 6)
        return RequestEvent(time, "arrived", number, event.detail, quota, event.due)

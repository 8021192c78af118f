"""What the wall of a class hears: the requests of all phones, as they come."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from inflight_lab.observation.timeline import Timeline

sending: ContextVar[int] = ContextVar("sending", default=0)
"""The number of the phone whose request is answered."""


class PhoneTimeline(Timeline):
    """A timeline that knows which phone sent which of the newest requests."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.phones: dict[int, int] = {}

    def send(self, *details: Any, **more: Any) -> int:
        """A request was sent, by the phone that is answered now."""
        number = super().send(*details, **more)
        self.phones[number] = sending.get()
        self.phones.pop(number - self.keep, None)
        return number

    def sent_lately(self) -> int:
        """How many came in the last period, refused ones too."""
        with self._lock:
            return self._count_recent(self.clock())


class News:
    """What one wall has not heard yet; it begins to be interested now.

    ``ask_state`` returns what is set, and who is there.
    """

    def __init__(
        self, timeline: PhoneTimeline, ask_state: Callable[[], dict[str, object]]
    ) -> None:
        self._timeline = timeline
        self._ask_state = ask_state
        self._began = timeline.clock()
        _, self._position = timeline.since(0)
        self._known: dict[str, object] = {}

    def read(self) -> dict[str, object]:
        """How far it has gone, what happened, and what has changed.

        An event is a row: time, kind, number and detail as in `Event`, how the quota
        stands, and whose it is.
        """
        events, self._position = self._timeline.since(self._position)
        rows = [
            (
                self._at(event.time),
                event.kind,
                event.request,
                event.detail,
                event.quota,
                self._timeline.phones.get(event.request or 0),
            )
            for event in events
        ]
        state = self._ask_state()
        changed = {
            name: value
            for name, value in state.items()
            if self._known.get(name) != value
        }
        self._known = state
        return {"now": self._at(self._timeline.clock()), "events": rows, **changed}

    def _at(self, time: float) -> float:
        return round(time - self._began, 4)

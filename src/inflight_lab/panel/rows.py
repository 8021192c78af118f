"""The rows of a recording: checked when a file is read, and able to happen again on a timeline."""

import reprlib
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args

from inflight_lab.arguments import Rule, check, integer, number, one_of
from inflight_lab.observation.timeline import Kind, Timeline


def _can_be_sent(name: str) -> bool:
    """Whether it is short, and no half of a surrogate pair is in it."""
    return len(name) <= 200 and name.encode(errors="replace").decode() == name


KIND, NULL = one_of(*get_args(Kind)), Rule((NoneType,), "null", "null")
SECONDS = number(0, " of seconds", most=3600)
QUANTITY, COUNT, STATUS = number(0, most=10**9), integer(0, most=10**9), integer(100, most=999)
NAME = Rule((str,), "a text", "a text of at most 200 characters that UTF-8 can hold", _can_be_sent)
REQUESTS = dict.fromkeys(("sent", "answered", "failed", "cancelled"), COUNT)
DETAILS = {"taken": COUNT, "freed": COUNT, "sent": COUNT, "answered": STATUS, "failed": NAME}
"""What stands there, by kind.  Everywhere else it is null."""


class RecordedLimit(NamedTuple):
    """The limit was set, so many seconds after the run began."""

    seconds: float
    limit: float


class RecordedEvent(NamedTuple):
    """What happened, so many seconds after the run began, as in `Event`.

    ``detail`` is null too where a request is sent without a slot and without a status to come; ``request``
    where all that wait are cancelled.
    """

    seconds: float
    kind: Kind
    request: int | None
    detail: Any
    waiting: int


Row = TypeVar("Row", RecordedLimit, RecordedEvent)


class Repeater:
    """Makes recorded events happen again on ``timeline``, one by one."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._numbers: dict[int, int | None] = {}  # of the requests, as this timeline counts; None: ended

    def repeat(self, event: RecordedEvent) -> None:
        """The next event happens.  Raises ``ValueError`` if it cannot, after those before it."""
        timeline, request, detail = self._timeline, event.request, event.detail
        if event.kind == "started":
            timeline.start(max(0, event.waiting - timeline.waiting))
        elif event.kind == "taken":
            if (slot := timeline.take()) != detail:
                raise ValueError(f"slot {detail} is taken, but {slot} is the lowest that is free")
        elif event.kind == "freed":
            timeline.free(detail)
        elif request is None:
            timeline.cancel_waiting()
        elif event.kind == "sent":
            if request in self._numbers:
                raise ValueError(f"request {request} is sent for the second time")
            self._numbers[request] = timeline.send(detail)
        elif (number := self._numbers.get(request)) is None:
            problem = "has ended already" if request in self._numbers else "was not sent"
            raise ValueError(f"request {request} ends, but it {problem}")
        else:
            self._numbers[request] = None
            if event.kind == "answered":
                timeline.answer(number, detail)
            elif event.kind == "failed":
                timeline.fail(number, detail)
            else:
                timeline.cancel(number)
        if event.waiting != timeline.waiting:
            raise wrong("waiting", f"{timeline.waiting} after what happened before", event.waiting)


def read_rows(name: str, rows: Any, kind: type[Row]) -> list[Row]:
    """The list ``name`` of a file.  Raises ``ValueError`` that says which row is wrong, and how."""
    if type(rows) is not list:
        raise wrong(name, "a list", rows)
    repeater = Repeater(Timeline(clock=lambda: 0, keep=1))
    made: list[Row] = []
    try:
        for values in rows:
            if type(values) is not list or len(values) != len(kind._fields):
                raise wrong("a row", f"[{', '.join(kind._fields)}]", values)
            row = kind(*values)
            _check(row)
            if made and row.seconds < made[-1].seconds:
                raise wrong("seconds", f"{made[-1].seconds} or more, as in the row before", row.seconds)
            if isinstance(row, RecordedEvent):
                repeater.repeat(row)
            made.append(row)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}[{len(made)}]: {error}") from None
    return made


def _check(row: RecordedLimit | RecordedEvent) -> None:
    check("seconds", row.seconds, SECONDS)
    if isinstance(row, RecordedLimit):
        check("limit", row.limit, QUANTITY)
        return
    check("kind", row.kind, KIND)
    check("request", row.request, REQUESTS.get(row.kind, NULL), or_none=row.kind == "cancelled")
    check("detail", row.detail, DETAILS.get(row.kind, NULL), or_none=row.kind == "sent")
    check("waiting", row.waiting, COUNT)


def wrong(name: str, allowed: str, value: Any) -> ValueError:
    """The error for a value that is not allowed."""
    return ValueError(f"{name} must be {allowed}, got {reprlib.repr(value)}")

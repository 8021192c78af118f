"""The rows of a recording: checked when they are made, and able to happen again on a timeline."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast, get_args

from inflight_lab.arguments import Rule, check, integer, number
from inflight_lab.observation.timeline import Kind, Timeline

KINDS: tuple[Kind, ...] = get_args(Kind)
WITHOUT_REQUEST = ("started", "taken", "freed")
SECONDS = number(0, " of seconds", most=3600)
QUANTITY, COUNT, STATUS = number(0, most=10**9), integer(0, most=10**9), integer(100, most=999)
Row = TypeVar("Row", "RecordedLimit", "RecordedEvent")


def _can_be_sent(name: str) -> bool:
    """Whether it is short, and no half of a surrogate pair is in it."""
    return len(name) <= 200 and name.encode(errors="replace").decode() == name


NAME = Rule((str,), "a text", "a text of at most 200 characters that UTF-8 can hold", _can_be_sent)


@dataclass(frozen=True, slots=True)
class RecordedLimit:
    """``[seconds since the run began, limit]``: the limit was set."""

    seconds: float
    limit: float

    def __post_init__(self) -> None:
        check("seconds", self.seconds, SECONDS)
        check("limit", self.limit, QUANTITY)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """``[seconds since the run began, kind, request, detail, waiting]``, as in `Event`.

    ``request`` is null if ``kind`` is "started", "taken" or "freed", or "cancelled" for all that wait; else
    it is a number.  ``detail`` is the status if "answered", the error's name if "failed", a slot's number if
    "taken" or "freed", that or the status to come or null if "sent"; else it is null.
    """

    seconds: float
    kind: Kind
    request: int | None
    detail: int | str | None
    waiting: int

    def __post_init__(self) -> None:
        check("seconds", self.seconds, SECONDS)
        if self.kind not in KINDS:
            raise wrong("kind", f"one of {', '.join(KINDS)}", self.kind)
        if self.kind in WITHOUT_REQUEST or (self.kind == "cancelled" and self.request is None):
            _check_null("request", self.request)
        else:
            check("request", self.request, COUNT)
        if self.kind == "answered":
            check("detail", self.detail, STATUS)
        elif self.kind == "failed":
            check("detail", self.detail, NAME)
        elif self.kind in ("taken", "freed", "sent"):
            check("detail", self.detail, COUNT, or_none=self.kind == "sent")
        else:
            _check_null("detail", self.detail)
        check("waiting", self.waiting, COUNT)


class Repeater:
    """Makes recorded events happen again on ``timeline``, one by one."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._numbers: dict[int, int | None] = {}  # of the requests, as this timeline counts; None: ended

    def repeat(self, event: RecordedEvent) -> None:
        """The next event happens.  Raises ``ValueError`` if it cannot, after those before it."""
        timeline, request = self._timeline, event.request
        if event.kind == "started":
            timeline.start(max(0, event.waiting - timeline.waiting))
        elif event.kind == "taken":
            if (slot := timeline.take()) != event.detail:
                raise ValueError(f"slot {event.detail} is taken, but {slot} is the lowest that is free")
        elif event.kind == "freed":
            timeline.free(cast(int, event.detail))
        elif request is None:
            timeline.cancel_waiting()
        elif event.kind == "sent":
            if request in self._numbers:
                raise ValueError(f"request {request} is sent for the second time")
            self._numbers[request] = timeline.send(cast(int | None, event.detail))
        elif (number := self._numbers.get(request)) is None:
            problem = "has ended already" if request in self._numbers else "was not sent"
            raise ValueError(f"request {request} ends, but it {problem}")
        else:
            self._numbers[request] = None
            if event.kind == "answered":
                timeline.answer(number, cast(int, event.detail))
            elif event.kind == "failed":
                timeline.fail(number, cast(str, event.detail))
            else:
                timeline.cancel(number)
        if event.waiting != timeline.waiting:
            raise wrong("waiting", f"{timeline.waiting} after what happened before", event.waiting)


def read_rows(name: str, rows: Any, kind: type[Row]) -> list[Row]:
    """The list ``name`` of a file.  Raises ``ValueError`` that says which row is wrong, and how."""
    if type(rows) is not list:
        raise wrong(name, "a list", rows)
    columns = [field.name for field in fields(kind)]
    repeater = Repeater(Timeline(clock=lambda: 0, keep=1))
    made: list[Row] = []
    try:
        for values in rows:
            if type(values) is not list or len(values) != len(columns):
                raise wrong("a row", f"[{', '.join(columns)}]", values)
            row = kind(*values)
            if made and row.seconds < made[-1].seconds:
                raise wrong("seconds", f"{made[-1].seconds} or more, as in the row before", row.seconds)
            if isinstance(row, RecordedEvent):
                repeater.repeat(row)
            made.append(row)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}[{len(made)}]: {error}") from None
    return made


def _check_null(name: str, value: Any) -> None:
    if value is not None:
        raise wrong(name, "null", value)


def wrong(name: str, allowed: str, value: Any) -> ValueError:
    """The error for a value that is not allowed."""
    return ValueError(f"{name} must be {allowed}, got {reprlib.repr(value)}")

"""The requests of a strip, stacked where they came together."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from inflight_lab.runs.events import Event, outcome_of

Known = Literal["answered", "refused", "sent"]
"""What is known of a request; "sent" is all that is known of one without an answer."""


class Mark(NamedTuple):
    """A request in a strip."""

    time: float
    """Seconds since the first request of its run."""
    known: Known


class Stack(NamedTuple):
    """Requests that came at nearly the same time."""

    begin: float
    marks: list[Mark]

    def count(self, known: Known) -> int:
        """How many of them there are."""
        return sum(mark.known == known for mark in self.marks)


def marks_of(events: Iterable[Event]) -> list[Mark]:
    """When each request came, counted from the first, and what is known of it."""
    came: dict[int | None, float] = {}
    known: dict[int | None, Known] = {}
    for event in events:
        if event.kind == "sent":
            came[event.request] = event.time
        elif event.kind == "answered":
            outcome = outcome_of(event.kind, event.detail)
            known[event.request] = "refused" if outcome == "refused" else "answered"
    begin = min(came.values(), default=0.0)
    marks = [
        Mark(time - begin, known.get(request, "sent")) for request, time in came.items()
    ]
    return sorted(marks)


def stacks_of(marks: Iterable[Mark], width: float) -> list[Stack]:
    """One stack for all that come within ``width`` seconds of its first."""
    stacks: list[Stack] = []
    for mark in marks:
        if not stacks or mark.time - stacks[-1].begin > width:
            stacks.append(Stack(mark.time, []))
        stacks[-1].marks.append(mark)
    return stacks


def bursts_of(stacks: Iterable[Stack], gap: float) -> list[list[Stack]]:
    """Stacks that are less than ``gap`` seconds apart are one burst."""
    bursts: list[list[Stack]] = []
    for stack in stacks:
        if not bursts or stack.begin - bursts[-1][-1].begin >= gap:
            bursts.append([])
        bursts[-1].append(stack)
    return bursts

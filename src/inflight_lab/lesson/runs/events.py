"""The events of a timeline, and the numbers that count them."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Kind = Literal["started", "taken", "sent", "answered", "failed", "cancelled", "freed"]
"""The events that one side, client or server, writes into its timeline."""

OutcomeKind = Literal["accepted", "refused", "failed", "cancelled"]
"""How a request that has ended is counted."""

OUTCOME_KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)

REFUSALS = (402, 403, 429, 503, 529)
"""Too Many Requests (RFC 6585, section 4) and Service Unavailable (RFC 9110, section
15.6.4).  Some APIs send others instead: 403 (GitHub's rate limit), 402 (the plan is
used up), 529 (overloaded)."""


class Event(NamedTuple):
    """One thing that happened, and how many were waiting and in flight right after.

    >>> [event.time for event in server.timeline.events if event.kind == "answered"]
    """

    time: float
    """Seconds on the timeline's clock."""
    kind: Kind
    request: int | None
    """The request's number in the order of sending.

    None for slots, and for requests that are not sent yet.
    """
    detail: int | str | None
    """The status if answered; the error's name if failed; a slot if taken or freed.

    If sent: the slot that the sender holds or, on the server's side, the status that
    the answer will have.
    """
    waiting: int
    in_flight: int
    quota: float | None = None
    """If sent, on the server's side: `QuotaCounter.gauge` right after, if it counts."""
    due: float | None = None
    """If sent, on the server's side: the time at which it will answer."""


def outcome_of(kind: str, detail: int | str | None) -> OutcomeKind | None:
    """How a request that ended like this is counted; None if this is no end."""
    if kind == "answered" and isinstance(detail, int):
        return _outcome_of_status(detail)
    if kind == "failed":
        return "failed"
    if kind == "cancelled":
        return "cancelled"
    return None


def _outcome_of_status(status: int) -> OutcomeKind:
    if status < 400:
        return "accepted"
    return "refused" if status in REFUSALS else "failed"


@dataclass(frozen=True)
class Stats:
    """Counts the requests in a timeline, by what became of them.

    >>> server.stats().refused

    ``started`` is always the sum of ``waiting``, ``in_flight``, ``accepted``,
    ``refused``, ``failed`` and ``cancelled``.
    """

    started: int = 0
    """Requests asked for."""
    waiting: int = 0
    """Started and not sent yet."""
    in_flight: int = 0
    """Sent and not answered yet."""
    peak_in_flight: int = 0
    accepted: int = 0
    """Answered with a status below 400."""
    refused: int = 0
    """Answered with 429 or 503, or another of `REFUSALS`."""
    failed: int = 0
    """Answered with another error status, or not answered, as after a timeout."""
    cancelled: int = 0
    """Given up by the client, before or after sending."""
    elapsed: float = 0.0
    """Seconds from the first event to the last that happened to a request."""
    busiest_period: int = 0
    """The most requests sent within any one period, refused ones included."""

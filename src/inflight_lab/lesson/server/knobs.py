"""What can be set on the practice server, at the start and while it runs."""

from dataclasses import dataclass, field, fields
from typing import Any

from inflight_lab.lesson.arguments import Validator, integer, number, one_of, switch
from inflight_lab.lesson.server.dialects import DIALECTS
from inflight_lab.lesson.server.quotas import KINDS

QUOTA_CHOICES = ("none", *KINDS)
# Bounds far beyond any use, and far from where floating point gives up.
DAY = 86_400
"""Seconds."""
MANY = 1_000_000_000


def _knob(default: Any, validator: Validator) -> Any:
    return field(default=default, metadata={"validator": validator})


SECONDS = number(0, DAY, of="seconds")
COUNT = integer(1, MANY)


@dataclass
class Knobs:
    """Every assignment is checked, so a wrong value is an error where it is written.

    The error is a ``TypeError`` or ``ValueError`` that names the knob, the value and
    what is allowed.
    """

    latency: float = _knob(0.3, SECONDS)
    """Seconds from a request to its answer, the mean if there is ``jitter``."""
    jitter: float = _knob(0.0, number(0, 1))
    """How much of the latency varies.  With 0.5 it is drawn for each request, evenly
    from half to one and a half times."""
    quota: str = _knob("none", one_of(*QUOTA_CHOICES))
    """How requests are counted: one of `QUOTA_CHOICES`.  A token bucket holds ``rate``,
    and GCRA lets none come early."""
    rate: float = _knob(100, number(1, MANY))
    """Requests allowed per period."""
    period: float = _knob(1.0, number(0.001, DAY, of="seconds"))
    """Seconds over which the quota counts: from a thousandth to a day."""
    max_concurrent: int | None = _knob(None, COUNT)
    """How many may be in flight before it answers 503, or what the dialect sends
    instead; None: any number."""
    tokens: int | None = _knob(None, COUNT)
    """Tokens allowed per period, beside the requests, for chats; None: they are not
    counted."""
    dialect: str = _knob("draft", one_of(*DIALECTS))
    """Whose refusals and headers it sends: 'draft' is the IETF's, with ``Retry-After``;
    the others in `DIALECTS` are real APIs."""
    exhausted: bool = _knob(False, switch())
    """Whether the plan is used up: then all is refused, and no wait will help."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in VALIDATORS:
            or_none = getattr(Knobs, name) is None
            VALIDATORS[name].check(name, value, or_none=or_none)
        super().__setattr__(name, value)


VALIDATORS = {each.name: each.metadata["validator"] for each in fields(Knobs)}

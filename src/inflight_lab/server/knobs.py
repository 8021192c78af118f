"""What can be set on the practice server, at the start and while it runs."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

from inflight_lab.arguments import Validator, integer, number, one_of, switch
from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.server.dialects import DIALECTS

LATENCIES: dict[str, Callable[[Random], float]] = {
    "fixed": lambda _: 1.0,
    "jittered": lambda random: random.uniform(0.5, 1.5),
    "heavy-tailed": lambda random: random.lognormvariate(0, 1),
}
"""What the latency is multiplied by, drawn anew for each request."""
QUOTAS = ("none", *KINDS)
WITH_BURST = [name for name, kind in KINDS.items() if kind.shape != "window"]
# Bounds far beyond any use, and far from where floating point gives up.
DAY = 86_400
"""Seconds."""
MANY = 1_000_000_000


def _knob(default: Any, validator: Validator) -> Any:
    return field(default=default, metadata={"validator": validator})


@dataclass
class Knobs:
    """Every assignment is checked, so a wrong value is an error where it is written.

    The error is a ``TypeError`` or ``ValueError`` that names the knob, the value and
    what is allowed.
    """

    latency: float = _knob(0.3, number(0, DAY, of="seconds"))
    """Seconds from a request to its answer; the median for the kinds that vary."""
    way: float = _knob(0.0, number(0, DAY, of="seconds"))
    """Seconds from a request until the server counts it: a part of the latency.  With
    0 it counts at once, as fast as no network is; with some, as 0.05, dots in a plot
    are seen on their way to the API, and reach it when they are counted."""
    latency_kind: str = _knob("fixed", one_of(*LATENCIES))
    """'fixed'; 'jittered': evenly from half to one and a half times; 'heavy-tailed':
    log-normal, where one answer in a hundred takes more than ten times the median."""
    quota: str = _knob("none", one_of(*QUOTAS))
    """How requests are counted: one of `QUOTAS`."""
    rate: float = _knob(100, number(1, MANY))
    """Requests allowed per period."""
    period: float = _knob(1.0, number(0.001, DAY, of="seconds"))
    """Seconds over which the quota counts: from a thousandth to a day."""
    burst: int | None = _knob(None, integer(1, MANY))
    """How many may come at once, for a quota that is no window: one of `WITH_BURST`.
    None: as many as is usual for it, which is the whole rate for 'token-bucket'."""
    max_concurrent: int | None = _knob(None, integer(1, MANY))
    """How many may be in flight before it answers 503, or what the dialect sends
    instead; None: any number."""
    tokens: int | None = _knob(None, integer(1, MANY))
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

    def __post_init__(self) -> None:
        if self.burst is not None and self.quota not in WITH_BURST:
            kinds = " or ".join(map(repr, WITH_BURST))
            raise ValueError(
                f"burst goes with quota {kinds}, "
                f"got burst={self.burst!r}, quota={self.quota!r}"
            )


VALIDATORS = {each.name: each.metadata["validator"] for each in fields(Knobs)}

"""The practice server's knobs: what can be set, in its constructor and while it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from inflight_lab.server.quotas import KINDS, KINDS_WITH_BURST

LATENCY_KINDS = ("fixed", "jittered", "heavy-tailed")
QUOTAS = ("none", *KINDS)


@dataclass
class Knobs:
    """Every assignment is checked, so a wrong value is an error where it is written.

    Raises ``TypeError`` or ``ValueError`` that names the knob, the value and what is allowed.
    """

    latency: float = 0.3
    """Seconds from a request to its answer; the median for the kinds that vary."""
    latency_kind: str = "fixed"
    """'fixed'; 'jittered': evenly from half to one and a half times; 'heavy-tailed': log-normal, where
    one answer in a hundred takes more than ten times the median."""
    quota: str = "none"
    """How requests are counted: 'none', 'fixed-window', 'sliding-window', 'token-bucket' or 'gcra'."""
    rate: float = 100
    """Requests permitted per period, 1 or more."""
    period: float = 1.0
    """Seconds over which the quota counts."""
    burst: int | None = None
    """How many may come at once, for 'token-bucket' (by default the whole rate) and 'gcra' (1)."""
    max_concurrent: int | None = None
    """How many may be in flight at the server before it answers 503; None: any number."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("latency", "rate", "period"):
            _check_number(name, value, least=1 if name == "rate" else 0)
        elif name == "quota":
            _check_choice(name, value, QUOTAS)
        elif name == "latency_kind":
            _check_choice(name, value, LATENCY_KINDS)
        elif name in ("burst", "max_concurrent") and value is not None:
            _check_count(name, value)
        if name == "period" and value == 0:
            raise ValueError(f"period must be more than 0 seconds, got {value!r}")
        super().__setattr__(name, value)

    def __post_init__(self) -> None:
        if self.burst is not None and self.quota not in KINDS_WITH_BURST:
            kinds = " or ".join(map(repr, KINDS_WITH_BURST))
            raise ValueError(f"burst goes with quota {kinds}, got burst={self.burst!r}, quota={self.quota!r}")


def _check_number(name: str, value: object, *, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, {least} or more, got {value!r}")
    if not least <= value < math.inf:
        raise ValueError(f"{name} must be {least} or more, and finite, got {value!r}")


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, 1 or more, or None, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, or None, got {value!r}")


def _check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")

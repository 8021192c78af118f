"""What an API allows and how long it takes, and how that changed in a run."""

from typing import NamedTuple


class QuotaPolicy(NamedTuple):
    """``rate`` requests are allowed per ``period`` seconds, counted as ``kind`` says.

    The defaults are those of a sliding window.
    """

    kind: str
    """A name in `quotas.algorithms.KINDS`."""
    rate: float
    period: float = 1.0
    burst: int = 1
    tokens: int = 0
    """Tokens allowed per period, besides the requests; 0 if they are not counted."""
    shape: str = "window"
    """How it is drawn: as a "window", a "bucket" or a "spacing"."""
    starts: float | None = None
    """A time at which a window starts; None where windows slide, or there are none."""


class Terms(NamedTuple):
    """What the API allows from ``time`` on, in seconds since the run began."""

    quota: QuotaPolicy | None = None
    """None if the API has no quota."""
    max_concurrent: int = 0
    """How many may be in flight, whatever the quota; 0 for any number."""
    latency: float | None = None
    """Seconds from a request to its answer; None where nobody knows."""
    time: float = 0.0

"""What an API allows, and how that changed in a run."""

from typing import NamedTuple


class QuotaPolicy(NamedTuple):
    """``rate`` requests are allowed per ``period`` seconds, counted as ``kind`` says.

    The fields are named as in `PracticeServer`, where ``kind`` is called ``quota``.
    """

    kind: str
    """A name in `quotas.algorithms.KINDS`."""
    rate: float
    period: float = 1.0
    burst: int = 1
    tokens: int = 0
    """Tokens allowed per period, besides the requests; 0 if they are not counted."""


class PolicyChange(NamedTuple):
    """What the API allows from ``time`` on, in seconds since the run began."""

    time: float
    policy: QuotaPolicy | None
    """None if the API has no quota."""
    max_concurrent: int = 0
    """How many may be in flight, whatever the quota; 0 for any number."""

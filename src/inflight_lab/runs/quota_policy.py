"""How an API counts requests, and how that changed in a run."""

from typing import NamedTuple

QUOTA_KINDS = ("fixed-window", "sliding-window", "token-bucket", "gcra")


class QuotaPolicy(NamedTuple):
    """``rate`` requests are allowed per ``period`` seconds, counted as ``kind`` says.

    These are the words of `PracticeServer`, whose ``quota`` is the ``kind``.
    """

    kind: str
    """One of `QUOTA_KINDS`."""
    rate: float
    period: float = 1.0
    burst: int = 1
    tokens: int = 0
    """Allowed per period beside the requests; 0 means they are not counted."""


class PolicyChange(NamedTuple):
    """From ``time`` on, in seconds since the run began, this is the quota."""

    time: float
    policy: QuotaPolicy | None
    """None where the API has no quota."""

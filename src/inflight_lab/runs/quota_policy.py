"""How an API counts requests."""

from typing import NamedTuple


class QuotaPolicy(NamedTuple):
    """How an API counts, in the words of `PracticeServer`: its ``quota`` is the ``kind``."""

    kind: str
    rate: float
    period: float = 1.0
    burst: int = 1
    tokens: int = 0
    """Allowed per period, beside the requests; 0: they are not counted."""

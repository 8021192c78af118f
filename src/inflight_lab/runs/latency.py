"""How long the answers of an API take, and how that changed in a run."""

from typing import NamedTuple


class LatencyChange(NamedTuple):
    """Answers take ``latency`` seconds from ``time`` on."""

    time: float
    """Seconds since the run began."""
    latency: float

"""What can be set on a panel, and what each setting allows."""

from typing import Any

from inflight_lab.arguments import VALIDATORS, Validator, one_of
from inflight_lab.panel.slow_motion import SPEEDS
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import VALIDATORS as KNOBS

SHARED = ("latency", "rate", "quota")
"""The settings that are the server's, and so the same on every panel that it has."""

ALLOWED: dict[str, Validator] = {
    "limit": VALIDATORS["limit"],
    "count": VALIDATORS["count"],
    "slow": one_of(*SPEEDS),
    "latency": KNOBS["latency"],
    "rate": KNOBS["rate"],
    "quota": KNOBS["quota"],
}

MAX_LATENCY = 2.0
"""Seconds at the end of that slider."""

MAX_RATE = 300
"""Requests per period at the end of that slider."""


def knobs_of(server: PracticeServer) -> dict[str, Any]:
    """The shared settings as ``server`` has them."""
    return {name: getattr(server, name) for name in SHARED}

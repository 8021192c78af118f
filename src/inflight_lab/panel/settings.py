"""What can be set on a panel, what each setting allows, and where it stands."""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from inflight_lab.arguments import VALIDATORS, Validator, one_of
from inflight_lab.panel.slow_motion import SPEEDS
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import QUOTAS
from inflight_lab.server.knobs import VALIDATORS as KNOBS

SHARED = ("latency", "rate", "quota")
"""The settings that are the server's, and so the same on every panel that it has."""

ALLOWED: dict[str, Validator] = {
    "limit": VALIDATORS["limit"],
    "count": VALIDATORS["count"],
    "latency": KNOBS["latency"],
    "quota": KNOBS["quota"],
    "rate": KNOBS["rate"],
    "slow": one_of(*SPEEDS),
}
"""By name, in the order in which the page shows them under *More*."""

STRIPS = ("in flight", "rate")
"""What the strip below the requests can show."""

MAX_LATENCY = 2.0
"""Seconds at the end of that slider."""

MAX_RATE = 300
"""Requests per period at the end of that slider."""

# A kernel in a page has no threads, and sends nothing while a cell blocks it.
SILENCE = 60 if sys.platform == "emscripten" else 5
"""Seconds without a message from a run that goes on: its kernel has gone."""


def _are_settings(names: Sequence[str]) -> bool:
    return all(name in ALLOWED for name in names) and len(set(names)) == len(names)


SOME_SETTINGS = Validator(
    (tuple, list),
    "names in a tuple, such as ('limit', 'latency')",
    f"some of {', '.join(map(repr, ALLOWED))}, each once",
    _are_settings,
)


def knobs_of(server: PracticeServer) -> dict[str, Any]:
    """The shared settings as ``server`` has them."""
    return {name: getattr(server, name) for name in SHARED}


class Limits(NamedTuple):
    """What is known of the limit of a lane."""

    adjustable: bool
    """Whether the panel sets it."""
    unlimited: bool
    """Whether there is none.  Threads, for example, may have one that nobody sees."""


def page_of(
    knobs: Sequence[str],
    server: PracticeServer,
    *,
    limits: Sequence[Limits],
    max_count: int,
    max_limit: int,
    strip: str,
) -> dict[str, Any]:
    """What the page needs to draw the controls; none of it ever changes."""
    others = [name for name in ALLOWED if name not in knobs]
    return {
        "knobs": list(knobs),
        "more": [*others, "view"],
        "strip": strip,
        "adjustable": any(each.adjustable for each in limits),
        "limits": [each._asdict() for each in limits],
        "quotas": QUOTAS,
        "slow": SPEEDS,
        "period": server.period,
        "burst": server.burst,
        "tokens": server.tokens or 0,
        "max_concurrent": server.max_concurrent or 0,
        "silence": SILENCE,
        "most": {
            "limit": max_limit,
            "count": max_count,
            "latency": MAX_LATENCY,
            "rate": MAX_RATE,
        },
    }

"""What an answer's headers say about the API's quota."""

import re
import time
from typing import NamedTuple

USUAL = {"second": 1.0, "ten": 10.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
"""Windows that APIs have, in seconds."""


class Policy(NamedTuple):
    """``quota`` requests are allowed in ``window`` seconds."""

    quota: float
    window: float
    sure: bool
    """Whether the window is said; else it is the usual one that fits the time of the reset."""


def policies(said: str) -> list[Policy]:
    """The policies in an answer's header lines, ``name: value`` with lower-case names; shortest window first.

    Reads ``RateLimit-Policy`` as in draft-ietf-httpapi-ratelimit-headers-10
    (``"default";q=100;w=60``) and before (``100;w=60``); ``RateLimit: limit=100,
    reset=60``; and ``X-RateLimit-Limit`` with a unit in its name (``-Minute``) or with
    a reset beside it: in seconds from now, or since 1970.
    """
    found = [
        Policy(float(q), float(w), True)
        for q, w in re.findall(r"(\d+);\s*w=(\d*[1-9]\d*)", said)
    ]
    units = re.findall(r"limit-(second|minute|hour|day): (\d+)", said)
    found += [Policy(float(number), USUAL[unit], True) for unit, number in units]
    plain = dict(re.findall(r"\b(limit|reset)(?:=|: )(\d+)", said))
    if not found and len(plain) == 2:
        left = float(plain["reset"]) - (time.time() if len(plain["reset"]) > 9 else 0)
        window = next(
            (usual for usual in USUAL.values() if left <= 1.02 * usual + 0.5), left
        )
        found.append(Policy(float(plain["limit"]), window, False))
    return sorted(found, key=lambda policy: policy.window)

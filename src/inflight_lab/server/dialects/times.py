"""The ways in which APIs write how long to wait.

All of them are rounded up, so a client that waits for as long as they say is not early.
What is less than a microsecond counts as a float's error.
"""

import math
import time
from datetime import UTC, datetime


def whole_seconds(seconds: float) -> int:
    """Seconds from now: 17."""
    return math.ceil(round(seconds, 6))


def milliseconds(seconds: float) -> int:
    """Milliseconds from now: 16500."""
    return math.ceil(round(seconds * 1000, 3))


def duration(seconds: float) -> str:
    """As Go writes a duration: ``120ms``, ``16.5s``, ``6m0s``, ``1h0m0s``."""
    rest = milliseconds(seconds)
    if 0 < rest < 1000:
        return f"{rest}ms"
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    text = f"{rest / 1000:g}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    if hours:
        text = f"{hours}h{text}"
    return text


def unix_time(seconds: float) -> int:
    """The time in so many seconds, as seconds since 1970: 1795759200."""
    return math.ceil(time.time() + seconds)


def rfc3339(seconds: float) -> str:
    """The time in so many seconds, as RFC 3339 has it: ``2026-11-27T06:00:00Z``."""
    then = datetime.fromtimestamp(unix_time(seconds), UTC)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")

"""How APIs write a quota, and the time until there is more of it.

Everything is rounded so that a client which keeps to it is never refused.
"""

import math
import time
from datetime import UTC, datetime


def policy_field(rate: float, period: float) -> str:
    """``RateLimit-Policy``: q is the quota, w the window in seconds.

    Source: draft-ietf-httpapi-ratelimit-headers-11, where both are integers.  A quota
    with fractions is announced as the next stricter one without: 2.5 in 1.5 s becomes
    2 in 2 s, and 0.1 in a second becomes 1 in 10 s.
    """
    if rate < 1:
        return f'"default";q=1;w={_rounded_up(period / rate)}'
    return f'"default";q={math.floor(rate)};w={_rounded_up(period)}'


def _rounded_up(seconds: float) -> int:
    """Whole seconds.  6.000000000000001 s are 6 s: the rest is a float's error."""
    return math.ceil(float(f"{seconds:.12g}"))


class Pause(float):
    """Seconds from now, in the forms in which APIs write them.

    What is less than a microsecond counts as a float's error.
    """

    @property
    def seconds(self) -> int:
        """Whole seconds: 17."""
        return math.ceil(round(self, 6))

    @property
    def milliseconds(self) -> int:
        """Whole milliseconds: 16500."""
        return math.ceil(round(self * 1000, 3))

    @property
    def duration(self) -> str:
        """As Go writes a duration: ``120ms``, ``16.5s``, ``6m0s``, ``1h0m0s``."""
        rest = self.milliseconds
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

    @property
    def unix_time(self) -> int:
        """The time when it is over, in seconds since 1970: 1795759200."""
        return math.ceil(time.time() + self)

    @property
    def rfc3339(self) -> str:
        """The time when it is over, in RFC 3339's form: ``2026-11-27T06:00:00Z``."""
        then = datetime.fromtimestamp(self.unix_time, UTC)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")

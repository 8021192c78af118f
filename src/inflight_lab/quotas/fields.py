"""How the practice API writes its quota into header fields."""

import math
from decimal import Decimal


def policy_field(rate: float, period: float) -> str:
    """``RateLimit-Policy``: q is the quota, w the window in seconds.

    Source: draft-ietf-httpapi-ratelimit-headers-11, where both are integers.  A quota
    with fractions is announced as the next stricter one without: 2.5 in 1.5 s becomes
    2 in 2 s, and 0.1 in a second becomes 1 in 10 s.  A client that keeps to it never
    sends more than is allowed.
    """
    if rate < 1:
        return f'"default";q=1;w={_rounded_up(period / rate)}'
    return f'"default";q={math.floor(rate)};w={_rounded_up(period)}'


def in_digits(number: float) -> str:
    """``number`` without an exponent, and a fraction in at most twelve digits."""
    if number == int(number):
        return str(int(number))
    return format(Decimal(f"{number:.12g}"), "f")


def _rounded_up(seconds: float) -> int:
    """Whole seconds.  6.000000000000001 s are 6 s: the rest is a float's error."""
    return math.ceil(float(f"{seconds:.12g}"))

"""How the practice API writes its quota into header fields."""

from decimal import Decimal


def policy_field(rate: float, period: float) -> str:
    """``RateLimit-Policy``: q is the quota, w the window in seconds.

    Source: draft-ietf-httpapi-ratelimit-headers-10.  It wants integers; a number that
    is not one is sent as the decimal it is.
    """
    return f'"default";q={in_digits(rate)};w={in_digits(period)}'


def in_digits(number: float) -> str:
    """``number`` without an exponent; one that is not an integer in twelve digits."""
    if number == int(number):
        return str(int(number))
    return format(Decimal(f"{number:.12g}"), "f")

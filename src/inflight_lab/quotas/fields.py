"""How the practice API writes its quota into header fields."""

from decimal import Decimal


def policy_field(rate: float, period: float) -> str:
    """``RateLimit-Policy`` of draft-ietf-httpapi-ratelimit-headers-10: q quota, w window.

    The draft wants whole numbers; one that is none is sent as the decimal it is.
    """
    return f'"default";q={in_digits(rate)};w={in_digits(period)}'


def in_digits(number: float) -> str:
    """``number`` without an exponent: an integer as such, any other rounded to twelve digits."""
    if number == int(number):
        return str(int(number))
    return format(Decimal(f"{number:.12g}"), "f")

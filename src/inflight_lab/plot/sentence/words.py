"""Numbers in words, as somebody would say them aloud."""

import re
from decimal import ROUND_HALF_UP, Decimal


def rounded(number: float, digits: int) -> float:
    """A number with so many decimals at most; a tie is rounded up, as on the page."""
    last_digit = Decimal(1).scaleb(-digits)
    return float(Decimal(number).quantize(last_digit, ROUND_HALF_UP))


def with_commas(number: float) -> str:
    """A number with commas between its thousands: "2,000"."""
    if number == int(number):
        return f"{int(number):,}"
    return f"{rounded(number, 3):,}"


def many(number: float, noun: str) -> str:
    """A number of things: "1 request", "200 requests"."""
    ending = "" if number == 1 else "s"
    return f"{with_commas(number)} {noun}{ending}"


def are_allowed(number: float) -> str:
    """How many are: "1 is allowed", "100 are allowed"."""
    verb = "is" if number == 1 else "are"
    return f"{with_commas(number)} {verb} allowed"


def per(period: float) -> str:
    """What a rate is per: "second", or "2 s" if the period is another."""
    return "second" if period == 1 else f"{with_commas(rounded(period, 2))} s"


def every(period: float) -> str:
    """How often something comes: "a second", or "every 2 s"."""
    return "a second" if period == 1 else f"every {per(period)}"


def in_one_period(period: float) -> str:
    """Any one period: "in one second", or "within 2 s"."""
    return "in one second" if period == 1 else f"within {per(period)}"


def plain_time(time: float) -> float:
    """A measured time, rounded to what a listener can keep in mind."""
    if time >= 1:
        return rounded(time, 1)
    if time >= 0.2:
        return rounded(time * 20, 0) / 20
    return rounded(time, 2 if time >= 0.02 else 3)


def plain_seconds(time: float) -> str:
    """The same in words: "0.3 s"."""
    return f"{with_commas(plain_time(time))} s"


def plain_rate(rate: float) -> str:
    """A measured rate: one decimal below 5, none above."""
    return with_commas(rounded(rate, 1 if rate < 4.95 else 0))


def unbroken(words: str) -> str:
    """The same words, but no line ends between a number and its unit."""
    unit = r"(m?s\b|\N{MULTIPLICATION SIGN})"
    return re.sub(rf"(?<=\d) (?={unit})", "\N{NO-BREAK SPACE}", words)

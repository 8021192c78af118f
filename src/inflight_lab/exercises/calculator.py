"""Which limit should I use?  Little's law, as three small functions: in flight = rate * latency.

>>> limit_for(100, latency=0.3)
30
>>> rate_for(30, latency=0.15)
200.0

The law tells what a limit *gives* at one latency.  It does not keep a quota: when answers come sooner, the
same limit sends more.  For that take a pace, and this limit below it.
"""

from __future__ import annotations

import math

POOL = 100
"""How many connections httpx's pool holds, unless told otherwise."""


def limit_for(rate: float, *, period: float = 1.0, latency: float) -> int:
    """The smallest limit that reaches ``rate`` requests per ``period`` seconds, at ``latency`` seconds each.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """
    check_numbers(rate=rate, period=period, latency=latency)
    # Rounded first: 70 * 0.1 is 7.000000000000001 to a computer, and no eighth slot is needed.
    return max(1, math.ceil(round(rate / period * latency, 9)))


def rate_for(limit: int, *, period: float = 1.0, latency: float) -> float:
    """How many requests per ``period`` seconds ``limit`` in flight give, at ``latency`` seconds each.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit must be an integer, 1 or more, got {limit!r}")
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, got {limit!r}")
    check_numbers(period=period, latency=latency)
    return limit * period / latency


def advise(rate: float, *, period: float = 1.0, latency: float) -> str:
    """Both, as a few lines to read: the limit, what it gives, and when it stops being right.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """
    limit = limit_for(rate, period=period, latency=latency)
    given = rate_for(limit, period=period, latency=latency)
    per = "a second" if period == 1 else f"in {period:g} s"
    lines = [f"limit {limit}: at {latency:g} s an answer it gives {given:.4g} {per}"]
    if given > 1.005 * rate:
        lower = rate_for(limit - 1, period=period, latency=latency) if limit > 1 else 0
        lines.append(f"  more than the {rate:g} permitted; one less gives {lower:.4g}")
    lines.append(f"  if answers come twice as quickly: {2 * given:.4g} {per}, so pace as well")
    if limit > POOL:
        most = rate_for(POOL, period=period, latency=latency)
        lines.append(f"  httpx's pool of {POOL} connections stops at {most:.4g}: allow it more")
    return "\n".join(lines)


def check_numbers(**numbers: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` that names the parameter, its value and what is allowed."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} must be a number, more than 0, got {value!r}")
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be more than 0, and finite, got {value!r}")

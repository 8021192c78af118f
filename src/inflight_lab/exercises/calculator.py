"""Which limit should I use?  Little's law, as three small functions: in flight = rate * latency.

>>> limit_for(100, latency=0.3)
30
>>> rate_for(30, latency=0.15)
200.0

The law says what a limit *gives* at one latency.  It does not keep a quota: when answers come sooner, the
same limit sends more.  For that use a rate limiter, and this limit below it.
"""

from __future__ import annotations

import functools
import math

from inflight_lab.arguments import checked, positive

POOL = 100
"""How many connections httpx's pool holds by default."""
checks_numbers = functools.partial(checked, latency=positive(" of seconds"))  # the law divides by it


@checks_numbers
def limit_for(rate: float, *, period: float = 1.0, latency: float) -> int:
    """The smallest limit that reaches ``rate`` requests per ``period`` seconds, at ``latency`` seconds each.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """
    # Rounded first: 70 * 0.1 is 7.000000000000001 to a computer, and no eighth slot is needed.
    return max(1, math.ceil(round(rate / period * latency, 9)))


@checks_numbers
def rate_for(limit: int, *, period: float = 1.0, latency: float) -> float:
    """How many requests per ``period`` seconds ``limit`` in flight give, at ``latency`` seconds each.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """
    return limit * period / latency


@checks_numbers
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
        lines.append(f"  more than the {rate:g} allowed; one less gives {lower:.4g}")
    lines.append(f"  if answers come twice as quickly: {2 * given:.4g} {per}, so pace as well")
    if limit > POOL:
        most = rate_for(POOL, period=period, latency=latency)
        lines.append(f"  httpx's pool of {POOL} connections stops at {most:.4g}: give it more")
    return "\n".join(lines)

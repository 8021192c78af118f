"""Which limit should I use?  Little's law is an average: in flight = rate * latency.

>>> limit_for(100, latency=0.3)
30
>>> rate_for(30, latency=0.15)
200.0

Requests leave in bursts of the limit, so the busiest window holds more than the
average:

>>> safe_limit(100, latency=0.3)
25

Both hold for one latency.  When answers come sooner, the same limit sends more: use a
rate limiter as well.  Times are in seconds.  All functions raise ``TypeError`` or
``ValueError`` for a bad argument.
"""

import math

from inflight_lab.arguments import check, positive

POOL = 100
"""How many connections httpx's pool holds by default."""
DIGITS = 9
"""Results are rounded to these before they are rounded up or down: to a computer
100 * 0.07 is 7.000000000000001, and that needs no eighth slot."""


def limit_for(rate: float, *, period: float = 1.0, latency: float) -> int:
    """The smallest limit that sends ``rate`` requests per ``period`` on average."""
    check("rate", rate)
    _check_times(period, latency)
    in_flight = rate / period * latency
    return max(1, math.ceil(round(in_flight, DIGITS)))


def rate_for(limit: int, *, period: float = 1.0, latency: float) -> float:
    """How many requests per ``period`` a ``limit`` sends on average."""
    check("limit", limit)
    _check_times(period, latency)
    return limit * period / latency


def safe_limit(rate: float, *, period: float = 1.0, latency: float) -> int:
    """The largest limit that never sends more than ``rate`` in any ``period``.

    This holds if no answer takes less than ``latency``.  It is 0 if even one slot is
    too many.
    """
    check("rate", rate)
    _check_times(period, latency)
    return int(rate // bursts(period, latency))


def bursts(period: float, latency: float) -> int:
    """How many times one slot sends within ``period`` seconds at the most."""
    return 1 + math.floor(round(period / latency, DIGITS))


def advise(rate: float, *, period: float = 1.0, latency: float) -> str:
    """Lines to read: the limit for the average, the safe one, and their weak points."""
    limit = limit_for(rate, period=period, latency=latency)
    average = rate_for(limit, period=period, latency=latency)
    busiest = limit * bursts(period, latency)
    per = "a second" if period == 1 else f"in {period:g} s"
    lines = [
        f"limit {limit}: {average:.4g} {per} on average,"
        f" up to {busiest} in the busiest {period:g} s"
    ]
    safe = safe_limit(rate, period=period, latency=latency)
    if safe:
        lines.append(f"limit {safe}: never more than {rate:g} {per}")
    else:
        lines.append(f"no limit stays within {rate:g} {per}")
    lines.append(
        "  if answers take half as long, twice as many: use a rate limiter as well"
    )
    if limit > POOL:
        most = rate_for(POOL, period=period, latency=latency)
        lines.append(
            f"  httpx's pool of {POOL} connections stops at {most:.4g}: give it more"
        )
    return "\n".join(lines)


def _check_times(period: float, latency: float) -> None:
    check("period", period)
    positive(of="seconds").check("latency", latency)  # the law divides by it

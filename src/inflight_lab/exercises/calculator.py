"""Which limit should I use?  Little's law is about the average: in flight = rate * latency.

>>> limit_for(100, latency=0.3)
30
>>> rate_for(30, latency=0.15)
200.0

Requests leave in bursts of the limit, so the busiest window holds more than the
average:

>>> safe_limit(100, latency=0.3)
25

Both hold for one latency.  When answers come sooner, the same limit sends more: use a
rate limiter as well. Times are seconds.  All raise ``TypeError`` or ``ValueError`` for
a bad argument.
"""

import math

from inflight_lab.arguments import checked, positive

POOL = 100
"""How many connections httpx's pool holds by default."""
checks_numbers = checked(latency=positive(of="seconds"))  # the law divides by it


@checks_numbers
def limit_for(rate: float, *, period: float = 1.0, latency: float) -> int:
    """The smallest limit that averages ``rate`` requests per ``period``, at ``latency`` seconds each."""
    # Rounded first: 70 * 0.1 is 7.000000000000001 to a computer, and no eighth slot is
    # needed.
    return max(1, math.ceil(round(rate / period * latency, 9)))


@checks_numbers
def rate_for(limit: int, *, period: float = 1.0, latency: float) -> float:
    """How many requests per ``period`` ``limit`` in flight average, at ``latency`` seconds each."""
    return limit * period / latency


@checks_numbers
def safe_limit(rate: float, *, period: float = 1.0, latency: float) -> int:
    """The largest limit with at most ``rate`` in *any* ``period``, each ``latency`` or longer; 0 if none."""
    return int(rate // bursts(period, latency))


def bursts(period: float, latency: float) -> int:
    """How many times one slot sends within ``period`` seconds at the most."""
    return 1 + math.floor(round(period / latency, 9))


@checks_numbers
def advise(rate: float, *, period: float = 1.0, latency: float) -> str:
    """A few lines to read: the limit for the average, the one for every window, and their weak point."""
    limit = limit_for(rate, period=period, latency=latency)
    given = rate_for(limit, period=period, latency=latency)
    safe = safe_limit(rate, period=period, latency=latency)
    busiest = f"up to {limit * bursts(period, latency)} in the busiest {period:g} s"
    per = "a second" if period == 1 else f"in {period:g} s"
    lines = [
        f"limit {limit}: {given:.4g} {per} on average, {busiest}",
        f"limit {safe}: never more than {rate:g} {per}"
        if safe
        else f"no limit stays within {rate:g} {per}",
        "  if answers take half as long, twice as many: use a rate limiter as well",
    ]
    if limit > POOL:
        most = rate_for(POOL, period=period, latency=latency)
        lines.append(
            f"  httpx's pool of {POOL} connections stops at {most:.4g}: give it more"
        )
    return "\n".join(lines)

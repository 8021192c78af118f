"""The lines of a run: levels that change in steps, folded into few points."""

from bisect import bisect_left
from collections.abc import Iterable
from operator import attrgetter
from typing import Literal, NamedTuple, get_args

BIN = 0.01
"""Seconds that become one point, however many requests change the level within them."""

Line = Literal[
    "server", "client", "waiting", "limit", "refused", "failed", "rate", "tokens"
]
"""``server`` and ``client`` are the requests in flight as each side counts them;
``rate`` and ``tokens`` are the requests and tokens of the quota's last period; where
there is no quota, ``rate`` is of the last second."""

LINES: tuple[Line, ...] = get_args(Line)


class Point(NamedTuple):
    """The level of a line within one `BIN`."""

    time: float
    """Seconds since the run began."""
    lowest: float
    highest: float
    last: float
    """The level at the end of the bin, which lasts until the next point."""


def level(time: float, value: float) -> Point:
    """The point of a level that was set to ``value`` at ``time``."""
    return Point(round(time, 4), value, value, value)


def fold(steps: Iterable[tuple[float, float]], width: float = BIN) -> list[Point]:
    """Fold steps, each a time and a value, into one point per ``width`` seconds.

    No peak is lost.
    """
    points: list[Point] = []
    lowest = highest = last = 0.0
    begin = None
    for time, value in steps:
        if begin is None or time - begin >= width:
            if begin is not None:
                points.append(Point(begin, lowest, highest, last))
            begin = round(time, 4)
            lowest = highest = value
        elif value < lowest:
            lowest = value
        elif value > highest:
            highest = value
        last = value
    if begin is not None:
        points.append(Point(begin, lowest, highest, last))
    return points


def tally(times: Iterable[float]) -> list[Point]:
    """One point for each `BIN` in which something happened: its level is how often."""
    points: list[Point] = []
    for time in times:
        if points and time - points[-1].time < BIN:
            last = points.pop()
            points.append(level(last.time, last.last + 1))
        else:
            points.append(level(time, 1))
    return points


def points_since(time: float, points: list[Point]) -> list[Point]:
    """The points from ``time`` on, and the one before, which has the level by then."""
    first = bisect_left(points, time, key=attrgetter("time"))
    return points[max(0, first - 1) :]

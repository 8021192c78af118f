"""The curve of requests in flight, in words for people who do not see it."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from inflight_lab.plot.drawing.axis import Scale, number_of
from inflight_lab.plot.sentence.words import many, plain_seconds
from inflight_lab.runs.levels import Point
from inflight_lab.runs.run import Run

PARTS = 5
"""Into how many equal parts the axis is divided to tell the shape of its curve."""

SHORTEST_PAUSE = 0.02
"""Share of the axis: less cannot be seen."""


def in_flight_in_words(run: Run, x: Scale) -> str:
    """The curve of requests in flight as a sentence; "" if nothing was in flight."""
    points = run.levels["server"] or run.levels["client"]
    most = highest_of(points)
    if not most:
        return ""
    counts = f"In flight: at most {number_of(most)}"
    most_of_the_client = highest_of(run.levels["client"])
    if most_of_the_client > most:
        counts += f" ({number_of(most_of_the_client)} as the client counts)"
    pauses = count_pauses(points, x)
    if pauses:
        counts += f", with {many(pauses, 'pause')}"
    fifths = f"in each fifth of the {plain_seconds(x.last - x.first)} shown"
    return f"{counts}; {fifths} mostly {levels_in(points, x)}."


def highest_of(points: Sequence[Point]) -> float:
    """The highest level; 0 without points."""
    return max((point.highest for point in points), default=0)


def count_pauses(points: Sequence[Point], x: Scale) -> int:
    """How often nothing was in flight for a while, and then something again."""
    shortest = SHORTEST_PAUSE * (x.last - x.first)
    begun = next(place for place, point in enumerate(points) if point.highest)
    pauses = 0
    for point, later in pairwise(points[begun:]):
        is_shown = later.time > x.first
        if is_shown and not point.last and later.time - point.time >= shortest:
            pauses += 1
    return pauses


def levels_in(points: Sequence[Point], x: Scale) -> str:
    """The usual level of each part of the axis."""
    seconds = (x.last - x.first) / PARTS
    levels = []
    for part in range(PARTS):
        begin = x.first + part * seconds
        levels.append(number_of(usual_level(points, begin, begin + seconds)))
    return f"{', '.join(levels[:-1])} and {levels[-1]}"


def usual_level(points: Sequence[Point], begin: float, end: float) -> float:
    """The level that lasts longest from ``begin`` to ``end``."""
    seconds = defaultdict[float, float](float)
    ends = [point.time for point in points[1:]]
    for point, until in zip(points, [*ends, end], strict=True):
        lasts = min(until, end) - max(point.time, begin)
        if lasts > 0:
            seconds[point.last] += lasts
    return max(seconds, key=seconds.__getitem__, default=0)

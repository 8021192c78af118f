"""What pictures show, in words for people who do not see them."""

from collections import defaultdict
from collections.abc import Sequence

from inflight_lab.plot.drawing.axis import number_of
from inflight_lab.runs.levels import Point
from inflight_lab.runs.run import Run

PARTS = 5
"""Into how many equal parts a run is divided to tell the shape of its curve."""


def in_flight_in_words(run: Run) -> str:
    """The curve of requests in flight as a sentence; "" if nothing was in flight."""
    points = run.levels["server"] or run.levels["client"]
    most = max((point.highest for point in points), default=0)
    if not most:
        return ""
    seconds = run.now / PARTS
    levels = []
    for part in range(PARTS):
        begin = part * seconds
        level = usual_level(points, begin, begin + seconds)
        levels.append(number_of(level))
    at_most = f"In flight: at most {number_of(most)}"
    mostly = f"{', '.join(levels[:-1])} and {levels[-1]}"
    return f"{at_most}; in each fifth of the run mostly {mostly}."


def usual_level(points: Sequence[Point], begin: float, end: float) -> float:
    """The level that lasts longest from ``begin`` to ``end``."""
    seconds = defaultdict[float, float](float)
    ends = [point.time for point in points[1:]]
    for point, until in zip(points, [*ends, end], strict=True):
        lasts = min(until, end) - max(point.time, begin)
        if lasts > 0:
            seconds[point.last] += lasts
    return max(seconds, key=seconds.__getitem__, default=0)

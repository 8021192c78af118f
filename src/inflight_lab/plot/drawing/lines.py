"""The lines of a run, as paths."""

from collections.abc import Callable
from typing import NamedTuple

from inflight_lab.plot.drawing.axis import Scale
from inflight_lab.runs.levels import Line, Point, fold, level, points_since
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.runs.run import Run


class Stretch(NamedTuple):
    """A part of a line that is drawn without a gap, up to ``end``."""

    points: list[Point]
    end: float


def points_of(run: Run, name: Line, x: Scale) -> list[Point]:
    """The points of a line, no more than one per pixel.

    The first may be older than the left end: it has the level there.
    """
    steps = []
    for time, *levels in points_since(x.first, run.levels[name]):
        steps += [(time, value) for value in levels]
    return fold(steps, x.per_pixel)


def line_of(run: Run, name: Line, x: Scale) -> list[Stretch]:
    """A line, which goes on at its last level."""
    points = points_of(run, name, x)
    return [Stretch(points, x.last)] if points else []


def limit_of(run: Run, x: Scale) -> list[Stretch]:
    """How many requests may be in flight."""
    return line_of(run, "limit", x)


def quota_of(run: Run, x: Scale) -> list[Stretch]:
    """How many requests are allowed per period."""
    return _ceiling(run, x, lambda policy: policy.rate)


def token_quota_of(run: Run, x: Scale) -> list[Stretch]:
    """How many tokens are, where they are counted."""
    return _ceiling(run, x, lambda policy: policy.tokens)


def path_of(stretches: list[Stretch], x: Scale, y: Scale) -> str:
    """The path of a level that changes in steps."""
    return "".join(_steps(stretch, x, y) for stretch in stretches)


def _ceiling(
    run: Run, x: Scale, value_of: Callable[[QuotaPolicy], float]
) -> list[Stretch]:
    """What is allowed, for as long as each policy stood; 0 is not drawn."""
    stretches = []
    ends = [change.time for change in run.policies[1:]]
    for change, end in zip(run.policies, [*ends, x.last], strict=False):
        value = value_of(change.policy) if change.policy else 0
        until = min(end, x.last)
        if value and until > max(change.time, x.first):
            stretches.append(Stretch([level(change.time, value)], until))
    return stretches


def _steps(stretch: Stretch, x: Scale, y: Scale) -> str:
    path = ""
    for time, lowest, highest, last in stretch.points:
        at = x(max(time, x.first))
        path += f"H{at}" if path else f"M{at} {y(last)}"
        if lowest < highest and time >= x.first:
            path += f"V{y(highest)}V{y(lowest)}"
        path += f"V{y(last)}"
    return f"{path}H{x(stretch.end)}"

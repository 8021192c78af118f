"""Levels folded into points: few enough to send, and no peak is lost."""

from __future__ import annotations

from inflight_lab.runs.levels import BIN, Point, fold, points_since, tally


def test_folding_loses_no_peak() -> None:
    """What happens within a bin becomes one point, with its extremes and its end."""
    steps = [(0.0, 1), (BIN / 4, 9), (BIN / 3, 0), (BIN / 2, 4), (BIN, 5)]
    assert fold(steps) == [Point(0.0, 0, 9, 4), Point(BIN, 5, 5, 5)]
    assert fold(steps, 2 * BIN) == [Point(0.0, 0, 9, 5)]
    assert fold([]) == []


def test_a_bin_begins_with_what_happens() -> None:
    """It is a bin long from there, and what comes a bin later begins the next."""
    steps = [(7.006, 2), (7.0159, 3), (7.0161, 4)]
    assert fold(steps) == [Point(7.006, 2, 3, 3), Point(7.0161, 4, 4, 4)]


def test_a_tally_counts_what_falls_together() -> None:
    """However many refusals there are within a bin, their mark says how many."""
    assert tally([]) == []
    assert tally([1.0, 1.002, 1.0099, 1.01, 3.0]) == [
        Point(1.0, 3, 3, 3),
        Point(1.01, 1, 1, 1),
        Point(3.0, 1, 1, 1),
    ]


def test_the_point_before_has_the_level() -> None:
    """A line that is cut goes on from the level that it had."""
    points = [Point(time, 0, 0, time) for time in (1.0, 2.0, 3.0)]
    assert points_since(2.5, points) == points[1:]
    assert points_since(2.0, points) == points[:]
    assert points_since(0.5, points) == points
    assert points_since(9.0, points) == points[2:]

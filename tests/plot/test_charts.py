"""The charts and bars of the notebooks."""

from __future__ import annotations

import re
import warnings

import pytest

from inflight_lab import Event
from inflight_lab.plot.bars import draw_bars, number_of
from inflight_lab.plot.charts import draw_foretold, draw_strips


def test_foretold_line_stands_where_the_number_says() -> None:
    """Bar and line share one scale, and a name is text, never markup."""
    picture = draw_foretold([("a <b>", 50, 100), ("none", 0, 0)], told="50 of 100").data
    assert 'width="290.0"' in picture  # half of the 580 there are
    assert '"M750.0 ' in picture
    assert "a &lt;b&gt;" in picture
    assert "50 (100)" in picture


def test_strip_marks_each_request_once_in_its_colour() -> None:
    """One mark a request, at the time it came; refused ones apart; one axis for all strips."""
    events = [
        Event(5.0, "sent", 1, None, 0, 1),
        Event(5.5, "sent", 2, None, 0, 2),
        Event(5.6, "answered", 1, 200, 0, 1),
        Event(5.7, "answered", 2, 429, 0, 0),
        Event(6.0, "sent", 3, None, 0, 1),
        Event(6.1, "answered", 3, 200, 0, 0),
    ]
    picture = draw_strips({"one": events, "none": []}, told={"one": "1 refused"}).data
    accepted, refused, *empty = re.findall(r'<path d="([^"]*)" stroke="#(?:0072b2|c23b00)"', picture)
    assert accepted == "M170.0 28v-20M750.0 28v-20"
    assert refused == "M460.0 28v-12"
    assert empty == ["", ""]
    assert "1 refused" in picture
    assert "1.0 seconds" in picture


def test_bars_tell_their_numbers() -> None:
    """Each bar is as long as its number says, and tells it, so that a short one can be read too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = draw_bars({"<tasks>": {"10": 1.0, "20": 2.0}, "workers": {"20": 0.016}}, title="a & b").data
    widths = [float(width) for width in re.findall(r'<rect x="[^"]+" y="[^"]+" width="([\d.]+)"', svg)]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert widths[2] < 10
    assert "0.016 workers" in svg
    assert "&lt;tasks&gt;" in svg
    assert "a &amp; b" in svg
    assert draw_bars({}, title="nothing").data.startswith("<svg")


def test_numbers_are_written_as_people_write_them() -> None:
    """Thousands with a comma, small numbers with the digits that matter."""
    assert [number_of(value) for value in (1502.4, 15.24, 2.0, 0.0167, 0)] == [
        "1,502",
        "15.2",
        "2",
        "0.017",
        "0",
    ]

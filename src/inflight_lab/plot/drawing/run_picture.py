"""One run as a picture: its lines over time, what was refused, and how it ended."""

import textwrap
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale, number_of
from inflight_lab.plot.drawing.chart import Style, charts_of, draw_chart, styled
from inflight_lab.plot.drawing.in_words import in_flight_in_words
from inflight_lab.plot.drawing.latency_marks import (
    draw_latency_marks,
    has_latency_marks,
)
from inflight_lab.plot.drawing.lines import points_of
from inflight_lab.plot.drawing.svg import (
    GRID,
    INK,
    RED,
    WIDTH,
    Picture,
    bold,
    line,
    picture,
    text,
)
from inflight_lab.plot.history import HISTORY
from inflight_lab.plot.latency_words import latencies_in_words
from inflight_lab.plot.sentence import finished_sentence
from inflight_lab.plot.sentence.words import many, with_commas
from inflight_lab.runs.events import Stats
from inflight_lab.runs.levels import Line
from inflight_lab.runs.run import Run

LEFT = 68
RIGHT = WIDTH - 24
MARGIN = 8
"""Where the sentence begins, which has the whole width."""

LINE_HEIGHT = 17
LINE_CHARACTERS = 100
"""How much of the sentence fits in a line; it has at most two."""

REFUSED_TOP = 42
FAILED_TOP = 56
"""Where the rows of marks begin, below the sentence."""

TOP = 88
"""Where the first chart begins, below the marks."""

CHART_GAP = 34
TIMES_HEIGHT = 16
LATENCIES_HEIGHT = 18
NUMBERS_HEIGHT = 26
"""The rows below the charts: times, latencies if they changed, and numbers."""

SHORTEST = 0.5
"""Seconds that the axis of time has at least."""

MOST_TIMES = 9
"""How many times are written below the axis at most."""


def draw_run(run: Run, *, mark: str = "", name: str = "") -> Picture:
    """The last `HISTORY` seconds of ``run``, up to its end.

    Pictures of runs side by side end together, as the runs do.  On top stands how the
    run ended, after ``name``.  ``mark`` is the class of the drawing, by which a page
    finds it.
    """
    x = _time_scale(run)
    charts = charts_of(run, x)
    bottom = TOP - CHART_GAP + sum(chart.height + CHART_GAP for chart in charts)
    sentence = finished_sentence(run)
    headline = f"{name}: {sentence}" if name else sentence
    numbers = numbers_of(run.counts)
    parts = [*_headline(headline), *_time_axis(x, bottom)]
    parts += _marks(run, "refused", x, y=REFUSED_TOP, style=Style(RED))
    parts += _marks(run, "failed", x, y=FAILED_TOP, style=Style(INK, dashes="4 3"))
    top = TOP
    for chart in charts:
        parts += draw_chart(chart, run, x, top=top)
        top += chart.height + CHART_GAP
    bottom += TIMES_HEIGHT
    if has_latency_marks(run):
        bottom += LATENCIES_HEIGHT
        parts += draw_latency_marks(run, x, top=TOP, bottom=bottom)
    bottom += NUMBERS_HEIGHT
    parts.append(text(x.start, bottom, f"{numbers}{_legend_of(run)}"))
    curve = in_flight_in_words(run, x)
    said = ["Requests over time.", headline, curve, latencies_in_words(run), numbers]
    spoken = " ".join(each for each in said if each)
    return picture(parts, bottom + 12, spoken, mark)


def _headline(words: str) -> list[Element]:
    lines = textwrap.wrap(words, LINE_CHARACTERS)
    return [
        bold(MARGIN, 14 + number * LINE_HEIGHT, line)
        for number, line in enumerate(lines)
    ]


def _legend_of(run: Run) -> str:
    """What the marks of refusals mean, if there are any."""
    if not run.levels["refused"]:
        return ""
    return "; a refusal is marked when it comes back"


def numbers_of(counts: Stats) -> str:
    """What became of the requests; "" if there were none."""
    if not counts.started:
        return ""
    answered = f"{with_commas(counts.accepted)} answered"
    ends = [answered, f"{with_commas(counts.refused)} refused"]
    if counts.failed:
        ends.append(f"{with_commas(counts.failed)} failed")
    if counts.cancelled:
        ends.append(f"{with_commas(counts.cancelled)} cancelled")
    return f"{many(counts.started, 'request')}: {', '.join(ends)}"


def _time_scale(run: Run) -> Scale:
    begin = max(0.0, run.now - HISTORY)
    return Scale(begin, max(run.now, begin + SHORTEST), LEFT, RIGHT)


def _time_axis(x: Scale, bottom: float) -> list[Element]:
    parts = []
    for time in x.round_numbers(MOST_TIMES):
        parts.append(line(f"M{x(time)} {TOP}V{bottom}", GRID))
        words = f"{number_of(time)} s"
        parts.append(text(x(time), bottom + TIMES_HEIGHT, words, "middle"))
    if x.first > 0:
        parts.append(text(x.end, REFUSED_TOP - 8, "older points left out", "end"))
    return parts


def _marks(run: Run, name: Line, x: Scale, *, y: float, style: Style) -> list[Element]:
    """A row of marks, one wherever the line has a point."""
    times = [point.time for point in points_of(run, name, x)]
    path = "".join(f"M{x(time)} {y}v10" for time in times if time >= x.first)
    return [text(x.start - 8, y + 10, name, "end"), styled(path, style)]

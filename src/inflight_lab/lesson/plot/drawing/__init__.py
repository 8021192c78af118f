"""Plain SVG pictures, which stay in a saved notebook: a run, or several compared."""

from inflight_lab.lesson.plot.drawing.comparisons import draw_bars, draw_marks
from inflight_lab.lesson.plot.drawing.run_picture import draw_runs
from inflight_lab.lesson.plot.drawing.svg import Picture

__all__ = ["Picture", "draw_bars", "draw_marks", "draw_runs"]

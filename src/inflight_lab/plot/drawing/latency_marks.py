"""Where the latency changed in a run: lines across the charts, with words below."""

from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.axis import Scale
from inflight_lab.plot.drawing.svg import INK, line, text
from inflight_lab.plot.latency_words import lasting_changes, latency_in_words
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.run import Run

CHARACTER = 7.5
"""Pixels of a character, about."""

GAP = 8
"""Pixels between two words at the least."""


def has_latency_marks(run: Run) -> bool:
    """Whether there is anything to mark: a latency that stays is no news."""
    return len(lasting_changes(run)) > 1


def draw_latency_marks(
    run: Run, x: Scale, *, top: float, bottom: float
) -> list[Element]:
    """A dashed line at each change, and the latency from there on, in a row of words.

    ``bottom`` is where the words stand.
    """
    if not has_latency_marks(run):
        return []
    parts = []
    changes = _in_view(lasting_changes(run), x)
    ends = [x(change.time) - GAP for change in changes[1:]]
    for change, end in zip(changes, [*ends, x.end], strict=True):
        at = x(change.time)
        if change.time > x.first:
            parts.append(line(f"M{at} {top}V{bottom}", INK, 1.5, dashes="2 4"))
        words = _fitting_words(change, end - at)
        if words:
            parts.append(text(at + 4, bottom, words))
    return parts


def _in_view(changes: list[LatencyChange], x: Scale) -> list[LatencyChange]:
    """Those that are drawn; the one that stood at the left end begins there."""
    earlier = [change for change in changes if change.time <= x.first]
    later = [change for change in changes if change.time > x.first]
    return [change._replace(time=x.first) for change in earlier[-1:]] + later


def _fitting_words(change: LatencyChange, room: float) -> str:
    """As many words as there is room for; "" if there is none."""
    seconds = latency_in_words(change.latency)
    for words in (f"latency {seconds}", seconds):
        if len(words) * CHARACTER <= room:
            return words
    return ""

"""Runs as one plain picture, for a page without JavaScript: in flight over time."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element

from inflight_lab.plot.drawing.svg import (
    BLUE,
    GRID,
    INK,
    RED,
    WIDTH,
    Picture,
    Scale,
    line,
    many,
    number_of,
    picture,
    text,
    time_axis,
)
from inflight_lab.runs.run import END_KINDS, Level, Run

LEFT = 48
RIGHT = WIDTH - 70
HEIGHT = 110
"""Pixels of a chart, and below them its place for the next."""

ROW = HEIGHT + 52

PARTS = 24
"""Into how many equal parts a run is divided to tell its shape."""

ALIKE = 0.15
"""Levels that differ by less than this share of the highest are one level."""

PAUSE = 0.02
"""Share of the run with nothing in flight that is a pause."""

MANY_PAUSES = 3


def draw_runs(
    runs: Mapping[str, Run], *, mark: str = "", computed: bool = False
) -> Picture:
    """The requests in flight over time, a chart for each run, on one axis of time.

    ``runs`` are by name, which stands before each run's numbers.  ``mark`` is the class
    of the drawing, by which a page finds it.  ``computed``: nothing was sent; it is
    what would happen.
    """
    if not any(run.events for run in runs.values()):
        words = "Nothing was sent yet."
        return picture([text(8, 20, words)], 30, words, mark)
    span = max(run.now for run in runs.values())
    x = Scale(0, span, LEFT, RIGHT)
    bottom = len(runs) * ROW
    parts = time_axis(x, bottom - 10)
    spoken = ["Requests in flight over time."]
    for number, (name, run) in enumerate(runs.items()):
        steps = in_flight_of(run)
        headline = _headline(name, run, steps, computed=computed)
        parts += _chart(x, number * ROW, headline, run, steps)
        spoken.append(f"{headline}. {shape_in_words(steps, run.now)}")
    return picture(parts, bottom + 14, " ".join(spoken), mark)


def _headline(name: str, run: Run, steps: Sequence[Level], *, computed: bool) -> str:
    """What became of the requests, in how many seconds, and the most in flight."""
    counts = run.counts
    before = f"{name}: " if name else ""
    kind = "Computed, not run yet: " if computed else ""
    sent = many(counts.started, "request")
    ends = [f"{counts.accepted:,} answered", f"{counts.refused:,} refused"]
    if counts.failed:
        ends.append(f"{counts.failed:,} failed")
    if counts.cancelled:
        ends.append(f"{counts.cancelled:,} cancelled")
    most = max(level.value for level in steps)
    return (
        f"{before}{kind}{sent} in {number_of(run.elapsed)} s: {', '.join(ends)}; "
        f"at most {most:,} in flight"
    )


def in_flight_of(run: Run) -> list[Level]:
    """How many requests are in flight, and from when.

    As the server counts them if it is observed, otherwise as the client does.
    """
    begins = "sent"
    if any(event.what == "arrived" for event in run.events):
        begins = "arrived"
    open_requests = set[int]()
    steps = [Level(0.0, 0)]
    for event in run.events:
        if event.request is None:
            continue
        if event.what == begins:
            open_requests.add(event.request)
        elif event.what in END_KINDS:
            open_requests.discard(event.request)
        steps.append(Level(event.time, len(open_requests)))
    return steps


def _chart(
    x: Scale, top: float, headline: str, run: Run, steps: Sequence[Level]
) -> list[Element]:
    limits = run.levels["limit"]
    highest = max(level.value for level in [*steps, *limits])
    y = Scale(0, max(highest, 1), top + 34 + HEIGHT, top + 34)
    parts = [
        text(8, top + 16, headline, font_weight=600),
        line(_path(steps, x, y, end=run.now), BLUE, 2),
        line(_path(limits, x, y, end=run.now), INK, 1.5, dashes="9 5"),
    ]
    for number in sorted({0, round(highest)}):
        parts.append(line(f"M{LEFT} {y(number)}H{RIGHT}", GRID))
        parts.append(text(LEFT - 8, y(number) + 5, f"{number:,}", "end"))
    if limits:
        last = limits[-1].value
        parts.append(text(RIGHT + 6, y(last) + 5, f"limit {number_of(last)}"))
    parts += _marks(run, "refused", x, top + 22, RED)
    parts += _marks(run, "failed", x, top + 22, INK)
    return parts


def _path(steps: Sequence[Level], x: Scale, y: Scale, *, end: float) -> str:
    """The line of a level: at each pixel the last, the lowest and the highest."""
    columns: dict[int, list[float]] = {}
    for time, value in steps:
        columns.setdefault(round(x(time)), []).append(y(value))
    path = ""
    for place, values in columns.items():
        path += f"H{place}" if path else f"M{place} {values[0]}"
        turns = dict.fromkeys([max(values), min(values)])
        path += "".join(f"V{each}" for each in turns) + f"V{values[-1]}"
    return f"{path}H{x(end)}" if path else ""


def _marks(run: Run, outcome: str, x: Scale, y: float, colour: str) -> list[Element]:
    """A mark above the chart wherever a request ended with this outcome."""
    times = [event.time for event in run.events if event.outcome == outcome]
    places = dict.fromkeys(round(x(time)) for time in times)
    path = "".join(f"M{place} {y}v8" for place in places)
    return [line(path, colour, 2)] if path else []


class Plateau(NamedTuple):
    """A level that lasts."""

    begin: float
    level: float


def shape_in_words(steps: Sequence[Level], seconds: float) -> str:
    """How the level of requests in flight rises and falls in so many seconds.

    >>> shape_in_words([(0, 0), (0.1, 12), (2, 6), (4, 0)], 4)
    'Rises to 12 within 0.1 s, falls to 6 at 2 s.'
    """
    highest = max(level for _, level in steps)
    if not highest:
        return "Nothing was in flight."
    pauses = _count_pauses(steps, PAUSE * seconds)
    if pauses >= MANY_PAUSES:
        return f"{pauses + 1} groups of up to {highest}, with pauses between them."
    alike = ALIKE * highest
    first, *others = _plateaus(steps, seconds, alike)
    reached = next(time for time, level in steps if level >= first.level - alike)
    words = [f"Rises to {first.level} within {number_of(max(reached, 0.01))} s"]
    for before, plateau in pairwise([first, *others]):
        verb = "rises" if plateau.level > before.level else "falls"
        words.append(f"{verb} to {plateau.level} at {number_of(plateau.begin)} s")
    return f"{', '.join(words)}."


def _count_pauses(steps: Sequence[Level], shortest: float) -> int:
    """How often nothing is in flight for a while between two requests."""
    pauses = 0
    for (time, level), (later, _) in pairwise(steps):
        pauses += level == 0 and time > 0 and later - time >= shortest
    return pauses


def _plateaus(steps: Sequence[Level], seconds: float, alike: float) -> list[Plateau]:
    """The levels between which the line rises and falls, and when each is reached."""
    plateaus: list[Plateau] = []
    for part in range(PARTS):
        begin = part * seconds / PARTS
        level = _usual_level(steps, begin, begin + seconds / PARTS)
        if not plateaus or abs(level - plateaus[-1].level) > alike:
            plateaus.append(Plateau(begin, level))
    while len(plateaus) > 1 and plateaus[0].level == 0:
        del plateaus[0]
    while len(plateaus) > 1 and plateaus[-1].level == 0:
        plateaus.pop()
    return _turning_points(plateaus, seconds)


def _usual_level(steps: Sequence[Level], begin: float, end: float) -> float:
    """The level that lasts longest from ``begin`` to ``end``."""
    seconds: dict[float, float] = {}
    for (time, level), (until, _) in pairwise([*steps, Level(end, 0)]):
        lasts = min(until, end) - max(time, begin)
        if lasts > 0:
            seconds[level] = seconds.get(level, 0) + lasts
    return max(seconds, key=seconds.__getitem__, default=0)


def _turning_points(plateaus: Sequence[Plateau], seconds: float) -> list[Plateau]:
    """Without those that the line only passes on its way up or down."""
    kept = list(plateaus[:1])
    for plateau, later in pairwise([*plateaus[1:], Plateau(seconds, -1)]):
        was_rising = kept[-1].level < plateau.level
        goes_on = was_rising == (plateau.level < later.level) and later.level >= 0
        is_short = later.begin - plateau.begin < 3 * seconds / PARTS
        if not (goes_on and is_short):
            kept.append(plateau)
    return kept

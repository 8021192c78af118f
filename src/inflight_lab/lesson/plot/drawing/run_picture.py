"""Runs as one plain picture, for a page without JavaScript: in flight over time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from inflight_lab.lesson.plot.drawing.svg import (
    BLUE,
    GRID,
    INK,
    REFUSED,
    WIDTH,
    Picture,
    Scale,
    line,
    many,
    marks,
    number_of,
    picture,
    text,
    time_axis,
)
from inflight_lab.lesson.runs.events import OutcomeKind
from inflight_lab.lesson.runs.run import END_KINDS, Level, Run

LEFT = 48
RIGHT = WIDTH - 70
HEIGHT = 110
"""Pixels of a chart, and below them its place for the next."""

ROW = HEIGHT + 52

PARTS = 24
"""Equal parts into which a run is divided, to find its shape."""

ALIKE = 0.15
"""Levels are alike if they differ by less than this share of the highest one."""

PAUSE = 0.02
"""A pause is at least this share of the run, with nothing in flight."""

MANY_PAUSES = 2
"""Requests come in groups if there are at least so many pauses."""


def draw_runs(
    runs: Mapping[str, Run], *, mark: str = "", computed: bool = False
) -> Picture:
    """Draw the requests in flight over time: a chart for each run, on one axis of time.

    ``runs`` has them by name.  ``mark`` is the class of the drawing, by which a page
    finds it.  ``computed``: nothing was sent, so the heading says that the run is
    computed.
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
        levels = in_flight_of(run)
        headline = _headline(name, run, levels, computed=computed)
        parts += _chart(x, number * ROW, headline, run, levels)
        spoken.append(f"{headline}. {shape_in_words(levels, run.now)}")
    return picture(parts, bottom + 14, " ".join(spoken), mark)


def _headline(name: str, run: Run, levels: Sequence[Level], *, computed: bool) -> str:
    """How many requests there were, in how many seconds, and how they ended."""
    counts = run.counts
    before = f"{name}: " if name else ""
    kind = "Computed, not run yet: " if computed else ""
    ends = [f"{counts.accepted:,} answered", f"{counts.refused:,} refused"]
    if counts.failed:
        ends.append(f"{counts.failed:,} failed")
    if counts.cancelled:
        ends.append(f"{counts.cancelled:,} cancelled")
    return (
        f"{before}{kind}{_sent(run)} in {number_of(run.elapsed)} s: {', '.join(ends)}; "
        f"at most {_highest(levels):,} in flight"
    )


def _sent(run: Run) -> str:
    """How many requests were asked for, and how many attempts there were, if more."""
    came = run.counts.started
    if run.announced in (0, came):
        return many(came, "request")
    return f"{many(run.announced, 'request')}, {came:,} attempts"


def in_flight_of(run: Run) -> list[Level]:
    """How many requests are in flight, and from when.

    A request counts from when it is sent, even if it still waits in the client for a
    connection.  The stage counts in the same way.
    """
    in_flight = set[int]()
    levels = [Level(0.0, 0)]
    for event in run.events:
        if event.request is None:
            continue
        if event.what == "sent":
            in_flight.add(event.request)
        elif event.what in END_KINDS:
            in_flight.discard(event.request)
        levels.append(Level(event.time, len(in_flight)))
    return levels


def _highest(levels: Sequence[Level]) -> float:
    return max(level.value for level in levels)


def _chart(
    x: Scale, top: float, headline: str, run: Run, levels: Sequence[Level]
) -> list[Element]:
    limits = run.levels["limit"]
    highest = max(_highest([*levels, *limits]), 1)
    y = Scale(0, highest, top + 34 + HEIGHT, top + 34)
    parts = [
        text(8, top + 16, headline, font_weight=600),
        line(_path(levels, x, y, end=run.now), BLUE, 2),
    ]
    for number in (0, highest):
        parts.append(line(f"M{LEFT} {y(number)}H{RIGHT}", GRID))
        parts.append(text(LEFT - 8, y(number) + 5, f"{number:,}", "end"))
    if limits:
        last = limits[-1].value
        parts.append(line(_path(limits, x, y, end=run.now), INK, 1.5, dashes="9 5"))
        parts.append(text(RIGHT + 6, y(last) + 5, f"limit {number_of(last)}"))
    parts += marks(x, _ends(run, "refused"), top + 22, top + 30, REFUSED)
    parts += marks(x, _ends(run, "failed"), top + 22, top + 30, INK)
    return parts


def _path(levels: Sequence[Level], x: Scale, y: Scale, *, end: float) -> str:
    """The line of a level, up to ``end``.

    At each pixel it goes to the highest, the lowest and the last value there, so it is
    short, however many levels there are.
    """
    columns: dict[int, list[float]] = {}
    for level in levels:
        columns.setdefault(round(x(level.time)), []).append(y(level.value))
    path = ""
    for place, heights in columns.items():
        path += f"H{place}" if path else f"M{place} {heights[0]}"
        for height in (min(heights), max(heights), heights[-1]):
            path += f"V{height}"
    return f"{path}H{x(end)}"


def _ends(run: Run, outcome: OutcomeKind) -> list[float]:
    """When requests ended with this outcome."""
    return [event.time for event in run.events if event.outcome == outcome]


def shape_in_words(levels: Sequence[Level], seconds: float) -> str:
    """Say how the number in flight rises and falls in ``seconds``.

    Times count from the first request on.

    >>> shape_in_words([Level(0, 0), Level(1, 12), Level(3, 6), Level(5, 0)], 5)
    'Rises to 12 within 0.01 s, falls to 6 after 2 s.'
    """
    begin = next((level.time for level in levels if level.value), 0.0)
    levels = [Level(max(0.0, time - begin), value) for time, value in levels]
    seconds -= begin
    highest = _highest(levels)
    if not highest:
        return "Nothing was in flight."
    pauses = _count_pauses(levels, PAUSE * seconds)
    if pauses >= MANY_PAUSES:
        return f"{pauses + 1} groups of up to {highest}, with pauses between them."
    alike = ALIKE * highest
    plateaus = _plateaus(levels, seconds, alike)
    if not plateaus:
        return f"Goes up and down, to at most {highest}."
    first = plateaus[0].value
    reached = next(level.time for level in levels if level.value >= first - alike)
    words = [f"Rises to {first} within {number_of(max(reached, 0.01))} s"]
    for before, after in pairwise(plateaus):
        verb = "rises" if after.value > before.value else "falls"
        words.append(f"{verb} to {after.value} after {number_of(after.time)} s")
    return f"{', '.join(words)}."


def _count_pauses(levels: Sequence[Level], shortest: float) -> int:
    """How often nothing is in flight for a while between two requests."""
    pauses = 0
    for level, following in pairwise(levels):
        is_pause = level.value == 0 and level.time > 0
        if is_pause and following.time - level.time >= shortest:
            pauses += 1
    return pauses


def _plateaus(levels: Sequence[Level], seconds: float, alike: float) -> list[Level]:
    """The levels at which the line stays, for two parts of the run at least."""
    length = seconds / PARTS
    usual = [_usual_level(levels, part * length, length) for part in range(PARTS)]
    plateaus: list[Level] = []
    for level, following in pairwise(usual):
        stays = level.value > 0 and abs(level.value - following.value) <= alike
        is_known = plateaus and abs(level.value - plateaus[-1].value) <= alike
        if stays and not is_known:
            plateaus.append(level)
    return plateaus


def _usual_level(levels: Sequence[Level], begin: float, length: float) -> Level:
    """The level that lasts longest in the part that begins then."""
    end = begin + length
    lasts = defaultdict[float, float](float)
    for level, following in pairwise([*levels, Level(end, 0)]):
        seconds = min(following.time, end) - max(level.time, begin)
        lasts[level.value] += max(0.0, seconds)
    return Level(begin, max(lasts, key=lasts.__getitem__))

"""Two small pictures that compare runs: as plain SVG, so that they stay in a saved notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from IPython.display import SVG

from inflight_lab.observation.timeline import Event

WIDTH, LEFT, RIGHT, ROW = 860, 170, 110, 34
ACCEPTED, REFUSED, INK = "#0072b2", "#c23b00", "#222"  # the colours of the live plot


def draw_foretold(rows: Iterable[tuple[str, float, float]], *, told: str) -> SVG:
    """One bar a row: ``(name, measured, foretold)``; a line across each bar is what was foretold.

    ``told`` says, below the picture, what the bars and the lines are.
    """
    rows = list(rows)
    most = max((max(measured, foretold) for _, measured, foretold in rows), default=0) or 1
    scale = (WIDTH - LEFT - RIGHT) / most
    parts = []
    for index, (name, measured, foretold) in enumerate(rows):
        top, line = index * ROW + 8, LEFT + foretold * scale
        parts.append(_text(LEFT - 10, top + 15, name, anchor="end"))
        parts.append(
            f'<rect x="{LEFT}" y="{top}" width="{measured * scale:.1f}" height="20" fill="{ACCEPTED}"/>'
        )
        parts.append(f'<path d="M{line:.1f} {top - 4}v28" stroke="{INK}" stroke-width="3"/>')
        beside = LEFT + max(measured, foretold) * scale + 8
        parts.append(_text(beside, top + 15, f"{measured:.0f} ({foretold:.0f})"))
    return _picture(parts, len(rows), told)


def draw_strips(runs: Mapping[str, Iterable[Event]], *, told: Mapping[str, str] | None = None) -> SVG:
    """One strip a run, on one axis of time: a mark for each request as it came, refused ones red.

    ``runs`` are a server's timeline events by the run's name; ``told`` is a word at the end of each.
    """
    marks = {name: _marks(events) for name, events in runs.items()}
    end = max((time for run in marks.values() for time, _ in run), default=0.0) or 1.0
    parts = []
    for index, (name, run) in enumerate(marks.items()):
        top = index * ROW + 8
        parts.append(_text(LEFT - 10, top + 15, name, anchor="end"))
        parts.append(f'<path d="M{LEFT} {top + 20.5}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        for refused, colour, height in ((False, ACCEPTED, 20), (True, REFUSED, 12)):
            path = "".join(
                f"M{LEFT + time / end * (WIDTH - LEFT - RIGHT):.1f} {top + 20}v-{height}"
                for time, was_refused in run
                if was_refused == refused
            )
            parts.append(f'<path d="{path}" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(_text(WIDTH - RIGHT + 10, top + 15, (told or {}).get(name, "")))
    return _picture(parts, len(marks), f"{end:.1f} seconds from left to right; short and red: refused")


def _marks(events: Iterable[Event]) -> list[tuple[float, bool]]:
    """When each request came, counted from the first, and whether it was refused."""
    sent: dict[int | None, float] = {}
    marks = []
    for event in events:
        if event.kind == "sent":
            sent[event.request] = event.time
        elif event.kind == "answered" and event.request in sent:
            marks.append((sent[event.request], event.is_refusal))
    begin = min(sent.values(), default=0.0)
    return [(time - begin, refused) for time, refused in marks]


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{INK}" text-anchor="{anchor}">{escape(text)}</text>'


def _picture(parts: list[str], rows: int, caption: str) -> SVG:
    height = rows * ROW + 36
    parts.append(_text(LEFT, height - 12, caption))
    return SVG(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="14">'
        f'<title>{escape(caption)}</title><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )

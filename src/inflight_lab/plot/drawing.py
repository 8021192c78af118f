"""A recording as one plain SVG picture: what stays in a saved notebook when the live plot is gone."""

from __future__ import annotations

from html import escape

from inflight_lab.plot.points import Point, Recorder

WIDTH, LEFT, RIGHT, GAP = 860, 64, 16, 34
STRIPS = (
    ("in flight (server: solid, client: dotted, limit: dashed)", 170, ("client", "server", "limit")),
    ("waiting", 50, ("waiting",)),
    ("sent in the last period (quota: dashed)", 70, ("rate", "quota")),
)
STYLES = {  # Okabe and Ito's colours, as in the live plot
    "server": 'stroke="#0072b2" stroke-width="2.5"',
    "client": 'stroke="#b86e00" stroke-width="2.5" stroke-dasharray="3 4"',
    "limit": 'stroke="#333" stroke-width="1.5" stroke-dasharray="9 5"',
    "waiting": 'stroke="#8d4a73" stroke-width="2"',
    "rate": 'stroke="#00785a" stroke-width="2"',
    "quota": 'stroke="#333" stroke-width="1.5" stroke-dasharray="9 5"',
    "refused": 'stroke="#c23b00" stroke-width="2"',
    "failed": 'stroke="#333" stroke-width="2" stroke-dasharray="4 3"',
}


def draw(recorder: Recorder) -> str:
    """The recording up to its last point, as the text of an SVG image."""
    history = recorder.history
    begin = min((points[0][0] for points in history.values() if points), default=0.0)
    end = max((points[-1][0] for points in history.values() if points), default=0.0)
    span = max(end - begin, 0.5)
    parts: list[str] = []
    top = 62
    for title, height, names in STRIPS:
        parts.append(f'<text x="{LEFT}" y="{top - 8}" font-weight="600">{title}</text>')
        most = _round_up(max((point[2] for name in names for point in history[name]), default=0))
        for value in (0, most // 2, most):
            y = top + height * (1 - value / most)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{value}</text>')
        for name in names:
            path = _steps(history[name], begin, end, span, top, height, most)
            parts.append(f'<path d="{path}" {STYLES[name]}/>')
        top += height + GAP
    for name, y in (("refused", 16), ("failed", 30)):
        marks = "".join(f"M{_x(point[0], begin, span):.1f} {y}v10" for point in history[name])
        parts.append(f'<path d="{marks}" {STYLES[name]}/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 10}" text-anchor="end">{"429" if y == 16 else name}</text>'
        )
    parts.append(f'<text x="{LEFT}" y="{top}">{begin:.0f} s</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{top}" text-anchor="end">{end:.1f} s</text>')
    summary = escape(_summary(recorder))
    parts.append(f'<text x="{LEFT}" y="{top + 24}">{summary}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 34}" width="{WIDTH}" '
        f'height="{top + 34}" role="img" font-family="sans-serif" font-size="14" fill="none">'
        f'<title>Requests over time. {summary}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<g fill="none">{"".join(part for part in parts if "<path" in part)}</g>'
        f'<g fill="#222">{"".join(part for part in parts if "<text" in part)}</g></svg>'
    )


def _x(time: float, begin: float, span: float) -> float:
    return LEFT + (time - begin) / span * (WIDTH - LEFT - RIGHT)


def _steps(
    points: list[Point], begin: float, end: float, span: float, top: float, height: float, most: float
) -> str:
    path = ""
    for time, low, high, last in points:
        x = f"{_x(time, begin, span):.1f}"
        path += f"H{x}" if path else f"M{x} {top + height * (1 - last / most):.1f}"
        levels = (last,) if low == high else (high, low, last)
        path += "".join(f"V{top + height * (1 - level / most):.1f}" for level in levels)
    return path and path + f"H{_x(end, begin, span):.1f}"


def _round_up(most: float) -> int:
    """The top of an axis: an even number that is easy to read."""
    step = next(step for step in (2, 4, 10, 20, 40, 100, 200, 400, 1000, 10**9) if most <= 5 * step)
    return max(step, -int(-most // step) * step)


def _summary(recorder: Recorder) -> str:
    counts = recorder.counts()
    told = ("accepted", "refused", "failed", "cancelled")
    numbers = ", ".join(f"{counts[name]} {name}" for name in told if counts[name] or name in told[:2])
    return f"{counts['started']} requests: {numbers}; at most {counts['busiest_period']} sent in one period"
